"""Stand-ins that record: a clock that is moved by hand, and a recogniser and a structurer that answer as told."""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lossy.inference.notes import NO_CONTEXT, NoteContext, OnDelta, StructuredNote
from lossy.inference.rules import structure_by_rules
from lossy.inference.speech import EngineChoice, Pcm, Transcript

A = TypeVar("A")


@dataclass
class FakeTimer:
    """A call in the future of a `FakeClock`."""

    callback: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeClock:
    """Time that goes on only when told, and then calls whatever falls due, in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, FakeTimer]] = []
        self._armed = asyncio.Event()

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(callback)
        heapq.heappush(self._timers, (self.now + delay_seconds, next(self._order), timer))
        self._armed.set()
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self._timers and self._timers[0][0] <= until:
            due, _, timer = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            if not timer.is_cancelled:
                timer.callback()
        self.now = until

    async def advance_until_armed(self, seconds: float) -> None:
        """Let time pass, then wait until somebody asks for a call again."""
        self._armed.clear()
        self.advance(seconds)
        async with asyncio.timeout(10):
            await self._armed.wait()

    @property
    def waiting(self) -> int:
        """How many calls are still to come."""
        return sum(not timer.is_cancelled for _, _, timer in self._timers)


@dataclass
class Held(Generic[A]):
    """An answer that is not given before `go` is set."""

    answer: A
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    was_cancelled: bool = False

    async def was_asked(self) -> None:
        """Wait until somebody waits for it."""
        async with asyncio.timeout(10):
            await self.asked.wait()

    async def give(self) -> A:
        self.asked.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return self.answer


Heard = str | Exception


class FakeTranscriber:
    """Answers with what stands in `answers`, first to last, and then with `otherwise`."""

    def __init__(self, otherwise: str = "The music is too loud.") -> None:
        self.answers: deque[Heard | Held[Heard]] = deque()
        self.otherwise = otherwise
        self.heard: list[Pcm] = []
        self.choices: list[EngineChoice] = []
        self.partials: deque[str] = deque()
        self.sketched: list[Pcm] = []

    def hold(self, answer: Heard | None = None) -> Held[Heard]:
        """Let the next answer wait."""
        held = Held[Heard](answer if answer is not None else self.otherwise)
        self.answers.append(held)
        return held

    async def transcribe_partial(self, pcm: Pcm) -> str | None:
        self.sketched.append(pcm)
        return self.partials.popleft() if self.partials else None

    def order(self, choice: EngineChoice) -> tuple[str, ...]:
        """Stand in for this server's own engine; the cloud is another one, if somebody chose it."""
        return ("cloud", "native") if choice is EngineChoice.CLOUD else ("native",)

    async def foresee(self, pcm: Pcm) -> Transcript:
        return await self.transcribe(pcm, EngineChoice.SERVER)

    async def transcribe(self, pcm: Pcm, choice: EngineChoice) -> Transcript:
        self.heard.append(pcm)
        self.choices.append(choice)
        answer = self.answers.popleft() if self.answers else self.otherwise
        words = await answer.give() if isinstance(answer, Held) else answer
        if isinstance(words, Exception):
            raise words
        return transcript(words)


class FakeStructurer:
    """Makes notes by the rules; what stands in `answers` comes first, an exception being raised."""

    engine = "fake"

    def __init__(self) -> None:
        self.answers: deque[Held[None] | Exception] = deque()
        self.asked: list[str] = []
        self.contexts: list[NoteContext] = []

    def hold(self) -> Held[None]:
        """Let the next note wait."""
        held = Held(None)
        self.answers.append(held)
        return held

    async def structure(
        self, transcript: Transcript, context: NoteContext = NO_CONTEXT, *, on_delta: OnDelta | None = None
    ) -> StructuredNote:
        self.asked.append(transcript.text)
        self.contexts.append(context)
        answer = self.answers.popleft() if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            await answer.give()
        note = structure_by_rules(transcript)
        if on_delta is not None:
            on_delta(note.text)
        return StructuredNote(note.text, note.category, note.confidence, self.engine)


def transcript(text: str) -> Transcript:
    """Make what recognition gives for a text."""
    return Transcript(
        text=text,
        words=(),
        confidence=0.9 if text else 0.0,
        no_speech_probability=0.0 if text else 1.0,
        language="en",
        engine="fake",
        model="script",
        decode_seconds=0.01,
    )
