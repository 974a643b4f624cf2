"""Small servers on loopback that stand where others' are: each in a thread of its own, while it is entered."""

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from lossy.bench.child import free_port


class Loopback:
    """A server on a port of its own; whoever is derived from it calls `listen` before it is entered."""

    url: str
    """Without a slash at its end."""

    def listen(self, routes: Sequence[BaseRoute]) -> None:
        """Choose the port, and what stands there."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        app = Starlette(routes=routes, lifespan=self._live)
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def end(self) -> None:
        """End what it began, when nobody asks it any more."""

    @asynccontextmanager
    async def _live(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        await self.end()
