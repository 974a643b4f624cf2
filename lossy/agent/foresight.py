"""Decodes an utterance before it is certain that it is over: when it is, the words are there already.

After a short silence the whole utterance is decoded as if it were final. Speech that goes on makes that worthless, and
it is thrown away; if nothing more comes, the turn takes the words instead of decoding the same samples again.
"""

import asyncio
from collections.abc import Awaitable, Callable

from lossy.inference.speech import SAMPLE_RATE, Transcript

SILENCE_SECONDS = 0.2
"""After this the decode begins: a third of the silence that ends an utterance."""


class Foresight:
    """A final decode that may prove right; `last_speech_sample` is where its speech ended.

    `foreseen` is told the words, which say whether more is to be expected.
    """

    def __init__(self, last_speech_sample: int, foreseen: Callable[[str], None]) -> None:
        self._last_speech_sample = last_speech_sample
        self._foreseen = foreseen
        self._outcome: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        self._outcome.add_done_callback(_disregard)
        self.work: asyncio.Task[None] | None = None

    async def decode(self, transcribing: Awaitable[Transcript]) -> None:
        """Keep what comes of a decode, failures included."""
        try:
            transcript = await transcribing
            self._outcome.set_result(transcript)
            self._foreseen(transcript.text)
        except Exception as error:  # noqa: BLE001  # whoever takes the outcome gets it
            self._outcome.set_exception(error)
        finally:
            self._outcome.cancel()  # unless there is one

    def holds(self, last_speech_sample: int | None) -> bool:
        """Whether an utterance whose speech ended there is the one that is decoded."""
        return last_speech_sample == self._last_speech_sample

    async def outcome(self) -> Transcript:
        """Wait for the words; raises what the decode raised. Whoever stops waiting ends the decode."""
        try:
            return await self._outcome
        except asyncio.CancelledError:
            self.drop()
            raise

    def drop(self) -> None:
        """Throw it away; a decode that waits for its turn is never begun."""
        if self.work is not None:
            self.work.cancel()


def is_due(silence_since: int, heard_samples: int) -> bool:
    """Whether it has been silent for long enough to foresee the end."""
    return heard_samples - silence_since >= SILENCE_SECONDS * SAMPLE_RATE


def _disregard(outcome: "asyncio.Future[Transcript]") -> None:
    """Take a failure that perhaps nobody waits for."""
    if not outcome.cancelled():
        outcome.exception()
