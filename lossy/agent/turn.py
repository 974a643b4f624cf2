"""A turn in memory: its row's facts, its timer, and the one task that works on it."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from lossy.agent.clock import Clock, Timer
from lossy.db.models import Turn
from lossy.events import TurnState
from lossy.inference.speech import Transcript, Word

if TYPE_CHECKING:
    from lossy.agent.foresight import Foresight
    from lossy.agent.live_words import LiveTranscript
    from lossy.inference.topics import TopicOfSpeech
    from lossy.protocol import BrowserTranscript

LISTENS = (TurnState.LISTENING, TurnState.PAUSED)
MAX_TURN_SECONDS = 60.0
MAX_ATTEMPTS = 3
"""How often a session tries a stage by itself."""


@dataclass
class LiveTurn:
    """One utterance on its way."""

    id: str
    recording_id: str
    start_sample: int
    state: TurnState = TurnState.IDLE
    origin: TurnState | None = None
    attempts: int = 0
    onset_sample: int | None = None
    end_sample: int | None = None
    seen_seconds: float | None = None
    lag_seconds: float | None = None
    transcript: Transcript | None = None
    speech_ended_at: float | None = None
    """On the session's clock; none after a restart."""
    failure: str | None = None
    """Why it is in error, in the user's words."""
    stage: int = 0
    """Grows with each move: what an earlier stage still delivers is not taken."""
    work: asyncio.Task[None] | None = field(default=None, repr=False)
    deadline: "Deadline | None" = None
    foresight: "Foresight | None" = field(default=None, repr=False)
    live: "LiveTranscript | None" = field(default=None, repr=False)
    topic: "TopicOfSpeech | None" = field(default=None, repr=False)
    """Of words that the browser recognised by itself…"""
    dictated: "BrowserTranscript | None" = field(default=None, repr=False)
    """…and the last of them."""

    @property
    def is_unresolved(self) -> bool:
        """Whether something was said in it that is not yet understood."""
        if self.state in (TurnState.LISTENING, TurnState.PAUSED):
            return self.onset_sample is not None
        if self.state is TurnState.RETRYING:
            return self.origin is TurnState.TRANSCRIBING and not self.waits_for_job
        return self.state in (TurnState.TRANSCRIBING, TurnState.EXECUTING_TOOL)

    @property
    def waits_for_job(self) -> bool:
        """Whether recognition failed so often that a durable job tries it now."""
        is_retrying = self.state is TurnState.RETRYING and self.origin is TurnState.TRANSCRIBING
        return is_retrying and self.attempts >= MAX_ATTEMPTS

    @property
    def is_put_aside(self) -> bool:
        """Whether it may take long, so that nothing else waits for it."""
        return self.state is TurnState.ERROR or self.waits_for_job

    def stop_work(self) -> None:
        """End what runs for it."""
        if self.work is not None:
            self.work.cancel()
            self.work = None
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def drop_foresight(self, unless_ended_at: int | None = None) -> None:
        """Throw an early decode away, unless it is the one of speech that ended at this sample."""
        if self.foresight is not None and (unless_ended_at is None or not self.foresight.holds(unless_ended_at)):
            self.foresight.drop()
            self.foresight = None

    def facts(self) -> dict[str, Any]:
        """Give the columns of its row, less its key."""
        return {
            "state": self.state,
            "origin": self.origin,
            "attempts": self.attempts,
            "start_sample": self.start_sample,
            "onset_sample": self.onset_sample,
            "end_sample": self.end_sample,
            "seen_seconds": self.seen_seconds,
            "lag_seconds": self.lag_seconds,
            "transcript": asdict(self.transcript) if self.transcript else None,
            "error": self.failure,
        }

    @classmethod
    def from_row(cls, row: Turn) -> "LiveTurn":
        """Rebuild it after a restart."""
        return cls(
            id=row.id,
            recording_id=row.recording_id,
            start_sample=row.start_sample,
            state=row.state,
            origin=row.origin,
            attempts=row.attempts,
            onset_sample=row.onset_sample,
            end_sample=row.end_sample,
            seen_seconds=row.seen_seconds,
            lag_seconds=row.lag_seconds,
            transcript=None if row.transcript is None else transcript_from(row.transcript),
            failure=row.error,
        )


class Deadline:
    """A timer that can stand still and go on with what was left."""

    def __init__(self, clock: Clock, seconds: float, expired: Callable[[], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._timer: Timer | None = None
        self._due = 0.0
        self.remaining_seconds = seconds
        self.go_on()

    @property
    def is_held(self) -> bool:
        """Whether it stands still."""
        return self._timer is None

    def hold(self) -> None:
        """Stand still."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.remaining_seconds = max(0.0, self._due - self._clock.monotonic())

    def go_on(self) -> None:
        """Run on from where it stood."""
        if self._timer is None:
            self._due = self._clock.monotonic() + self.remaining_seconds
            self._timer = self._clock.call_later(self.remaining_seconds, self._expired)

    def cancel(self) -> None:
        """Never expire."""
        self.hold()


def transcript_from(stored: dict[str, Any]) -> Transcript:
    """Read a stored transcript."""
    return Transcript(**{**stored, "words": tuple(Word(**word) for word in stored["words"])})
