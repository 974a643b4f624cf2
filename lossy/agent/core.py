"""Everything that lives as long as the process, put together once and handed to the web and the pages."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Self

from lossy.agent.background import background
from lossy.agent.connections import make_connections
from lossy.agent.frames import Frames
from lossy.agent.retries import transcription
from lossy.agent.session import Faculties
from lossy.agent.sessions import Sessions
from lossy.automation.apis import Apis, make_apis
from lossy.automation.posters import make_posters
from lossy.bus import Bus
from lossy.db import usage
from lossy.db.engine import Database
from lossy.events import RecogniserChanged
from lossy.inference.chat import ChatStructurer
from lossy.inference.chat_model import load_library
from lossy.inference.cloud import CloudTranscriber
from lossy.inference.native import NativeRecogniser, RecogniserStatus
from lossy.inference.notes import Structurer
from lossy.inference.router import Recogniser
from lossy.inference.rules import RulesStructurer
from lossy.relay import run_relay
from lossy.settings import Settings

logger = logging.getLogger(__name__)


class Core:
    """The running Lossy, less its sockets and pages."""

    def __init__(self, settings: Settings, apis: Apis | None = None) -> None:
        self.settings = settings
        known = make_apis(settings) if apis is None else apis
        self.bus = Bus()
        self._relay: asyncio.Task[None] | None = None
        self.database = Database(settings.async_database_url, self.bus)
        self.recogniser = make_recogniser(settings, self.database)
        self.structurer = _structurer(settings)
        faculties = Faculties(self.database, self.recogniser, self.structurer)
        self.frames = Frames(self.database, settings.clip_model, _seeing(settings))
        self.posters = make_posters(settings, self.database, known)
        self.connections = make_connections(settings, self.database, known)
        self.kinds = (transcription(self.database, self.recogniser), *self.posters.kinds)
        """What durable work there is."""
        self.sessions = Sessions(faculties, instance=f"{socket.gethostname()}:{settings.port}")

    async def start(self) -> Self:
        """Take up interrupted work, and hear of other processes where there are any."""
        await self.sessions.start()
        if self.settings.redis_url is not None:
            self._relay = background(keep_relaying(self.bus, self.settings.redis_url), "event relay")
        return self

    async def start_recogniser(self) -> None:
        """Load the speech model that was asked for, or fetch it in the background."""
        if self.settings.openai_api_key is not None or self.settings.openai_base_url is not None:
            background(asyncio.to_thread(load_library), "load the library of models")
        await self.recogniser.start(self.settings.stt_model, self._tell_recogniser)

    async def close(self) -> None:
        """Stop everything in order; nothing durable is lost."""
        if self._relay is not None:
            self._relay.cancel()
            await asyncio.gather(self._relay, return_exceptions=True)
        await self.connections.aclose()
        await self.sessions.close()
        await self.recogniser.aclose()
        await self.frames.aclose()
        await self.database.close()

    def _tell_recogniser(self, status: RecogniserStatus) -> None:
        self.bus.publish(
            RecogniserChanged(
                model=status.model, phase=status.phase.value, progress=status.progress, message=status.message
            )
        )


async def keep_relaying(bus: Bus, redis_url: str, again_seconds: float = 1.0) -> None:
    """Relay until cancelled, whatever breaks; after a break every subscriber is told to reload."""
    on_ready: Callable[[], None] = _nothing
    while True:
        try:
            await run_relay(bus, redis_url, on_ready, bus.tell_missed)
        except Exception:
            logger.exception("The event relay broke; starting it again.")
        on_ready = bus.tell_missed
        await asyncio.sleep(again_seconds)


def _nothing() -> None:
    pass


class CloudBudget:
    """Today's minutes of speech for the cloud, counted in the database."""

    def __init__(self, database: Database, minutes_a_day: float) -> None:
        self._database = database
        self._seconds_a_day = 60 * minutes_a_day

    async def spend(self, audio_seconds: float) -> bool:
        """Take so much of today's allowance; false if there is not enough left."""
        async with self._database.write() as db:
            return await usage.spend(db, "cloud speech seconds", audio_seconds, self._seconds_a_day)


def make_recogniser(settings: Settings, database: Database) -> Recogniser:
    """Put the engines together that the settings ask for."""
    native = NativeRecogniser(settings.models_dir, hub_reach_seconds=settings.model_hub_timeout_seconds)
    if settings.stt_cloud_model is None:
        return Recogniser(native)
    cloud = CloudTranscriber(settings.stt_cloud_model, api_key=_key(settings), base_url=settings.openai_base_url)
    return Recogniser(native, cloud, CloudBudget(database, settings.stt_cloud_minutes_a_day))


def _key(settings: Settings) -> str:
    return settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"


def _seeing(settings: Settings) -> ChatStructurer | None:
    if settings.vision_model is None or (settings.openai_api_key is None and settings.openai_base_url is None):
        return None
    return ChatStructurer(
        model=settings.vision_model,
        api_key=_key(settings),
        base_url=settings.openai_base_url,
        timeout_seconds=settings.llm_timeout_seconds,
    )


def _structurer(settings: Settings) -> Structurer:
    if settings.openai_api_key is None and settings.openai_base_url is None:
        return RulesStructurer()
    return ChatStructurer(
        model=settings.llm_model,
        api_key=_key(settings),
        base_url=settings.openai_base_url,
        timeout_seconds=settings.llm_timeout_seconds,
    )
