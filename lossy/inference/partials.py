"""Words while they are spoken: which of them will stay.

LocalAgreement-2 (Macháček, Dabre, Bojar: Turning Whisper into Real-Time Transcription System, 2023): the utterance so
far is decoded again and again, and the words on which two decodes in a row agree are stable. They are never taken back;
the final decode of the whole utterance replaces all of them.
"""

import re
from dataclasses import dataclass

_PUNCTUATION = re.compile(r"[^\w']+")


@dataclass(frozen=True)
class LiveWords:
    """What to show of an utterance that goes on."""

    stable: str
    unstable: str


class LocalAgreement:
    """Follows the decodes of one utterance."""

    def __init__(self) -> None:
        self._stable: list[str] = []
        self._before: list[str] = []

    def take(self, text: str) -> LiveWords:
        """Take the next decode of everything since the beginning, or since `settle`."""
        words = text.split()
        known = len(self._stable)
        agreed = known
        while agreed < min(len(words), len(self._before)) and _same(words[agreed], self._before[agreed]):
            agreed += 1
        self._stable += words[known:agreed]
        self._before = words
        return LiveWords(" ".join(self._stable), " ".join(words[len(self._stable) :]))

    def settle(self) -> str:
        """Take the last decode for what was said, and begin anew after it; give its words."""
        said = " ".join([*self._stable, *self._before[len(self._stable) :]])
        self._stable, self._before = [], []
        return said


def _same(word: str, other: str) -> bool:
    return _PUNCTUATION.sub("", word.lower()) == _PUNCTUATION.sub("", other.lower())
