"""The one way out of browsers on a server that others use: a proxy that connects to public addresses alone.

Only here everything passes: redirects, frames, sockets, what a service worker asks for. A name is resolved once, and
the connection goes to the very address that was looked at, so that what the DNS says next changes nothing.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

from lossy.automation.contract import Refused
from lossy.automation.reach import public_address

HEAD_SECONDS = 15.0
CONNECT_SECONDS = 20.0
PIECE_BYTES = 65_536
OURS = (b"proxy-", b"connection:", b"keep-alive:")
Resolve = Callable[[str, int], Awaitable[str]]
"""Gives the address of a host to connect to; `Refused` if that is none to go to."""
BAD, FORBIDDEN, UNREACHABLE = b"400 Bad Request", b"403 Forbidden", b"502 Bad Gateway"


class Gateway:
    """Serves on a free port of loopback from `open` to `close`."""

    def __init__(self, resolve: Resolve = public_address) -> None:
        self.address = ""
        self._resolve = resolve

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Take nothing more; what is open ends with its browser."""
        self._server.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            try:
                async with asyncio.timeout(HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                await _pass_on(head, reader, writer, self._resolve)
            finally:
                writer.close()


async def _pass_on(head: bytes, reader: StreamReader, writer: StreamWriter, resolve: Resolve) -> None:
    line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = line.split(b" ")
    is_tunnel = method == b"CONNECT"
    asked = urlsplit(f"//{target.decode()}" if is_tunnel else target.decode())
    if asked.hostname is None or (not is_tunnel and asked.scheme != "http"):
        return await _answer(writer, BAD)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            address = await resolve(asked.hostname, asked.port or 80)
            there, on = await asyncio.open_connection(address, asked.port or 80)
    except Refused:
        return await _answer(writer, FORBIDDEN)
    except (OSError, TimeoutError):
        return await _answer(writer, UNREACHABLE)
    try:
        if is_tunnel:
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:  # one request a connection: the next one may be for somebody else
            path = asked._replace(scheme="", netloc="", fragment="").geturl() or "/"
            kept = [each for each in headers if not each.lower().startswith(OURS)]
            on.write(b"\r\n".join([b" ".join((method, path.encode(), version)), *kept, b"Connection: close", b"", b""]))
        await asyncio.gather(_pump(reader, on), _pump(there, writer))
    finally:
        on.close()


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass everything on, then the end."""
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _answer(writer: StreamWriter, status: bytes) -> None:
    """Refuse, with words for whoever looks at the page."""
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % len(status) + status)
    await writer.drain()
