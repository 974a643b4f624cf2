"""Where speech models live, and how one comes from the hub.

A model is a directory that is complete or it is not there: files come into a directory beside it with a name that
nothing takes for a model, are checked against the size and the hash that the hub tells, and only then get their name.
Only the demo's model is part of the package.

huggingface_hub knows the hub's address (its own setting `HF_ENDPOINT`, for mirrors) and the form of its links; the
bytes are read here, because a fetch must be cancelled, watched for stalls and told about while it runs.
"""

import asyncio
import hashlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from lossy.errors import LossyError

if TYPE_CHECKING:
    import httpx

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

STALL_SECONDS = 30.0
FETCH_SECONDS = 2 * 3600.0
CHUNK_BYTES = 256 * 1024
ABANDONED_SECONDS = 24 * 3600.0

Progress = Callable[[int, int], None]
"""Told the bytes that came so far, and all that will."""


class UnknownModel(LossyError):
    """No model of that name is known, and no directory holds one."""

    code: ClassVar[str] = "unknown_model"


class ModelHubUnreachable(LossyError):
    """The hub did not answer in time, or not with what was asked for."""

    code: ClassVar[str] = "model_hub_unreachable"


class ModelFetchFailed(LossyError):
    """The fetch began and did not end well; nothing of it is left."""

    code: ClassVar[str] = "model_fetch_failed"


class _Lfs(BaseModel):
    sha256: str


class _File(BaseModel):
    name: Annotated[str, Field(validation_alias="rfilename")]
    size: int | None = None
    lfs: _Lfs | None = None


class _Listing(BaseModel):
    siblings: list[_File]


@dataclass
class _Count:
    done: int
    total: int
    tell: Progress

    def add(self, size: int) -> None:
        self.done += size
        self.tell(self.done, max(self.total, self.done))


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


async def fetch_model(
    name: str,
    models_directory: Path,
    on_progress: Progress,
    *,
    endpoint: str | None = None,
    reach_seconds: float = 10.0,
    stall_seconds: float = STALL_SECONDS,
) -> Path:
    """Fetch a model by name and return its directory.

    Raises UnknownModel; ModelHubUnreachable if the hub has not listed the files within `reach_seconds`; and
    ModelFetchFailed if nothing came for `stall_seconds`, a file is not what the hub said, or the disk refused it.
    """
    repository = REPOSITORIES.get(name)
    if repository is None:
        raise UnknownModel(f"There is no speech model “{name}”. Known are: {', '.join(REPOSITORIES)}; or a directory.")
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(stall_seconds, connect=reach_seconds)
    async with httpx.AsyncClient(follow_redirects=True, timeout=timeout) as client:
        files = await _list_files(client, endpoint or hub_address(), repository, reach_seconds)
        try:
            async with asyncio.timeout(FETCH_SECONDS), _partial(models_directory, name) as partial:
                count = _Count(0, sum(file.size or 0 for file in files), on_progress)
                for file in files:
                    await _fetch_file(client, _link(repository, file.name, endpoint), file, partial, count)
                return await asyncio.to_thread(_publish, partial, models_directory / name)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise ModelFetchFailed(
                f"The speech model {name} could not be fetched completely. It is tried again at the next start."
            ) from error


async def _list_files(client: "httpx.AsyncClient", endpoint: str, repository: str, seconds: float) -> list[_File]:
    import httpx  # noqa: PLC0415

    try:
        async with asyncio.timeout(seconds):
            answer = await client.get(f"{endpoint}/api/models/{quote(repository)}/revision/main?blobs=true")
            answer.raise_for_status()
            listing = _Listing.model_validate_json(answer.content)
    except (httpx.HTTPError, TimeoutError, ValidationError) as error:
        raise ModelHubUnreachable(
            f"The speech model could not be fetched: {endpoint} does not answer as a model hub."
        ) from error
    wanted = {*REQUIRED_FILES, *VOCABULARY_FILES, *OPTIONAL_FILES}
    files = [file for file in listing.siblings if file.name in wanted]
    names = {file.name for file in files}
    if not names.issuperset(REQUIRED_FILES) or names.isdisjoint(VOCABULARY_FILES):
        raise ModelFetchFailed(f"What {endpoint} has under {repository} is not a complete speech model.")
    return files


async def _fetch_file(client: "httpx.AsyncClient", link: str, file: _File, partial: Path, count: _Count) -> None:
    with _Arrival(partial / file.name) as arrival:
        async with client.stream("GET", link) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                arrival.write(chunk)
                count.add(len(chunk))
    if not arrival.is_what_was_listed(file):
        raise ModelFetchFailed(f"The file {file.name} of the speech model arrived damaged.")


class _Arrival:
    # Written on the event loop: a chunk takes a millisecond, and a cancelled fetch must leave no open file behind.
    def __init__(self, path: Path) -> None:
        self._path = path
        self._sha256 = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> "_Arrival":
        self._out = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def write(self, chunk: bytes) -> None:
        self._out.write(chunk)
        self._sha256.update(chunk)
        self._size += len(chunk)

    def is_what_was_listed(self, file: _File) -> bool:
        right_size = file.size is None or self._size == file.size
        return right_size and (file.lfs is None or self._sha256.hexdigest() == file.lfs.sha256)


@asynccontextmanager
async def _partial(models_directory: Path, name: str) -> AsyncIterator[Path]:
    directory = await asyncio.to_thread(_make_partial, models_directory, name)
    try:
        yield directory
    finally:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


def _make_partial(models_directory: Path, name: str) -> Path:
    models_directory.mkdir(parents=True, exist_ok=True)
    for abandoned in models_directory.glob(".fetching-*"):
        if time.time() - abandoned.stat().st_mtime > ABANDONED_SECONDS:
            shutil.rmtree(abandoned, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f".fetching-{name}-", dir=models_directory))


def _publish(partial: Path, directory: Path) -> Path:
    if is_complete(directory):
        return directory  # another process was faster
    shutil.rmtree(directory, ignore_errors=True)
    return partial.rename(directory)


def hub_address() -> str:
    """Give the address of the hub, or of its mirror that `HF_ENDPOINT` names."""
    from huggingface_hub import constants  # noqa: PLC0415

    return str(constants.ENDPOINT)


def _link(repository: str, file: str, endpoint: str | None) -> str:
    from huggingface_hub import hf_hub_url  # noqa: PLC0415

    link: Any = hf_hub_url(repository, file, endpoint=endpoint)
    return str(link)
