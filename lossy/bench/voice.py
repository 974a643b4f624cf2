"""From the last word to the ghost note, in its parts: the demo's remarks, spoken in real time into a real server.

The clock that says when a word was spoken is the one that says when its note came: server and client are on this
machine. The *end silence* lasts from the last word until the session is certain that nothing more comes, which the
words themselves help to say: the decode runs within it. Structuring is timed here on the same words. Everything else is
Lossy's own share: storing, telling. Beside each decode of the server the bare engine decodes the same samples while the
server has nothing to do.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np

from lossy.agent.reaction import DEFAULT_LAG_SECONDS
from lossy.bench.child import serving
from lossy.bench.figures import in_ms, word_errors
from lossy.client import Connection, RecordingStream, api
from lossy.demo import Utterance, read_pcm, read_utterances
from lossy.errors import Unavailable
from lossy.events import (
    AnyEvent,
    AsrFinal,
    Event,
    MicrophoneChanged,
    MicrophoneState,
    Note,
    NoteChanged,
    NoteStatus,
    SpeechHeard,
    TurnChanged,
    TurnState,
)
from lossy.inference.endpoint import FRAME_SAMPLES, Endpointer, SpeechStarted
from lossy.inference.models import DEMO_DIRECTORY, DEMO_MODEL
from lossy.inference.rules import structure_by_rules
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.inference.whisper import WhisperTranscriber
from lossy.protocol import ControlTurn, Done, Playback, SignedIn, TurnAction, VideoContext

CHUNK_SECONDS = 0.1
CHUNK_SAMPLES = int(CHUNK_SECONDS * SAMPLE_RATE)
SILENCE_SAMPLES = 5 * SAMPLE_RATE
PATIENCE_SECONDS = 30.0
PLAYED_BEFORE_SECONDS = 1.0

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Heard:
    """What came of one remark. Times are seconds."""

    remark: Utterance
    note: Note
    listening: float
    total: float
    end_silence: float
    decode: float
    engine_decode: float
    structuring: float
    spoken_at: float
    """Where the video stood at the first sound of it."""
    acks: tuple[float, ...]

    @property
    def own_share(self) -> float:
        """What is neither waiting for the end, which hides the decode, nor structuring."""
        return self.total - self.end_silence - self.structuring

    @property
    def position_error(self) -> float:
        """How far the note is from where the reviewer saw it."""
        return abs(self.note.start_seconds - (self.spoken_at - DEFAULT_LAG_SECONDS))


async def measure_voice(remarks: Sequence[Utterance] | None = None) -> dict[str, Any]:
    """Speak remarks to a server of its own, and give the figures; the first is spoken twice and counts once."""
    remarks = read_utterances().remarks if remarks is None else remarks
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as folder:
        async with serving(Path(folder)) as server:
            token = await register(server)
            async with Connection(server, token, client="bench/0.1") as connection:
                engine = WhisperTranscriber(DEMO_DIRECTORY, DEMO_MODEL)
                try:
                    await engine.warm_up()
                    video = await connection.open_video(VideoContext(url="https://example.org/bench.mp4"))
                    reviewer = _Reviewer(connection, engine, video.session)
                    await reviewer.speak(remarks[0], 0)
                    heard = [await reviewer.speak(remark, 10.0 * i) for i, remark in enumerate(remarks, 1)]
                finally:
                    await engine.aclose()
    return _figures(heard)


class _Reviewer:
    """Speaks one remark after the other, each into a recording of its own, and confirms each note at once."""

    def __init__(self, connection: Connection, engine: WhisperTranscriber, session: str) -> None:
        self._connection = connection
        self._engine = engine
        self._session = session
        self._told: asyncio.Queue[tuple[float, AnyEvent]] = asyncio.Queue()
        connection.on_event = lambda event: self._told.put_nowait((time.time(), event))

    async def speak(self, remark: Utterance, position: float) -> Heard:
        """Say a remark while the video plays from `position`; `Unavailable` if no note comes of it."""
        pcm = np.concatenate((read_pcm(remark.path), np.zeros(SILENCE_SAMPLES, np.int16)))
        stream = RecordingStream(self._connection, self._session)
        began = time.time()
        playing = Playback(at=began - PLAYED_BEFORE_SECONDS, position=position, playing=True)
        await self._connection.report_playback(self._session, playing)
        pressed = time.time()
        await stream.open()
        microphone = asyncio.create_task(play(stream, pcm, began))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                listening, _ = await self._next(TurnChanged, lambda event: event.state is TurnState.LISTENING)
                ended, _ = await self._next(SpeechHeard, lambda event: event.edge == "ended")
                _, words = await self._next(AsrFinal)
                noted, news = await self._next(NoteChanged, lambda event: event.note.status is NoteStatus.GHOST)
                await self._confirm()
        except TimeoutError as error:
            raise Unavailable(f"No note came of “{remark.text}”.") from error
        finally:
            microphone.cancel()
        alone = await self._engine.transcribe(cut_of(pcm))
        structuring_began = time.perf_counter()
        structure_by_rules(alone)
        return Heard(
            remark=remark,
            note=news.note,
            decode=words.decode_seconds,
            listening=listening - pressed,
            total=noted - began - remark.end_seconds,
            end_silence=ended - began - remark.end_seconds,
            engine_decode=alone.decode_seconds,
            structuring=time.perf_counter() - structuring_began,
            spoken_at=position + PLAYED_BEFORE_SECONDS + remark.onset_seconds,
            acks=tuple(stream.ack_seconds),
        )

    async def _confirm(self) -> None:
        confirm = ControlTurn(session=self._session, action=TurnAction.CONFIRM)
        await self._connection.call("/user", "control_turn", confirm, Done)
        await self._next(MicrophoneChanged, lambda event: event.state is MicrophoneState.OFF)

    async def _next(self, kind: type[E], is_meant: Callable[[E], bool] = lambda event: True) -> tuple[float, E]:
        while True:
            at, event = await self._told.get()
            if isinstance(event, kind) and is_meant(event):
                return at, event


async def play(stream: RecordingStream, pcm: Pcm, began: float) -> None:
    """Send samples as fast as a microphone takes them; the first was taken at the wall-clock moment `began`."""
    for first in range(0, len(pcm), CHUNK_SAMPLES):
        piece = pcm[first : first + CHUNK_SAMPLES]
        await asyncio.sleep(max(0.0, began + (first + len(piece)) / SAMPLE_RATE - time.time()))
        if stream.is_over:
            return
        stream.add(piece.tobytes(), began + first / SAMPLE_RATE)


def cut_of(pcm: Pcm) -> Pcm:
    """Give the samples that the server decodes of a remark."""
    endpointer, start = Endpointer(), 0
    for first in range(0, len(pcm), FRAME_SAMPLES):
        for signal in endpointer.feed(pcm[first : first + FRAME_SAMPLES]):
            if isinstance(signal, SpeechStarted):
                start = signal.start_sample
            else:
                return pcm[start : signal.end_sample]
    raise LookupError("the endpointer heard no end of speech")


async def register(server: str, email: str = "bench@example.org") -> str:
    """Make an account, and give its token."""
    who = {"email": email, "password": uuid4().hex}
    async with api(server) as client:
        signed_in = SignedIn.model_validate((await client.post("/api/auth/register", json=who)).json())
    return signed_in.token


def _figures(heard: Sequence[Heard]) -> dict[str, Any]:
    counts = [word_errors(each.remark.text, each.note.raw_transcript) for each in heard]
    errors, words = (sum(column) for column in zip(*counts, strict=True))
    position_errors = [each.position_error for each in heard]
    return {
        "utterances": len(heard),
        "last_word_to_ghost_note_ms": in_ms([each.total for each in heard], 50, 95, goals={"p50": 1000, "p95": 2000}),
        "end_silence_ms": in_ms([each.end_silence for each in heard], 50, 95),
        "decode_ms": in_ms([each.decode for each in heard], 50, 95),
        "engine_alone_decode_ms": in_ms([each.engine_decode for each in heard], 50, 95),
        "structuring_ms": in_ms([each.structuring for each in heard], 50, 95),
        "own_share_ms": in_ms([each.own_share for each in heard], 50, 95, goals={"p95": 150}),
        "press_to_listening_ms": in_ms([each.listening for each in heard], 50, 95, goals={"p95": 100}),
        "chunk_acknowledged_ms": in_ms([seconds for each in heard for seconds in each.acks], 50, 99),
        "note_time_error_ms": in_ms(position_errors, 50, 100, goals={"p50": 250}),
        "word_error_percent": round(100 * errors / words, 2),
        "category_hits": sum(each.note.category is each.remark.category for each in heard),
    }
