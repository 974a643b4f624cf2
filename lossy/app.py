"""The web process: puts the core, the sockets, REST and the pages together and serves them.

The data folder is claimed and the port bound before anything is changed; then the database is migrated, interrupted
sessions are taken up, and the ready line is printed. The speech model is loaded or fetched after it.
"""

import asyncio
import errno
import fcntl
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from lossy import __version__
from lossy.agent.accounts import ensure_owner
from lossy.agent.background import background
from lossy.agent.core import Core
from lossy.db.migrations import migrate
from lossy.errors import SetupProblem
from lossy.events import EVERYBODY_TOPIC, RecogniserChanged
from lossy.jobs import Jobs
from lossy.settings import Settings
from lossy.ui import mount as mount_pages
from lossy.web.api import mount_api
from lossy.web.metrics import make_metrics
from lossy.web.namespaces import Sockets
from lossy.web.origin import OriginGuard
from lossy.web.socket_server import MAX_MESSAGE_BYTES

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 60
"""A websocket upgrade on a kept-alive connection dies with it; 5 s, the default, was seen to be too short."""
DRAIN_SECONDS = 10

Say = Callable[[str], None]


def make_app(core: Core) -> FastAPI:
    """Put the ASGI application together."""
    sockets = Sockets(core)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await core.start()
        await sockets.start()
        jobs = None if core.settings.redis_url else Jobs(core.database, core.kinds)  # else `lossy worker` runs them
        if jobs is not None:
            await core.posters.start()
            await jobs.start()
        yield
        await sockets.close()
        if jobs is not None:
            await jobs.close(DRAIN_SECONDS)
            await core.posters.aclose()
        await core.close()

    app = FastAPI(
        title="Lossy",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.mount("/ws", sockets.app)
    mount_api(app, core)
    app.include_router(make_metrics(core))
    mount_pages(app, core)
    app.add_middleware(OriginGuard, settings=core.settings)
    return app


async def serve(core: Core, say: Say) -> None:
    """Serve until told to stop; `say` prints a line for the person at the terminal."""
    settings = core.settings
    with _claimed_folder(settings), _bound_port(settings) as listener:
        await migrate(settings.async_database_url)
        config = uvicorn.Config(
            make_app(core),
            access_log=False,
            log_config=None,
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            server_header=False,
            proxy_headers=settings.public_url is not None,
        )
        await _Server(config, lambda: _announce(core, say)).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Does something once connections are accepted."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], Coroutine[None, None, None]]) -> None:
        super().__init__(config)
        self._when_ready = when_ready
        self._announcing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # Nobody could know the address and the owner's link: a start that can't say them has failed.
            self._announcing = background(self._when_ready(), "announce", self._give_up)

    def _give_up(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
        await super().shutdown(sockets)


async def _announce(core: Core, say: Say) -> None:
    key = await ensure_owner(core.database)
    address = core.settings.public_url or core.settings.origin
    say(f"Lossy is ready: {address}/" + (f"signin#link={key}" if key else ""))
    if key:
        say("  The link signs you in as the owner, once, within 10 minutes.")
    with core.bus.subscribe(EVERYBODY_TOPIC) as news:
        try:
            await core.start_recogniser()
        except Exception:
            logger.exception("The speech model could not be started.")
        told = core.recogniser.status.message
        say(f"  {told or 'Speech model: ' + core.recogniser.status.model}")
        async for event in news:
            if isinstance(event, RecogniserChanged) and event.message not in ("", told):
                told = event.message
                say(f"  {told}")


@contextmanager
def _claimed_folder(settings: Settings) -> Iterator[None]:
    folder = settings.data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lossy.lock").open("w")
    except OSError as error:
        raise SetupProblem(
            f"Lossy can't write to its data folder {folder} ({error.strerror}). Set LOSSY_DATA_DIR to one it may use."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupProblem(f"Another Lossy is running on the data folder {folder}.") from error
        yield


@contextmanager
def _bound_port(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is in use by another program" if taken else f"can't be used ({error.strerror})"
            raise SetupProblem(
                f"Port {settings.port} on {settings.host} {why}. Set LOSSY_PORT to another one."
            ) from error
        yield listener
