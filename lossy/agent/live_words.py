"""Shows words while they are spoken: decodes what a turn has heard so far, again and again, and tells the words.

One decode at a time: what comes due meanwhile is dropped, never queued, and the pause between two grows with what the
last one cost. A recogniser that is busy with finals sheds them altogether.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import numpy as np

from lossy import telemetry
from lossy.agent.turn import LiveTurn
from lossy.errors import LossyError
from lossy.events import AsrPartial, TurnState
from lossy.inference.partials import LiveWords, LocalAgreement
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.inference.topics import TopicOfSpeech

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession

logger = logging.getLogger(__name__)

MIN_HOP_SECONDS = 0.25
HOP_PER_COST = 2.0
MAX_WINDOW_SECONDS = 28.0
"""Whisper hears 30 s at once; the window is cut before that…"""
CUT_WITHIN_SECONDS = 2.0
"""…at the quietest moment of its end."""
QUIET_SAMPLES = SAMPLE_RATE // 10


class LiveTranscript:
    """The live words of one turn."""

    def __init__(self, session: "AgentSession", turn: LiveTurn) -> None:
        self._session = session
        self._turn = turn
        self._agreement = LocalAgreement()
        self._settled = ""
        self._begin = turn.start_sample
        self._decoded = turn.onset_sample or turn.start_sample
        self._hop_seconds = MIN_HOP_SECONDS
        self._work: asyncio.Task[None] | None = None
        self._told = LiveWords("", "")
        self._topic = TopicOfSpeech(session.faculties.clock.monotonic)

    def hear(self, pcm: Pcm, first_sample: int) -> asyncio.Task[None] | None:
        """Begin a decode if one is due; `pcm` begins at `first_sample` and is all that the turn has heard."""
        end = first_sample + len(pcm)
        is_decoding = self._work is not None and not self._work.done()
        if is_decoding or end - self._decoded < self._hop_seconds * SAMPLE_RATE:
            return None
        self._decoded = end
        fresh = pcm[self._begin - first_sample :]
        self._work = self._session.spawn(self._decode(fresh, end), f"live words of {self._turn.id}")
        return self._work

    async def _decode(self, pcm: Pcm, end: int) -> None:
        began = time.perf_counter()
        try:
            text = await self._session.faculties.transcriber.transcribe_partial(pcm)
        except LossyError as error:
            logger.info("No live words: %s", error.message)
            text = None
        self._hop_seconds = max(MIN_HOP_SECONDS, HOP_PER_COST * (time.perf_counter() - began))
        if text is None or self._turn.state is not TurnState.LISTENING:
            return
        words = self._agreement.take(text)
        self._tell(words)
        telemetry.partial_lag_seconds.observe(time.perf_counter() - began)
        if len(pcm) >= MAX_WINDOW_SECONDS * SAMPLE_RATE:
            self._settled = " ".join(filter(None, (self._settled, self._agreement.settle())))
            self._begin = end - len(pcm) + quietest(pcm)

    def _tell(self, words: LiveWords) -> None:
        shown = LiveWords(" ".join(filter(None, (self._settled, words.stable))), words.unstable)
        if shown != self._told:
            self._told = shown
            topic = self._topic.take(f"{shown.stable} {shown.unstable}")
            told = AsrPartial(
                **self._session.whose, turn_id=self._turn.id, stable=shown.stable, unstable=shown.unstable, topic=topic
            )
            self._session.faculties.database.bus.publish(told)


def quietest(pcm: Pcm) -> int:
    """Give the middle of the quietest tenth of a second near the end of samples of shape [n]."""
    first = max(0, len(pcm) - int(CUT_WITHIN_SECONDS * SAMPLE_RATE))
    tail = pcm[first : len(pcm) - (len(pcm) - first) % QUIET_SAMPLES].astype(np.float32)
    loudness = np.square(tail.reshape(-1, QUIET_SAMPLES)).mean(axis=1)
    return first + int(loudness.argmin()) * QUIET_SAMPLES + QUIET_SAMPLES // 2
