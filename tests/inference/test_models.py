import asyncio
from pathlib import Path

import pytest

from lossy.inference.models import (
    DEFAULT_MODEL,
    DEMO_DIRECTORY,
    REPOSITORIES,
    ModelFetchFailed,
    ModelHubUnreachable,
    UnknownModel,
    fetch_model,
    find_model,
)
from tests.inference.hub import Hub
from tests.inference.loopback import Loopback, Reply, Request, serving


def left_in(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir()) if directory.exists() else []


def make_model(directory: Path, *names: str) -> Path:
    directory.mkdir(parents=True)
    for name in names:
        (directory / name).write_text("{}")
    return directory


def test_the_demo_is_always_here(tmp_path: Path) -> None:
    assert find_model("demo", tmp_path) == DEMO_DIRECTORY
    assert (DEMO_DIRECTORY / "model.bin").is_file()


def test_the_default_is_a_model_that_can_be_fetched() -> None:
    assert DEFAULT_MODEL in REPOSITORIES


@pytest.mark.parametrize("vocabulary", ["vocabulary.json", "vocabulary.txt"])
def test_a_complete_model_is_found_by_name_and_by_directory(tmp_path: Path, vocabulary: str) -> None:
    made = make_model(tmp_path / "base.en", "config.json", "model.bin", "tokenizer.json", vocabulary)
    assert find_model("base.en", tmp_path) == made
    assert find_model(str(made), tmp_path / "elsewhere") == made


@pytest.mark.parametrize("missing", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_model_that_lacks_a_file_is_none(tmp_path: Path, missing: str) -> None:
    names = {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"} - {missing}
    make_model(tmp_path / "base.en", *names)
    assert find_model("base.en", tmp_path) is None


async def test_a_model_is_fetched_with_its_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    async with serving(Hub()) as hub:
        directory = await fetch_model("base.en", tmp_path, lambda *each: told.append(each), endpoint=hub.url)
    assert find_model("base.en", tmp_path) == directory
    assert (directory / "model.bin").read_bytes() == (DEMO_DIRECTORY / "model.bin").read_bytes()
    assert not (directory / "README.md").exists()
    done = [each[0] for each in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1] > 2_000_000
    assert left_in(tmp_path) == ["base.en"]
    assert all("Systran/faster-whisper-base.en" in request.path for request in hub.requests)


async def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"base\.en.*small\.en"):
        await fetch_model("no-such-model", tmp_path, lambda *_: None)


async def test_a_hub_that_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    async def silent(request: Request, reply: Reply) -> None:
        await reply.hang()

    async with serving(silent) as hub:
        with pytest.raises(ModelHubUnreachable):
            await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url, reach_seconds=0.2)
    assert left_in(tmp_path) == []


async def test_a_hub_that_drips_its_headers_is_given_up_in_time(tmp_path: Path) -> None:
    async def dripping(request: Request, reply: Reply) -> None:
        while not reply.released.is_set():
            await reply.send(b"H")
            await asyncio.sleep(0.01)

    async with serving(dripping) as hub:
        with pytest.raises(ModelHubUnreachable):
            await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url, reach_seconds=0.2)


async def test_no_hub_at_all_is_said_so(tmp_path: Path) -> None:
    async with serving(Hub()) as hub:
        closed = hub.url
    with pytest.raises(ModelHubUnreachable, match="does not answer"):
        await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=closed)


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>please log in</html>"), (404, b"{}"), (503, b"")])
async def test_a_page_that_is_no_hub_is_unreachable_too(tmp_path: Path, status: int, body: bytes) -> None:
    async def portal(request: Request, reply: Reply) -> None:
        await reply.whole(body, status)

    async with serving(portal) as hub:
        with pytest.raises(ModelHubUnreachable):
            await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url)


async def test_a_repository_without_a_model_is_refused(tmp_path: Path) -> None:
    async with serving(Hub(names=["README.md", "config.json"])) as hub:
        with pytest.raises(ModelFetchFailed, match="not a complete"):
            await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url)
    assert left_in(tmp_path) == []


async def test_a_slow_hub_succeeds_as_long_as_something_comes(tmp_path: Path) -> None:
    async def drip(name: str, data: bytes, reply: Reply) -> None:
        await reply.head(Content_Length=str(len(data)))
        for at in range(0, len(data), len(data) // 8 + 1):
            await reply.send(data[at : at + len(data) // 8 + 1])
            await asyncio.sleep(0.01)

    async with serving(Hub(drip)) as hub:
        await fetch_model("small.en", tmp_path, lambda *_: None, endpoint=hub.url, stall_seconds=2)
    assert find_model("small.en", tmp_path) is not None


async def fails(tmp_path: Path, hub: Loopback) -> None:
    with pytest.raises(ModelFetchFailed):
        await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url, stall_seconds=0.2)
    assert find_model("base.en", tmp_path) is None
    assert left_in(tmp_path) == []


async def test_a_hub_that_dies_midway_leaves_nothing(tmp_path: Path) -> None:
    async def die(name: str, data: bytes, reply: Reply) -> None:
        await reply.head(Content_Length=str(len(data)))
        await reply.send(data[: len(data) // 2])

    async with serving(Hub(die)) as hub:
        await fails(tmp_path, hub)


async def test_a_hub_that_stalls_midway_leaves_nothing(tmp_path: Path) -> None:
    async def stall(name: str, data: bytes, reply: Reply) -> None:
        await reply.head(Content_Length=str(len(data)))
        await reply.send(data[: len(data) // 2])
        await reply.hang()

    async with serving(Hub(stall)) as hub:
        await fails(tmp_path, hub)


@pytest.mark.parametrize("damage", [b"", b"x"])
async def test_a_damaged_model_is_thrown_away(tmp_path: Path, damage: bytes) -> None:
    async def damaged(name: str, data: bytes, reply: Reply) -> None:
        await reply.whole(damage + data[1:] if name == "model.bin" else data)

    async with serving(Hub(damaged)) as hub:
        await fails(tmp_path, hub)


async def test_a_cancelled_fetch_leaves_nothing(tmp_path: Path) -> None:
    stalled = asyncio.Event()

    async def stall(name: str, data: bytes, reply: Reply) -> None:
        await reply.head(Content_Length=str(len(data)))
        stalled.set()
        await reply.hang()

    async with serving(Hub(stall)) as hub:
        fetch = asyncio.create_task(fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url))
        await asyncio.wait_for(stalled.wait(), 5)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
    assert left_in(tmp_path) == []


async def test_a_disk_that_refuses_is_a_typed_failure(tmp_path: Path) -> None:
    in_the_way = tmp_path / "models"
    in_the_way.write_text("a file, not a directory")
    async with serving(Hub()) as hub:
        with pytest.raises(ModelFetchFailed):
            await fetch_model("base.en", in_the_way, lambda *_: None, endpoint=hub.url)
