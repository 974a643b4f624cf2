"""A TCP proxy before the server that cuts every connection again and again, as a bad network does."""

import asyncio
import threading
from collections.abc import Callable
from typing import Self

BLOCK_BYTES = 64 * 1024


class CuttingProxy:
    """Passes everything on to a port of this machine; once told to, it resets what is open every `cut_seconds`."""

    def __init__(self, to_port: int, cut_seconds: float, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{self.port}"
        self.cuts = 0
        self._to_port = to_port
        self._cut_seconds = cut_seconds
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._begin = asyncio.Event()
        self._stop = asyncio.Event()

    def begin(self) -> None:
        """Cut from now on."""
        self._loop.call_soon_threadsafe(self._begin.set)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._loop.call_soon_threadsafe(self._begin.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self._listening.set()
        await self._begin.wait()
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), self._cut_seconds)
            except TimeoutError:
                self.cuts += bool(self._writers)
            for writer in self._writers:
                writer.transport.abort()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        look = self.watcher()
        await asyncio.gather(self._pass(reader, far_writer, look), self._pass(far_reader, writer, _disregard))

    def watcher(self) -> Callable[[bytes], None]:
        """Give what looks at the bytes that one connection sends to the server."""
        return _disregard

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[bytes], None],
    ) -> None:
        self._writers.add(writer)
        try:
            while block := await reader.read(BLOCK_BYTES):
                look(block)
                writer.write(block)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


def _disregard(block: bytes) -> None:
    """Look at nothing."""
