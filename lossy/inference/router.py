"""Which engine turns an utterance into words: this server's own, or the cloud's, in the order that the reviewer chose.

One that fails or takes too long gives way to the next; one that keeps failing is left alone for a while. All of it is
bounded by one time. When nobody understood, the error says so of each, and the utterance is kept for later.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Protocol

from lossy import telemetry
from lossy.errors import LossyError
from lossy.inference.breaker import Breaker
from lossy.inference.cloud import CloudTranscriber
from lossy.inference.native import NativeRecogniser, OnChange, Phase, RecogniserStatus
from lossy.inference.speech import SAMPLE_RATE, EngineChoice, Pcm, RecognitionFailed, Transcriber, Transcript

logger = logging.getLogger(__name__)

ALL_SECONDS = 29.0
"""For all engines together: a second less than a turn waits."""


class Budget(Protocol):
    """What the cloud may cost."""

    async def spend(self, audio_seconds: float) -> bool:
        """Take so much of today's allowance; false if there is not enough left."""
        ...


class NobodyUnderstood(RecognitionFailed):
    """No engine gave a transcript."""

    code: ClassVar[str] = "nobody_understood"


class OverBudget(RecognitionFailed):
    """Today's allowance for the cloud is spent."""

    code: ClassVar[str] = "over_budget"


class Recogniser:
    """Every engine there is, as one."""

    def __init__(
        self,
        native: NativeRecogniser,
        cloud: CloudTranscriber | None = None,
        budget: Budget | None = None,
        *,
        all_seconds: float = ALL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.native = native
        self.cloud = cloud
        self._budget = budget
        self._all_seconds = all_seconds
        self._monotonic = monotonic
        self._breakers = {name: Breaker(monotonic=monotonic) for name in ("native", "cloud")}
        self.answered: Counter[str] = Counter()
        """How many utterances each engine understood."""
        self.failed: Counter[str] = Counter()

    @property
    def status(self) -> RecogniserStatus:
        """How this server's own engine stands."""
        return self.native.status

    async def start(self, model_setting: str, on_change: OnChange | None = None) -> None:
        """Load this server's own model, or fetch it in the background."""
        await self.native.start(model_setting, on_change)

    async def transcribe(self, pcm: Pcm, choice: EngineChoice = EngineChoice.AUTO) -> Transcript:
        """Decode a whole utterance of 16 kHz mono PCM16; raises RecognitionFailed when no engine could."""
        engines = self._order(choice)
        ends_at = self._monotonic() + self._all_seconds
        failures: list[LossyError] = []
        asked: list[str] = []
        nobody_works = all(self._breakers[name].rests for name in engines)
        for name in self._in_turn(engines):
            asked.append(name)
            others = [
                other for other in engines if other not in asked and (nobody_works or not self._breakers[other].rests)
            ]
            share = max(0.0, ends_at - self._monotonic()) / (1 + len(others))
            try:
                transcript = await self._ask(name, engines[name], pcm, share)
            except LossyError as error:
                logger.warning("The engine “%s” gave no transcript: %s", name, error.message)
                self.failed[name] += 1
                telemetry.engine_failures.labels(name, error.code).inc()
                failures.append(error)
            else:
                self.answered[name] += 1
                telemetry.engine_answers.labels(name).inc()
                return transcript
        if len(failures) == 1:
            raise failures[0]
        raise NobodyUnderstood(" ".join(error.message for error in failures))

    async def foresee(self, pcm: Pcm) -> Transcript:
        """Decode here an utterance that may not be over, and leave the other engines their time; see `transcribe`."""
        share = self._all_seconds / len(self._order(EngineChoice.AUTO))
        transcript = await self._ask("native", self.native, pcm, share)
        self.answered["native"] += 1
        telemetry.engine_answers.labels("native").inc()
        return transcript

    async def transcribe_partial(self, pcm: Pcm) -> str | None:
        """Decode the words of an utterance that goes on, here; None if there is better to do."""
        return await self.native.transcribe_partial(pcm)

    def order(self, choice: EngineChoice) -> tuple[str, ...]:
        """Name the engines that would be asked now, in their order; `native` is this server's own."""
        engines = self._order(choice)
        return tuple(name for name in engines if not self._breakers[name].rests) or tuple(engines)

    async def aclose(self) -> None:
        """Let go of every engine."""
        await self.native.aclose()
        if self.cloud is not None:
            await self.cloud.aclose()

    def _order(self, choice: EngineChoice) -> dict[str, Transcriber]:
        native: dict[str, Transcriber] = {"native": self.native}
        cloud: dict[str, Transcriber] = {"cloud": self.cloud} if self.cloud is not None else {}
        if choice in (EngineChoice.SERVER, EngineChoice.BROWSER):
            return native
        # While the demo stands in for a model that is not here, what it hears of a person is not worth a note.
        if cloud and self.status.is_demo and self.status.phase is not Phase.READY:
            return cloud
        return cloud | native if choice is EngineChoice.CLOUD else native | cloud

    def _in_turn(self, engines: Iterable[str]) -> Iterator[str]:
        """Give the engines that don't rest, as each one's turn comes; where all of them rest, all of them."""
        everybody_rests = True
        for name in engines:
            if self._breakers[name].lets_through():
                everybody_rests = False
                yield name
        if everybody_rests:
            yield from engines

    async def _ask(self, name: str, engine: Transcriber, pcm: Pcm, seconds: float) -> Transcript:
        if name == "cloud" and self._budget is not None and not await self._budget.spend(len(pcm) / SAMPLE_RATE):
            raise OverBudget("Today's allowance for the cloud is spent.")
        breaker = self._breakers[name]
        try:
            async with asyncio.timeout(seconds):
                transcript = await engine.transcribe(pcm)
        except TimeoutError as error:
            breaker.failed()
            raise RecognitionFailed("Recognising what you said took too long. It is kept: try again.") from error
        except LossyError:
            breaker.failed()
            raise
        breaker.succeeded()
        return transcript
