"""Makes audio chunks durable, many with one commit.

While one commit runs, chunks of every recording gather for the next: an acknowledgement waits for at most two commits,
and a hundred microphones cost no more commits than one.
"""

import asyncio
import logging

from lossy.db import sessions
from lossy.db.engine import Database
from lossy.db.models import AudioChunk
from lossy.errors import NotFound, Unavailable

logger = logging.getLogger(__name__)


class ChunkWriter:
    """One task that writes what gathered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[AudioChunk, asyncio.Future[None]]] = []
        self._writing: list[tuple[AudioChunk, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="audio chunk writer")

    async def store(self, chunk: AudioChunk) -> None:
        """Return once the chunk is durable; `NotFound` if its recording is not there, `Unavailable` if it failed."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((chunk, written))
        self._wake.set()
        await written

    async def close(self) -> None:
        """Stop; what was not written is refused, not acknowledged."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        _settle([*self._writing, *self._waiting], Unavailable("Lossy is stopping. The audio is kept and sent again."))
        self._writing, self._waiting = [], []

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._writing, self._waiting = self._waiting, []
            await self._write(self._writing)
            self._writing = []

    async def _write(self, group: list[tuple[AudioChunk, asyncio.Future[None]]]) -> None:
        try:
            async with self._database.write() as db:
                await sessions.store_chunks(db, [chunk for chunk, _ in group])
        except NotFound as missing:
            if len(group) == 1:
                logger.warning("Audio came for recording %s, which is not there.", group[0][0].recording_id)
                _settle(group, missing)
            else:
                for each in group:
                    await self._write([each])
        except Exception as error:  # whatever it was, no chunk of this group may be acknowledged
            logger.exception("Audio could not be stored.")
            refusal = Unavailable("The audio could not be stored just now; it is kept and sent again.")
            refusal.__cause__ = error
            _settle(group, refusal)
        else:
            _settle(group, None)


def _settle(group: list[tuple[AudioChunk, asyncio.Future[None]]], refusal: Exception | None) -> None:
    for _, written in group:
        if written.done():
            continue
        if refusal is None:
            written.set_result(None)
        else:
            written.set_exception(refusal)
