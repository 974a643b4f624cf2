"""What a browser hears with: Silero, and a Whisper model as ONNX in the layout of transformers.js.

A browser fetches a file once and keeps it by its checksum, so the files are told with theirs.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from lossy.demo import WEB_MODEL
from lossy.errors import NotFound, Unavailable

Kind = Literal["silero", "whisper"]
SERVED = {".json", ".onnx", ".onnx_data", ".txt"}
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class WebFile:
    """One file of a model."""

    path: str
    """In the model's folder, with slashes."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class WebModel:
    """A model's name and all its files."""

    kind: Kind
    name: str
    folder: Path
    files: tuple[WebFile, ...]

    def find(self, path: str) -> Path:
        """Give where a file of the model lies; raises NotFound for anything else."""
        if path not in {file.path for file in self.files}:
            raise NotFound(f"The model {self.name} has no file {path}.")
        return self.folder / path


def read_web_models(whisper: Path | None) -> tuple[WebModel, ...]:
    """Read what there is, the demo's Whisper where no folder is given; slow the first time, so call it in a thread."""
    return (_silero(), _whisper(whisper or WEB_MODEL, "demo" if whisper is None else whisper.name))


@lru_cache(maxsize=1)
def _silero() -> WebModel:
    from faster_whisper.utils import get_assets_path  # noqa: PLC0415

    [found] = sorted(Path(get_assets_path()).glob("silero_vad_*.onnx"))
    return WebModel("silero", found.stem, found.parent, (_described(found.parent, found),))


@lru_cache(maxsize=4)
def _whisper(folder: Path, name: str) -> WebModel:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in SERVED]
    if not any(path.suffix == ".onnx" for path in files):
        raise Unavailable(f"There is no speech model for browsers in {folder}.")
    return WebModel("whisper", name, folder, tuple(_described(folder, path) for path in files))


def _described(folder: Path, path: Path) -> WebFile:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            whole.update(block)
    return WebFile(path.relative_to(folder).as_posix(), path.stat().st_size, whole.hexdigest())
