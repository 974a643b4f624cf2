"""Streams a sound file through the real audio socket as if it were spoken while the video plays.

The file's first sample is spoken when the video stands at `at_seconds`, and the video plays at 1x. Everything that
happens is told as an event; the finished notes come last.
"""

import asyncio
import time
import wave
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lossy.client import RETRY_SECONDS, Connection, RecordingStream, Refused
from lossy.errors import InvalidInput, Unavailable
from lossy.events import (
    AnyEvent,
    MicrophoneChanged,
    MicrophoneState,
    Note,
    NoteChanged,
    NoteStatus,
    TurnChanged,
    TurnFailed,
    TurnState,
)
from lossy.protocol import Encoding, Playback, VideoContext

SAMPLE_RATE = 16_000
CHUNK_SECONDS = 0.1
HISTORY_SECONDS = 3.0
PATIENCE_SECONDS = 120.0
"""How long nothing may happen before we give up."""
_AT_REST = (TurnState.IDLE, TurnState.ERROR)
_UNFINISHED = (NoteStatus.GHOST, NoteStatus.CANCELLED, NoteStatus.ARCHIVED)
"""All others were kept; one may be on its way to its platform already."""


def read_wav(path: Path) -> bytes:
    """Read 16 kHz mono PCM16 from a WAV file, or raise `InvalidInput` saying what is wrong and how to mend it."""
    mend = f"Convert it with: ffmpeg -i {path.name} -ar 16000 -ac 1 -c:a pcm_s16le spoken.wav"
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            promised = file.getnframes()
            pcm = file.readframes(promised)
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise InvalidInput(f"{path} is a folder, not a sound file.") from error
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}).") from error
    except (wave.Error, EOFError) as error:
        raise InvalidInput(f"{path.name} is not a WAV file with PCM samples. {mend}") from error
    if shape != (1, 2, SAMPLE_RATE):
        channels, width, rate = shape
        raise InvalidInput(
            f"{path.name} has {channels} channel(s), {8 * width} bit, {rate} Hz; 1, 16 and 16000 are needed. {mend}"
        )
    if len(pcm) < promised * 2:
        raise InvalidInput(f"{path.name} is cut off: {len(pcm) // 2} of {promised} samples are there.")
    if not pcm:
        raise InvalidInput(f"{path.name} holds no sound.")
    return pcm


@dataclass
class Spoken:
    """What came of a file."""

    notes: list[Note] = field(default_factory=list)
    """Finished notes, in the order in which they were finished."""
    cancelled: int = 0
    failures: list[str] = field(default_factory=list)
    last_word_at: float = 0.0
    reason: str | None = None


class Speaker:
    """One file, one recording."""

    def __init__(
        self,
        connection: Connection,
        on_event: Callable[[AnyEvent], None],
        mode: str = "one_note",
        encoding: Encoding = "pcm16",
    ) -> None:
        self._connection = connection
        self._on_event = on_event
        self._mode = mode
        self._encoding: Encoding = encoding
        self._turns: dict[str, TurnState] = {}
        self._notes: dict[str, Note] = {}
        self._spoken = Spoken()
        self._microphone_off = False
        self._stopped = False
        self._session = ""
        self._stream: RecordingStream | None = None
        self._stirred = asyncio.Event()
        self._back = asyncio.Event()
        self._reporting: set[asyncio.Task[None]] = set()
        connection.on_event = self._take
        connection.on_back = self._back.set

    async def speak(self, pcm: bytes, context: VideoContext, at_seconds: float) -> Spoken:
        """Stream the samples in real time and wait until every turn is finished."""
        opened = await self._connection.open_video(context)
        self._session = opened.session
        self._stream = stream = RecordingStream(self._connection, opened.session, self._mode, self._encoding)
        keeper = asyncio.create_task(self._come_back(context, stream))
        try:
            start = time.time()
            before = min(HISTORY_SECONDS, at_seconds)
            await self._report(start - before, at_seconds - before)
            await stream.open()
            await self._play(stream, pcm, start, at_seconds)
            await self._stop(stream)
            await self._finished()
        finally:
            for task in (keeper, *self._reporting):
                task.cancel()
            await asyncio.gather(keeper, *self._reporting, return_exceptions=True)
        self._spoken.notes = [note for note in self._notes.values() if note.status not in _UNFINISHED]
        self._spoken.cancelled = sum(note.status is NoteStatus.CANCELLED for note in self._notes.values())
        return self._spoken

    async def _play(self, stream: RecordingStream, pcm: bytes, start: float, at_seconds: float) -> None:
        step = int(CHUNK_SECONDS * SAMPLE_RATE) * 2
        for index, offset in enumerate(range(0, len(pcm), step)):
            piece = pcm[offset : offset + step]
            begins = offset / 2 / SAMPLE_RATE
            spoken_at = start + begins + len(piece) / 2 / SAMPLE_RATE
            await asyncio.sleep(max(0.0, spoken_at - time.time()))
            stream.add(piece, start + begins)
            if index % 10 == 0:
                self._spawn(self._report(start + begins, at_seconds + begins))
            if stream.is_over or self._microphone_off:
                break

    async def _report(self, at: float, position: float) -> None:
        try:
            await self._connection.report_playback(self._session, Playback(at=at, position=position, playing=True))
        except (Unavailable, Refused):
            return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._reporting.add(task)
        task.add_done_callback(self._reporting.discard)

    async def _stop(self, stream: RecordingStream) -> None:
        self._stopped = True
        if not self._microphone_off:
            try:
                await stream.stop()
            except Unavailable:
                return

    async def _come_back(self, context: VideoContext, stream: RecordingStream) -> None:
        while True:
            await self._back.wait()
            self._back.clear()
            try:
                await self._connection.open_video(context)
                await stream.open()
                if self._stopped:
                    await stream.stop()
            except (Unavailable, Refused):
                await asyncio.sleep(RETRY_SECONDS)
                self._back.set()

    async def _finished(self) -> None:
        while not (self._microphone_off and all(state in _AT_REST for state in self._turns.values())):
            self._stirred.clear()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._stirred.wait()
            except TimeoutError as error:
                raise Unavailable(f"Nothing came from the server for {PATIENCE_SECONDS:.0f} seconds.") from error

    def _take(self, event: AnyEvent) -> None:
        match event:
            case TurnChanged() if event.session_id == self._session:
                self._turns[event.turn_id] = event.state
            case TurnFailed() if event.session_id == self._session:
                self._spoken.failures.append(event.message)
            case NoteChanged() if event.note.turn_id in self._turns:
                self._notes[event.note.id] = event.note
            case MicrophoneChanged() if self._stream is not None and event.recording_id == self._stream.id:
                self._microphone_off = event.state is MicrophoneState.OFF
                self._spoken.reason = event.reason
            case _:
                pass
        self._on_event(event)
        self._stirred.set()
