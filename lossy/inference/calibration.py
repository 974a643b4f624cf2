"""Which speech model this machine is fast enough for: measured once, then remembered beside the models.

A larger model makes fewer mistakes, but a note must be there about a second after the last word. So the models that
are here are tried from the smallest on, until one takes too long. Nothing is fetched for it.
"""

import logging
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from lossy.demo import read_pcm, read_utterances
from lossy.errors import LossyError
from lossy.inference.models import DEFAULT_MODEL, is_complete
from lossy.inference.speech import SAMPLE_RATE
from lossy.inference.whisper import WhisperTranscriber, spare_cores

logger = logging.getLogger(__name__)

AUTO_MODEL = "auto"
CANDIDATES = ("base.en", "small.en", "turbo")
"""From the fastest to the best."""
QUICK_SECONDS = 0.6
"""A decode begins 0.2 s after the last word, and the note should be there 1 s after it."""
MEMORY = "calibration.json"


@dataclass(frozen=True)
class Trial:
    """What became of the shipped sample."""

    model: str
    said: str
    heard: str
    audio_seconds: float
    decode_seconds: float

    @property
    def real_time_factor(self) -> float:
        """How much of a second a second of speech takes."""
        return self.decode_seconds / self.audio_seconds


class _Calibration(BaseModel):
    compared: tuple[str, ...]
    chosen: str
    decode_seconds: dict[str, float]


class _Memory(BaseModel):
    machines: dict[str, _Calibration] = {}


async def try_model(directory: Path, model: str) -> Trial:
    """Transcribe the shipped sample, with the model loaded; raises RecognitionUnavailable or RecognitionFailed."""
    sample = read_utterances().remarks[0]
    pcm = read_pcm(sample.path)
    transcriber = WhisperTranscriber(directory, model)
    try:
        await transcriber.warm_up()
        heard = await transcriber.transcribe(pcm)
    finally:
        await transcriber.aclose()
    return Trial(model, sample.text, heard.text, len(pcm) / SAMPLE_RATE, heard.decode_seconds)


def remembered_choice(models_directory: Path) -> str | None:
    """Give the model for this machine if no measuring is needed to know it."""
    here = _candidates(models_directory)
    if len(here) < 2:
        return here[0] if here else DEFAULT_MODEL
    known = _recall(models_directory).machines.get(_this_machine())
    return known.chosen if known is not None and known.compared == here and known.chosen in here else None


async def calibrate(models_directory: Path, *, quick_seconds: float = QUICK_SECONDS) -> str:
    """Measure the models that are here, remember the best that is quick enough, and give its name.

    It takes some seconds. If none is quick, it is the smallest that works.
    """
    here = _candidates(models_directory)
    measured: dict[str, float] = {}
    chosen = None
    for model in here:
        try:
            trial = await try_model(models_directory / model, model)
        except LossyError as error:
            logger.warning("The speech model %s was left out: %s", model, error.message)
            continue
        measured[model] = trial.decode_seconds
        if chosen is None or trial.decode_seconds <= quick_seconds:
            chosen = model
        if trial.decode_seconds > quick_seconds:
            break
    if chosen is None:
        return here[0] if here else DEFAULT_MODEL  # whoever loads it says what is wrong
    logger.info("Of %s this machine uses %s; decodes took %s s.", ", ".join(here), chosen, measured)
    _remember(models_directory, _Calibration(compared=here, chosen=chosen, decode_seconds=measured))
    return chosen


async def pick_model(name: str, models_directory: Path) -> str:
    """Give the name that a setting means: itself, or for `auto` this machine's."""
    if name != AUTO_MODEL:
        return name
    return remembered_choice(models_directory) or await calibrate(models_directory)


def _candidates(models_directory: Path) -> tuple[str, ...]:
    return tuple(name for name in CANDIDATES if is_complete(models_directory / name))


def _this_machine() -> str:
    return f"{platform.node()} {platform.machine()} {spare_cores()}"


def _recall(models_directory: Path) -> _Memory:
    try:
        return _Memory.model_validate_json((models_directory / MEMORY).read_bytes())
    except (OSError, ValidationError):
        return _Memory()


def _remember(models_directory: Path, calibration: _Calibration) -> None:
    memory = _recall(models_directory)
    memory.machines[_this_machine()] = calibration
    beside = models_directory / f".{MEMORY}.{os.getpid()}"
    try:
        beside.write_text(memory.model_dump_json(indent=2))
        beside.replace(models_directory / MEMORY)
    except OSError:
        logger.warning("Which speech model suits this machine could not be written to %s.", models_directory)
