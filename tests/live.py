"""Sockets and REST of a real server in the test's own loop, and the people who connect to it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from lossy.agent.core import Core
from lossy.client import Connection
from lossy.db import users
from lossy.db.migrations import migrate
from lossy.events import AnyEvent, Event
from lossy.protocol import PROTOCOL_VERSION, AudioChunk, VideoContext, VideoOpened
from lossy.settings import Settings
from lossy.web.api import mount_api
from lossy.web.namespaces import Sockets
from lossy.web.origin import OriginGuard
from lossy.web.socket_server import MAX_MESSAGE_BYTES

A = TypeVar("A", bound=BaseModel)
E = TypeVar("E", bound=Event)
FILM = "https://example.org/film.mp4"
PATH = "/ws/socket.io/?EIO=4&transport=websocket"
WAIT_SECONDS = 10.0


class Server(uvicorn.Server):
    """A server that leaves the signals to the tests, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Account:
    """Somebody who can sign in."""

    user_id: str
    email: str
    token: str


class CountingConnection(Connection):
    """The real client, which keeps what was acknowledged to it."""

    def __init__(self, server: str, token: str) -> None:
        super().__init__(server, token)
        self.acknowledged: set[int] = set()
        self._news = asyncio.Event()

    async def call(self, namespace: str, event: str, message: BaseModel, answer: type[A], *attached: bytes) -> A:
        given = await super().call(namespace, event, message, answer, *attached)
        if isinstance(message, AudioChunk):
            self.acknowledged.add(message.seq)
            self._news.set()
        return given

    async def until_acknowledged(self, count: int) -> None:
        """Wait until the first so many chunks are."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not set(range(count)) <= self.acknowledged:
                self._news.clear()
                await self._news.wait()


class LiveLossy:
    """A server that answers."""

    def __init__(self, core: Core, sockets: Sockets) -> None:
        self.core = core
        self.sockets = sockets
        self.url = core.settings.origin

    async def person(self, email: str = "ann@example.org") -> Account:
        """Make an account with a token."""
        async with self.core.database.write() as db:
            user = await users.add_user(db, email, None)
            return Account(user.id, email, await users.issue_token(db, user.id, "test"))

    def connection(self, who: Account) -> CountingConnection:
        """Make the real client."""
        return CountingConnection(self.url, who.token)

    async def cut_connections(self) -> None:
        """Drop every connection without a word, as a network does."""
        for connection in list(self.sockets.server.eio.sockets.values()):
            await connection.queue.put(None)

    @asynccontextmanager
    async def raw(self, origin: str | None = "") -> AsyncIterator["RawSocket"]:
        """Open a websocket that speaks Engine.IO by hand; by default from a page of ours."""
        given = {"origin": None} if origin is None else {"origin": origin or self.url}
        address = self.url.replace("http", "ws") + PATH
        async with connect(address, max_size=None, proxy=None, **given) as websocket:
            raw = RawSocket(websocket)
            raw.hello = await raw.receive()
            yield raw


class RawSocket:
    """A websocket whose every packet the test writes itself."""

    hello: str = ""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def send(self, packet: str | bytes) -> None:
        await self.websocket.send(packet)

    async def receive(self) -> str:
        """Read the next packet, answering pings."""
        async with asyncio.timeout(WAIT_SECONDS):
            packet = await self.websocket.recv()
        return packet if isinstance(packet, str) else packet.hex()

    async def connect(self, namespace: str, who: Account, **changes: Any) -> str:
        """Ask to be let into a namespace; give the answer's packet."""
        auth = {"token": who.token, "protocol": PROTOCOL_VERSION, "client": "raw/1"} | changes
        await self.send(f"40{namespace},{json.dumps(auth)}")
        return await self.receive()

    async def emit(self, namespace: str, *parts: Any, number: int = 0) -> None:
        """Send an event that asks for an answer."""
        await self.send(f"42{namespace},{number}{json.dumps(list(parts))}")

    async def until_closed(self) -> list[str]:
        """Read what still comes, until the server closes the connection."""
        packets: list[str] = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                packets.append(await self.receive())
        return packets


@asynccontextmanager
async def live(database_url: str, folder: Path, **options: Any) -> AsyncIterator[LiveLossy]:
    """Serve on a free port until the block ends; `options` go to the sockets."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            database_url=database_url,
            port=listener.getsockname()[1],
            stt_model="demo",
        )
        await migrate(settings.async_database_url)
        core = Core(settings)
        sockets = Sockets(core, **options)
        app = FastAPI()
        app.mount("/ws", sockets.app)
        mount_api(app, core)
        app.add_middleware(OriginGuard, settings=settings)
        await core.start()
        await sockets.start()
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.is_ready.wait()
        try:
            yield LiveLossy(core, sockets)
        finally:
            await sockets.close()
            server.should_exit = True
            await serving
            await core.close()


class Told:
    """The events that a client hears, and a way to wait for one."""

    def __init__(self, connection: Connection) -> None:
        self.events: list[AnyEvent] = []
        self._news = asyncio.Event()
        connection.on_event = self._take

    def _take(self, event: AnyEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, kind: type[E], **facts: object) -> E:
        """Wait for an event of a kind with these attributes."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and all(getattr(event, name) == fact for name, fact in facts.items()):
                        return event
                await self.next()

    async def next(self) -> None:
        """Wait for anything."""
        self._news.clear()
        await self._news.wait()


async def open_film(connection: Connection, url: str = FILM) -> VideoOpened:
    """Put the film in front of the reviewer."""
    return await connection.open_video(VideoContext(url=url, title="A film"))
