"""How a speech model comes from the hub.

Files come into a directory beside the models with a name that nothing takes for one, are checked against the size and
the hash that the hub tells, and only then get their name. A fetch that broke off is gone on with for a day; what came
damaged is thrown away.

huggingface_hub knows the hub's address (its own setting `HF_ENDPOINT`, for mirrors) and the form of its links; the
bytes are read here, because a fetch must be cancelled, watched for stalls and told about while it runs.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from lossy.inference.models import (
    OPTIONAL_FILES,
    REPOSITORIES,
    REQUIRED_FILES,
    VOCABULARY_FILES,
    ModelFetchFailed,
    ModelHubUnreachable,
    UnknownModel,
    is_complete,
    partial_directory,
)

if TYPE_CHECKING:
    import httpx

STALL_SECONDS = 30.0
FETCH_SECONDS = 2 * 3600.0
CHUNK_BYTES = 256 * 1024
ABANDONED_SECONDS = 24 * 3600.0

Progress = Callable[[int, int], None]
"""Told the bytes that came so far, and all that will."""


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
        self.tell(self.done, max(self.total, self.done, 1))


async def fetch_model(
    name: str,
    models_directory: Path,
    on_progress: Progress,
    *,
    endpoint: str | None = None,
    reach_seconds: float = 10.0,
    stall_seconds: float = STALL_SECONDS,
) -> Path:
    """Fetch a model by name and return its directory; one that is here and whole is not fetched again.

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
        directory = models_directory / name
        try:
            if await asyncio.to_thread(_holds, directory, files):
                return directory
            async with asyncio.timeout(FETCH_SECONDS), _partial(models_directory, name) as partial:
                count = _Count(0, sum(file.size or 0 for file in files), on_progress)
                for file in files:
                    await _fetch_file(client, _link(repository, file.name, endpoint), file, partial, count)
                return await asyncio.to_thread(_publish, partial, directory, files)
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
        if file.lfs is not None:  # without a hash nobody could tell two halves of different files from a whole one
            await asyncio.to_thread(arrival.take_up)
        if not arrival.size or arrival.size != file.size:
            await _fetch_rest(client, link, arrival, count)
        else:
            count.add(arrival.size)
    if not arrival.is_what_was_listed(file):
        raise ModelFetchFailed(f"The file {file.name} of the speech model arrived damaged.")


async def _fetch_rest(client: "httpx.AsyncClient", link: str, arrival: "_Arrival", count: _Count) -> None:
    headers = {"Accept-Encoding": "identity"}
    if arrival.size:
        headers["Range"] = f"bytes={arrival.size}-"
    async with client.stream("GET", link, headers=headers) as answer:
        if arrival.size and answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            arrival.begin_anew()
        answer.raise_for_status()
        count.add(arrival.size)
        async for chunk in answer.aiter_bytes(CHUNK_BYTES):
            arrival.write(chunk)
            count.add(len(chunk))


class _Arrival:
    # Written on the event loop: a chunk takes a millisecond, and a cancelled fetch must leave no open file behind.
    def __init__(self, path: Path) -> None:
        self._path = path
        self._sha256 = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> "_Arrival":
        self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.truncate()
        self._file.close()

    def take_up(self) -> None:
        """Go on behind what came before."""
        while chunk := self._file.read(CHUNK_BYTES):
            self._count(chunk)

    def begin_anew(self) -> None:
        self._file.seek(0)
        self._sha256, self.size = hashlib.sha256(), 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._count(chunk)

    def is_what_was_listed(self, file: _File) -> bool:
        right_size = file.size is None or self.size == file.size
        return right_size and (file.lfs is None or self._sha256.hexdigest() == file.lfs.sha256)

    def _count(self, chunk: bytes) -> None:
        self._sha256.update(chunk)
        self.size += len(chunk)


def _holds(directory: Path, files: list[_File]) -> bool:
    """Say whether a directory has every file as it was listed."""
    if not is_complete(directory):
        return False
    for file in files:
        path = directory / file.name
        if not path.is_file() or file.size not in (None, path.stat().st_size):
            return False
        if file.lfs is not None:
            with path.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != file.lfs.sha256:
                    return False
    return True


@asynccontextmanager
async def _partial(models_directory: Path, name: str) -> AsyncIterator[Path]:
    import httpx  # noqa: PLC0415

    directory, lock = await asyncio.to_thread(_claim_partial, models_directory, name)
    try:
        yield directory
    except (httpx.HTTPError, TimeoutError, asyncio.CancelledError):
        raise  # it broke off: what came is good as far as it goes
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        raise
    finally:
        os.close(lock)


def _claim_partial(models_directory: Path, name: str) -> tuple[Path, int]:
    models_directory.mkdir(parents=True, exist_ok=True)
    for abandoned in models_directory.glob(".fetching-*"):
        if time.time() - abandoned.stat().st_mtime > ABANDONED_SECONDS:
            shutil.rmtree(abandoned, ignore_errors=True)
    directory = partial_directory(models_directory, name)
    directory.mkdir(exist_ok=True)
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process is at it; whoever is first publishes
        os.close(lock)
        directory = Path(tempfile.mkdtemp(prefix=f"{directory.name}-", dir=models_directory))
        lock = os.open(directory, os.O_RDONLY)
    return directory, lock


def _publish(partial: Path, directory: Path, files: list[_File]) -> Path:
    if _holds(directory, files):  # another process was faster
        shutil.rmtree(partial, ignore_errors=True)
        return directory
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
