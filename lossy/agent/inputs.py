"""What a session's inbox takes. An input with `done` is answered: its sender waits for it and hears a refusal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from lossy.agent.machine import TurnInput
from lossy.db.models import RecordingMode
from lossy.inference.notes import StructuredNote
from lossy.inference.speech import Pcm, Transcript
from lossy.protocol import BrowserTranscript, RecordingAction, RecordingOpened, TurnAction

OnGap = Callable[[int, int], None]
"""Told the first and the last seq of chunks that are missing."""


def _future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


@dataclass
class RecordingAsked:
    """A client opens a recording, or comes back to it."""

    recording_id: str
    mode: RecordingMode
    on_gap: OnGap | None
    player: str = ""
    brings_audio: bool = True
    """Not if the browser recognises by itself, and brings words."""
    done: "asyncio.Future[RecordingOpened]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass
class ChunkArrived:
    """A durable chunk."""

    recording_id: str
    seq: int
    captured_at: float
    pcm: Pcm


@dataclass
class WordsCame:
    """What the browser recognised by itself."""

    words: BrowserTranscript
    done: "asyncio.Future[None]" = field(default_factory=_future)


@dataclass
class RecordingSteered:
    """A client stops, pauses, resumes or cancels its recording, or lost the device."""

    recording_id: str
    action: RecordingAction
    chunks: int | None
    done: "asyncio.Future[None]" = field(default_factory=_future)


@dataclass
class TurnSteered:
    """The reviewer confirms, cancels, retries or acknowledges."""

    action: TurnAction
    turn_id: str | None
    done: "asyncio.Future[None]" = field(default_factory=_future)


@dataclass
class Heard:
    """Recognition ended."""

    turn_id: str
    stage: int
    transcript: Transcript


@dataclass
class Structured:
    """Structuring ended."""

    turn_id: str
    stage: int
    note: StructuredNote


@dataclass
class TurnMoved:
    """Something else of a stage: it failed, it is done, its time is over."""

    turn_id: str
    stage: int
    given: TurnInput
    message: str | None = None


@dataclass
class EndForeseen:
    """The words of an utterance that may be over are known."""

    recording_id: str
    last_speech_sample: int
    text: str


@dataclass
class JobEnded:
    """A job of this user may have ended that a turn waits for."""


@dataclass
class RecordingOverdue:
    """A recording's timer is over: missing chunks never came, or nothing was said."""

    recording_id: str
    why: str


Input = (
    RecordingAsked
    | ChunkArrived
    | WordsCame
    | RecordingSteered
    | TurnSteered
    | Heard
    | Structured
    | TurnMoved
    | RecordingOverdue
    | JobEnded
    | EndForeseen
)
