"""Everything that lives as long as the process, put together once and handed to the web and the pages."""

import asyncio
import socket
from typing import Self

from lossy.agent.session import Faculties
from lossy.agent.sessions import Sessions
from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.events import RecogniserChanged
from lossy.inference.chat import ChatStructurer
from lossy.inference.notes import Structurer
from lossy.inference.router import Recogniser, RecogniserStatus
from lossy.inference.rules import RulesStructurer
from lossy.relay import run_relay
from lossy.settings import Settings


class Core:
    """The running Lossy, less its sockets and pages."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bus = Bus()
        self._relay: asyncio.Task[None] | None = None
        self.database = Database(settings.async_database_url, self.bus)
        self.recogniser = Recogniser(settings.models_dir, hub_reach_seconds=settings.model_hub_timeout_seconds)
        faculties = Faculties(self.database, self.recogniser, _structurer(settings))
        self.sessions = Sessions(faculties, instance=f"{socket.gethostname()}:{settings.port}")

    async def start(self) -> Self:
        """Take up interrupted work, and hear of other processes where there are any."""
        await self.sessions.start()
        if self.settings.redis_url is not None:
            relay = run_relay(self.bus, self.settings.redis_url, lambda: None, self.bus.tell_missed)
            self._relay = asyncio.create_task(relay, name="event relay")
        return self

    async def start_recogniser(self) -> None:
        """Load the speech model that was asked for, or fetch it in the background."""
        await self.recogniser.start(self.settings.stt_model, self._tell_recogniser)

    async def close(self) -> None:
        """Stop everything in order; nothing durable is lost."""
        if self._relay is not None:
            self._relay.cancel()
            await asyncio.gather(self._relay, return_exceptions=True)
        await self.sessions.close()
        await self.recogniser.aclose()
        await self.database.close()

    def _tell_recogniser(self, status: RecogniserStatus) -> None:
        self.bus.publish(
            RecogniserChanged(
                model=status.model, phase=status.phase.value, progress=status.progress, message=status.message
            )
        )


def _structurer(settings: Settings) -> Structurer:
    if settings.openai_api_key is None and settings.openai_base_url is None:
        return RulesStructurer()
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return ChatStructurer(
        model=settings.llm_model,
        api_key=key,
        base_url=settings.openai_base_url,
        timeout_seconds=settings.llm_timeout_seconds,
    )
