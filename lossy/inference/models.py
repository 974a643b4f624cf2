"""Where speech models live, and what they are called.

A model is a directory that is complete or it is not there. Only the demo's model is part of the package.
"""

from pathlib import Path
from typing import ClassVar

from lossy.errors import LossyError

DEMO_MODEL = "demo"
DEFAULT_MODEL = "base.en"
DEMO_DIRECTORY = Path(__file__).parent.parent / "demo" / "whisper"

REPOSITORIES = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v3": "Systran/faster-whisper-large-v3",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""The names that faster-whisper knows its converted models by, and where each is on the hub."""

REQUIRED_FILES = ("config.json", "model.bin", "tokenizer.json")
VOCABULARY_FILES = ("vocabulary.json", "vocabulary.txt")
"""A model has one of the two: the older conversions a text file."""
OPTIONAL_FILES = ("preprocessor_config.json",)
"""Only models with another number of mel bands than 80 need it."""


class UnknownModel(LossyError):
    """No model of that name is known, and no directory holds one."""

    code: ClassVar[str] = "unknown_model"


class ModelHubUnreachable(LossyError):
    """The hub did not answer in time, or not with what was asked for."""

    code: ClassVar[str] = "model_hub_unreachable"


class ModelFetchFailed(LossyError):
    """The fetch began and did not end well; no model came of it."""

    code: ClassVar[str] = "model_fetch_failed"


def find_model(name_or_directory: str, models_directory: Path) -> Path | None:
    """Return the directory of a model that is here and complete: the demo's, a fetched one, or a directory's own."""
    if name_or_directory == DEMO_MODEL:
        return DEMO_DIRECTORY
    candidates = (models_directory / name_or_directory, Path(name_or_directory).expanduser())
    return next((each for each in candidates if is_complete(each)), None)


def is_complete(directory: Path) -> bool:
    """Say whether a directory has every file that decoding offline needs."""
    return all((directory / name).is_file() for name in REQUIRED_FILES) and any(
        (directory / name).is_file() for name in VOCABULARY_FILES
    )


def partial_directory(models_directory: Path, name: str) -> Path:
    """Give the place where a model's files come to, while they come."""
    return models_directory / f".fetching-{name}"
