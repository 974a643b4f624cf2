"""Engines in their order: one that fails gives way, and when nobody understood the error says so of each."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lossy.demo import read_pcm, read_utterances
from lossy.inference.breaker import FAILURES, REST_SECONDS
from lossy.inference.cloud import CloudTranscriber
from lossy.inference.models import DEMO_DIRECTORY
from lossy.inference.native import NativeRecogniser, Phase
from lossy.inference.router import NobodyUnderstood, Recogniser
from lossy.inference.speech import SAMPLE_RATE, EngineChoice, RecognitionFailed, RecognitionUnavailable
from tests.inference.loopback import Loopback, Reply, Request, Script, serving
from tests.inference.test_breaker import Hands

SPOKEN = read_utterances().remarks[0]
PCM = read_pcm(SPOKEN.path)
FROM_THE_CLOUD = "What the cloud heard."


class Allowance:
    """So many seconds for the cloud."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    async def spend(self, audio_seconds: float) -> bool:
        if audio_seconds > self.left:
            return False
        self.left -= audio_seconds
        return True


async def understands(request: Request, reply: Reply) -> None:
    await reply.whole(json.dumps({"text": FROM_THE_CLOUD}).encode())


async def breaks(request: Request, reply: Reply) -> None:
    await reply.whole(b"{}", 404)


async def hangs(request: Request, reply: Reply) -> None:
    await reply.hang()


@asynccontextmanager
async def engines(
    folder: Path,
    script: Script = understands,
    *,
    is_broken: bool = False,
    seconds: float = 20,
    allowance: float = 99,
    clock: Hands | None = None,
) -> AsyncIterator[tuple[Recogniser, Loopback]]:
    """Run this server's own engine, which may have a broken model, and a cloud."""
    model = shutil.copytree(DEMO_DIRECTORY, folder / "model")
    if is_broken:
        (model / "model.bin").write_bytes(b"not a model")
    async with serving(script) as server:
        cloud = CloudTranscriber("whisper-1", api_key="key", base_url=server.url + "/v1")
        native = NativeRecogniser(folder, demo_directory=model)
        monotonic = clock or time.monotonic
        router = Recogniser(native, cloud, Allowance(allowance), all_seconds=seconds, monotonic=monotonic)
        try:
            yield router, server
        finally:
            await router.aclose()


async def test_this_servers_own_engine_comes_first_and_no_voice_leaves(tmp_path: Path) -> None:
    async with engines(tmp_path) as (router, server):
        heard = await router.transcribe(PCM)
    assert (heard.text, heard.engine) == (SPOKEN.text, "native")
    assert server.requests == []
    assert router.answered == {"native": 1}


async def test_where_it_fails_the_cloud_answers(tmp_path: Path) -> None:
    async with engines(tmp_path, is_broken=True) as (router, _):
        heard = await router.transcribe(PCM)
    assert (heard.text, heard.engine) == (FROM_THE_CLOUD, "cloud")
    assert (router.failed, router.answered) == ({"native": 1}, {"cloud": 1})


async def test_whoever_wants_no_cloud_gets_none(tmp_path: Path) -> None:
    async with engines(tmp_path, is_broken=True) as (router, server):
        with pytest.raises(RecognitionUnavailable):
            await router.transcribe(PCM, EngineChoice.SERVER)
    assert server.requests == []


async def test_the_cloud_comes_first_for_whoever_wants_it(tmp_path: Path) -> None:
    async with engines(tmp_path) as (router, _):
        assert (await router.transcribe(PCM, EngineChoice.CLOUD)).engine == "cloud"


async def test_a_cloud_that_never_answers_leaves_time_for_this_server(tmp_path: Path) -> None:
    async with engines(tmp_path, hangs, seconds=6) as (router, _):
        assert (await router.transcribe(PCM, EngineChoice.CLOUD)).engine == "native"


async def test_when_nobody_understood_the_error_says_so_of_each(tmp_path: Path) -> None:
    async with engines(tmp_path, breaks, is_broken=True) as (router, _):
        with pytest.raises(NobodyUnderstood, match=r"model.*cloud's recogniser"):
            await router.transcribe(PCM)


async def test_a_cloud_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    async with engines(tmp_path, breaks) as (router, server):
        for _ in range(FAILURES + 2):
            assert (await router.transcribe(PCM, EngineChoice.CLOUD)).engine == "native"
    assert len(server.requests) == FAILURES
    assert router.failed == {"cloud": FAILURES}


async def test_when_everything_rests_everything_is_tried(tmp_path: Path) -> None:
    async with engines(tmp_path, breaks, is_broken=True) as (router, _):
        for _ in range(FAILURES + 1):
            with pytest.raises(NobodyUnderstood):
                await router.transcribe(PCM)


async def test_an_engine_that_rests_is_not_counted_on(tmp_path: Path) -> None:
    async with engines(tmp_path, is_broken=True) as (router, _):
        assert router.order(EngineChoice.AUTO) == ("native", "cloud")
        for _ in range(FAILURES):
            with pytest.raises(RecognitionUnavailable):
                await router.foresee(PCM)
        assert router.order(EngineChoice.AUTO) == ("cloud",)
        assert router.order(EngineChoice.SERVER) == ("native",), "there is no other"
        assert router.order(EngineChoice.BROWSER) == ("native",), "who wants it in the browser wants no cloud"


async def test_when_everything_rests_everything_has_its_share_of_the_time(tmp_path: Path) -> None:
    hands = Hands()
    async with engines(tmp_path, hangs, seconds=3, clock=hands) as (router, _):
        for breaker in router._breakers.values():
            for _ in range(FAILURES):
                breaker.failed()
        assert (await router.transcribe(PCM, EngineChoice.CLOUD)).engine == "native"


async def test_what_the_cloud_may_cost_is_bounded(tmp_path: Path) -> None:
    seconds = len(PCM) / SAMPLE_RATE
    async with engines(tmp_path, is_broken=True, allowance=1.5 * seconds) as (router, server):
        assert (await router.transcribe(PCM)).engine == "cloud"
        with pytest.raises(NobodyUnderstood, match="allowance"):
            await router.transcribe(PCM)
    assert len(server.requests) == 1


@pytest.mark.parametrize("is_well", [True, False])
async def test_while_the_demo_stands_in_the_cloud_answers_alone(tmp_path: Path, *, is_well: bool) -> None:
    async with engines(tmp_path, understands if is_well else breaks) as (router, _):
        is_gone = asyncio.Event()
        await router.start("no such model", lambda told: is_gone.set() if told.phase is Phase.UNAVAILABLE else None)
        await asyncio.wait_for(is_gone.wait(), 5)
        if is_well:
            assert (await router.transcribe(PCM)).engine == "cloud"
        else:
            with pytest.raises(RecognitionFailed):
                await router.transcribe(PCM)
        assert (await router.transcribe(PCM, EngineChoice.SERVER)).engine == "native"


async def test_whoever_asked_for_the_demo_gets_it(tmp_path: Path) -> None:
    async with engines(tmp_path) as (router, server):
        await router.start("demo")
        assert (await router.transcribe(PCM)).engine == "native"
    assert server.requests == []


async def test_an_engine_that_is_not_reached_keeps_its_try_after_a_rest(tmp_path: Path) -> None:
    is_well = False

    async def recovers(request: Request, reply: Reply) -> None:
        await (understands if is_well else breaks)(request, reply)

    clock = Hands()
    async with engines(tmp_path, recovers, clock=clock) as (router, _):
        for _ in range(FAILURES):
            await router.transcribe(PCM, EngineChoice.CLOUD)
        clock.now += REST_SECONDS
        is_well = True
        assert (await router.transcribe(PCM)).engine == "native", "the cloud is not reached"
        assert (await router.transcribe(PCM, EngineChoice.CLOUD)).engine == "cloud"
