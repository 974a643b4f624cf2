"""A small HTTP server on loopback that answers as a test scripts it, to the byte, and records what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    """By name in lower case."""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer, written piece by piece; what is not written was cut off."""

    writer: asyncio.StreamWriter
    released: asyncio.Event

    async def head(self, status: int = 200, content_type: str = "application/json", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {content_type}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def whole(self, data: bytes, status: int = 200, **headers: str) -> None:
        await self.head(status, Content_Length=str(len(data)), **headers)
        await self.send(data)

    async def hang(self) -> None:
        """Say nothing more until the test is over."""
        await self.released.wait()


Script = Callable[[Request, Reply], Awaitable[None]]


@dataclass
class Loopback:
    script: Script
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.strip().split("\r\n")[1:]]
            headers = {name.lower(): value for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(head.split(" ")[1], body, headers)
            self.requests.append(request)
            await self.script(request, Reply(writer, self.released))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, which several tests are about
        finally:
            writer.close()


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Loopback]:
    """Serve a script on a free port until the block ends."""
    loopback = Loopback(script)
    server = await asyncio.start_server(loopback.answer, "127.0.0.1", 0)
    loopback.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield loopback
    finally:
        loopback.released.set()
        server.close()
        await server.wait_closed()
