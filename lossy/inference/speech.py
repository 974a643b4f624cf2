"""What recognition takes and gives: the types, and nothing heavy.

Audio is 16 kHz mono PCM16 everywhere. Times of words are seconds from the first sample of what was decoded.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from lossy.errors import LossyError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE = 16_000

Pcm: TypeAlias = "npt.NDArray[np.int16]"
"""Samples of shape [n], 16 kHz mono."""


def samples_from_bytes(pcm: bytes) -> Pcm:
    """Read PCM16 little endian as it comes over the wire; raises ValueError on half a sample."""
    import numpy as np  # noqa: PLC0415

    return np.frombuffer(pcm, dtype="<i2").astype(np.int16, copy=False)


class EngineChoice(StrEnum):
    """Whose recognition a reviewer wants."""

    AUTO = "auto"
    """This server's, and where that fails the cloud's, if the server is set up for one."""
    SERVER = "server"
    CLOUD = "cloud"
    """The cloud's first."""
    BROWSER = "browser"
    """The browser's own; what comes here as audio all the same stays on this server."""

    @classmethod
    def read(cls, chosen: object) -> "EngineChoice":
        """Take a stored choice; anything that is none means `auto`."""
        return cls(chosen) if isinstance(chosen, str) and chosen in {each.value for each in cls} else cls.AUTO


class RecognitionFailed(LossyError):
    """One utterance could not be decoded; the next may well be."""

    code: ClassVar[str] = "recognition_failed"


class RecognitionUnavailable(LossyError):
    """There is no speech model to decode with."""

    code: ClassVar[str] = "recognition_unavailable"


@dataclass(frozen=True)
class Word:
    """One recognised word and where it was said."""

    text: str
    start_seconds: float
    end_seconds: float
    probability: float


@dataclass(frozen=True)
class Transcript:
    """A whole utterance, recognised. Empty `text` means that nothing was said."""

    text: str
    words: tuple[Word, ...]
    confidence: float
    """0 to 1: mean probability of the words; 0 where there are none."""
    no_speech_probability: float
    language: str
    engine: str
    """What kind of recogniser made it: `native`."""
    model: str
    """`demo`, `base.en`, …"""
    decode_seconds: float


class Transcriber(Protocol):
    """Turns one utterance into words."""

    @property
    def engine(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def transcribe(self, pcm: Pcm) -> Transcript:
        """Decode a whole utterance; raises RecognitionFailed or RecognitionUnavailable."""
        ...
