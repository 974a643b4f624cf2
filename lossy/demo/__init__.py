"""What the built-in demo is made of, and typed access to it: a short film, somebody who comments on it, spoken
remarks to try recognition with, and the speech model that understands them. `scripts/make_demo.py` makes all but the
model, `scripts/fixture_model` makes that.
"""

import wave
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from lossy.events import Category

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DEMO = Path(__file__).parent
UTTERANCES = DEMO / "utterances"
FILM = DEMO / "sample.webm"
NARRATION = DEMO / "narration.wav"
WEB_MODEL = DEMO / "whisper_web"
"""The speech model as transformers.js loads it."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Spoken(_Frozen):
    """A sentence in a recording, and where it is in it."""

    text: str
    category: Category
    onset_seconds: float
    end_seconds: float


class Utterance(Spoken):
    """A recording of one sentence, with half a second of silence before and enough after it."""

    file: str
    voice: str

    @property
    def path(self) -> Path:
        """Where the recording is."""
        return UTTERANCES / self.file


class Utterances(_Frozen):
    """The recordings: remarks that become notes, and the order that cancels one."""

    remarks: tuple[Utterance, ...]
    cancel: Utterance


class Sample(_Frozen):
    """The film, and the narration that comments on it; both begin together."""

    title: str
    film: str
    duration_seconds: float
    narration: str
    narration_starts_at_seconds: float
    """Where on the film's time line the narration's first sample belongs."""
    sentences: tuple[Spoken, ...]
    """Times are seconds of the narration."""


@lru_cache(maxsize=1)
def read_utterances() -> Utterances:
    """Read what the recordings say."""
    return Utterances.model_validate_json((UTTERANCES / "utterances.json").read_bytes())


@lru_cache(maxsize=1)
def read_sample() -> Sample:
    """Read what the film and its narration are."""
    return Sample.model_validate_json((DEMO / "sample.json").read_bytes())


def read_pcm(path: Path) -> "npt.NDArray[np.int16]":
    """Return the samples of a 16 kHz mono PCM16 WAV file; raises ValueError for any other."""
    import numpy as np  # noqa: PLC0415

    with wave.open(str(path)) as recording:
        if (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) != (16_000, 1, 2):
            raise ValueError(f"{path.name} is not 16 kHz mono PCM16.")
        return np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
