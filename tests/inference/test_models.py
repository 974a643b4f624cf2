import asyncio
from pathlib import Path

import pytest

from lossy.inference.fetching import fetch_model
from lossy.inference.models import (
    DEFAULT_MODEL,
    DEMO_DIRECTORY,
    REPOSITORIES,
    ModelFetchFailed,
    ModelHubUnreachable,
    UnknownModel,
    find_model,
    partial_directory,
)
from tests.inference.hub import Hub, ServeFile
from tests.inference.loopback import Loopback, Reply, Request, serving

MODEL = (DEMO_DIRECTORY / "model.bin").read_bytes()


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


def ranges_asked(hub: Loopback) -> list[str]:
    return [request.headers["range"] for request in hub.requests if "range" in request.headers]


async def is_gone_on_with(tmp_path: Path, *, knows_ranges: bool = True) -> list[str]:
    """Fetch what broke off before, and give the ranges that were asked for."""
    told: list[tuple[int, int]] = []
    async with serving(Hub(knows_ranges=knows_ranges)) as hub:
        directory = await fetch_model("base.en", tmp_path, lambda *each: told.append(each), endpoint=hub.url)
        asked = ranges_asked(hub)
    assert (directory / "model.bin").read_bytes() == MODEL
    assert told[-1][0] == told[-1][1]
    assert left_in(tmp_path) == ["base.en"]
    return asked


async def serve_half(name: str, data: bytes, reply: Reply) -> None:
    if name != "model.bin":
        await reply.whole(data)
        return
    await reply.head(Content_Length=str(len(data)))
    await reply.send(data[: len(data) // 2])


async def serve_half_and_stall(name: str, data: bytes, reply: Reply) -> None:
    await serve_half(name, data, reply)
    if name == "model.bin":
        await reply.hang()


@pytest.mark.parametrize("serve", [serve_half, serve_half_and_stall])
async def test_a_hub_that_breaks_off_midway_is_asked_for_the_rest_the_next_time(
    tmp_path: Path, serve: ServeFile
) -> None:
    async with serving(Hub(serve)) as hub:
        await fails(tmp_path, hub)
    [asked] = await is_gone_on_with(tmp_path)
    assert 0 < int(asked.removeprefix("bytes=").removesuffix("-")) <= len(MODEL) // 2


async def test_a_hub_that_knows_no_ranges_gives_it_whole_again(tmp_path: Path) -> None:
    async with serving(Hub(serve_half)) as hub:
        await fails(tmp_path, hub)
    assert await is_gone_on_with(tmp_path, knows_ranges=False) != []


async def test_what_came_whole_is_not_asked_for_again(tmp_path: Path) -> None:
    partial = partial_directory(tmp_path, "base.en")
    partial.mkdir()
    (partial / "model.bin").write_bytes(MODEL)
    assert await is_gone_on_with(tmp_path) == []


@pytest.mark.parametrize("kept", [b"x" * 1000, MODEL + b"more"])
async def test_what_is_gone_on_with_and_does_not_fit_is_thrown_away(tmp_path: Path, kept: bytes) -> None:
    partial = partial_directory(tmp_path, "base.en")
    partial.mkdir()
    (partial / "model.bin").write_bytes(kept)
    async with serving(Hub()) as hub:
        await fails(tmp_path, hub)
    assert left_in(tmp_path) == []
    assert await is_gone_on_with(tmp_path) == []


async def test_two_fetches_at_once_do_not_write_into_each_other(tmp_path: Path) -> None:
    both_began, begun = asyncio.Event(), 0

    async def together(name: str, data: bytes, reply: Reply) -> None:
        nonlocal begun
        begun += name == "model.bin"
        if begun == 2:
            both_began.set()
        if name == "model.bin":
            await both_began.wait()
        await reply.whole(data)

    async with serving(Hub(together)) as hub:
        fetches = [fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url) for _ in range(2)]
        assert await asyncio.gather(*fetches) == [tmp_path / "base.en"] * 2
    assert (tmp_path / "base.en" / "model.bin").read_bytes() == MODEL
    assert left_in(tmp_path) == ["base.en"]


async def test_a_model_that_is_here_is_looked_at_and_not_fetched_again(tmp_path: Path) -> None:
    async with serving(Hub()) as hub:
        for _ in range(2):
            await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url)
    assert len([request for request in hub.requests if request.path.endswith("model.bin")]) == 1


@pytest.mark.parametrize("damaged", [MODEL[:-1], b"x" + MODEL[1:]])
async def test_a_model_that_was_damaged_here_is_fetched_again(tmp_path: Path, damaged: bytes) -> None:
    async with serving(Hub()) as hub:
        directory = await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url)
        (directory / "model.bin").write_bytes(damaged)
        await fetch_model("base.en", tmp_path, lambda *_: None, endpoint=hub.url)
    assert (directory / "model.bin").read_bytes() == MODEL
    assert left_in(tmp_path) == ["base.en"]


@pytest.mark.parametrize("damage", [b"", b"x"])
async def test_a_damaged_model_is_thrown_away(tmp_path: Path, damage: bytes) -> None:
    async def damaged(name: str, data: bytes, reply: Reply) -> None:
        await reply.whole(damage + data[1:] if name == "model.bin" else data)

    async with serving(Hub(damaged)) as hub:
        await fails(tmp_path, hub)
    assert left_in(tmp_path) == []


async def test_a_cancelled_fetch_is_gone_on_with(tmp_path: Path) -> None:
    half_is_here = asyncio.Event()

    def tell(done: int, total: int) -> None:
        if done > len(MODEL) // 4:
            half_is_here.set()

    async with serving(Hub(serve_half_and_stall)) as hub:
        fetch = asyncio.create_task(fetch_model("base.en", tmp_path, tell, endpoint=hub.url))
        await asyncio.wait_for(half_is_here.wait(), 5)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
    assert find_model("base.en", tmp_path) is None
    assert len(await is_gone_on_with(tmp_path)) == 1


async def test_a_disk_that_refuses_is_a_typed_failure(tmp_path: Path) -> None:
    in_the_way = tmp_path / "models"
    in_the_way.write_text("a file, not a directory")
    async with serving(Hub()) as hub:
        with pytest.raises(ModelFetchFailed):
            await fetch_model("base.en", in_the_way, lambda *_: None, endpoint=hub.url)
