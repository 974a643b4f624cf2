"""What the bench of recognition says: espeak-ng's sentences with their words' times, labelled by what the demo's model
was trained on. One FLAC file holds them back to back. `scripts/fixture_model` makes them.
"""

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from lossy.inference.speech import SAMPLE_RATE, Pcm

DIRECTORY = Path(__file__).parent / "remarks"
SOUND, DESCRIPTION = DIRECTORY / "remarks.flac", DIRECTORY / "remarks.json"
LEAD_SECONDS = 0.5


class Group(StrEnum):
    """What of a remark the demo's model was trained on."""

    TRAINED = "trained"
    UNHEARD_VOICE = "unheard_voice"
    UNSEEN_SENTENCE = "unseen_sentence"
    ORDER = "order"
    """A command, in a voice that was trained on: it would change the session that it is spoken into."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Remark(_Frozen):
    """A sentence of one voice. Samples are counted in the file, seconds from the remark's first sample."""

    text: str
    group: Group
    voice: str
    first_sample: int
    samples: int
    word_ends: tuple[float, ...]


class Remarks(_Frozen):
    """All of them."""

    remarks: tuple[Remark, ...]


@lru_cache(maxsize=1)
def read_remarks() -> tuple[Remark, ...]:
    """Read what the recordings say."""
    return Remarks.model_validate_json(DESCRIPTION.read_bytes()).remarks


def read_sound(remark: Remark) -> Pcm:
    """Return the samples of a remark alone."""
    return _sound()[remark.first_sample : remark.first_sample + remark.samples]


@lru_cache(maxsize=1)
def _sound() -> Pcm:
    import av  # noqa: PLC0415

    with av.open(str(SOUND)) as file:
        rate = file.streams.audio[0].rate
        sound: Pcm = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    if sound.dtype != np.int16 or rate != SAMPLE_RATE:
        raise ValueError(f"{SOUND.name} is not 16 kHz mono PCM16.")
    return sound
