"""Makes audio chunks durable, many with one commit.

While one commit runs, chunks of every recording gather for the next: an acknowledgement waits for at most two commits,
and a hundred microphones cost no more commits than one.
"""

import asyncio
import logging
from dataclasses import dataclass

from lossy.agent.background import background
from lossy.db import sessions
from lossy.db.engine import Database
from lossy.db.models import AudioChunk
from lossy.db.sessions import Lease
from lossy.errors import NotFound, Unavailable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    chunk: AudioChunk
    lease: Lease
    """Only who leads the recording's session may write."""
    written: "asyncio.Future[None]"


class ChunkWriter:
    """One task that writes what gathered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Entry] = []
        self._writing: list[_Entry] = []
        self._wake = asyncio.Event()
        self._task = background(self._run(), "audio chunk writer")

    async def store(self, chunk: AudioChunk, lease: Lease) -> None:
        """Return once the chunk is durable; `NotFound` without its recording, `LeaseLost`, or `Unavailable`."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(chunk, lease, written))
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

    async def _write(self, group: list[_Entry]) -> None:
        try:
            async with self._database.write() as db:
                held = await sessions.held_among(db, {entry.lease for entry in group})
                await sessions.store_chunks(db, [entry.chunk for entry in group if entry.lease in held])
        except NotFound as missing:
            if len(group) == 1:
                logger.warning("Audio came for recording %s, which is not there.", group[0].chunk.recording_id)
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
            _settle([entry for entry in group if entry.lease in held], None)
            lost = sessions.LeaseLost("This session is led by another instance of Lossy now.")
            _settle([entry for entry in group if entry.lease not in held], lost)


def _settle(group: list[_Entry], refusal: Exception | None) -> None:
    for entry in group:
        if entry.written.done():
            continue
        if refusal is None:
            entry.written.set_result(None)
        else:
            entry.written.set_exception(refusal)
