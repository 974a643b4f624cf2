import asyncio
import shutil
from pathlib import Path

import numpy as np

from lossy.demo import read_pcm, read_utterances
from lossy.inference.models import DEMO_DIRECTORY
from lossy.inference.native import NativeRecogniser, Phase, RecogniserStatus
from tests.inference.hub import Hub
from tests.inference.loopback import Reply, Request, serving

SPOKEN = read_utterances().remarks[0]


class Told:
    """Keeps every status and lets a test wait for one."""

    def __init__(self) -> None:
        self.statuses: list[RecogniserStatus] = []
        self._more = asyncio.Event()

    def __call__(self, status: RecogniserStatus) -> None:
        self.statuses.append(status)
        self._more.set()

    async def wait_for(self, phase: Phase) -> RecogniserStatus:
        async with asyncio.timeout(20):
            while not any(status.phase is phase for status in self.statuses):
                self._more.clear()
                await self._more.wait()
        return next(status for status in self.statuses if status.phase is phase)


async def test_the_demo_answers_before_anything_was_started(tmp_path: Path) -> None:
    recogniser = NativeRecogniser(tmp_path)
    assert recogniser.status.is_demo
    heard = await recogniser.transcribe(read_pcm(SPOKEN.path))
    assert (heard.text, heard.model, heard.engine) == (SPOKEN.text, "demo", "native")
    await recogniser.aclose()


async def test_the_demo_is_ready_and_says_its_limits(tmp_path: Path) -> None:
    told = Told()
    recogniser = NativeRecogniser(tmp_path)
    await recogniser.start("demo", told)
    assert recogniser.status.phase is Phase.READY
    assert recogniser.status.is_demo
    assert "demo" in recogniser.status.message
    assert told.statuses == [recogniser.status]
    await recogniser.aclose()


async def test_a_model_of_this_machine_is_loaded_by_name(tmp_path: Path) -> None:
    shutil.copytree(DEMO_DIRECTORY, tmp_path / "base.en")
    recogniser = NativeRecogniser(tmp_path)
    await recogniser.start("base.en")
    assert recogniser.status == RecogniserStatus("base.en", "native", Phase.READY, 1.0, "")
    assert not recogniser.status.is_demo
    assert (await recogniser.transcribe(read_pcm(SPOKEN.path))).model == "base.en"
    await recogniser.aclose()


async def test_a_model_is_fetched_while_the_demo_answers_and_then_takes_over(tmp_path: Path) -> None:
    told, go_on = Told(), asyncio.Event()

    async def serve_when_told(name: str, data: bytes, reply: Reply) -> None:
        await go_on.wait()
        await reply.whole(data)

    async with serving(Hub(serve_when_told)) as hub:
        recogniser = NativeRecogniser(tmp_path, hub_endpoint=hub.url)
        await recogniser.start("base.en", told)
        fetching = await told.wait_for(Phase.FETCHING)
        assert fetching.is_demo
        assert (await recogniser.transcribe(read_pcm(SPOKEN.path))).model == "demo"
        go_on.set()
        ready = await told.wait_for(Phase.READY)
    assert ready.model == "base.en"
    progress = [status.progress for status in told.statuses]
    assert progress == sorted(progress)
    assert any(0 < each < 1 for each in progress)
    assert (await recogniser.transcribe(read_pcm(SPOKEN.path))).model == "base.en"
    await recogniser.aclose()


async def test_without_a_hub_the_demo_stays_with_the_reason(tmp_path: Path) -> None:
    async def silent(request: Request, reply: Reply) -> None:
        await reply.hang()

    told = Told()
    async with serving(silent) as hub:
        recogniser = NativeRecogniser(tmp_path, hub_endpoint=hub.url, hub_reach_seconds=0.2)
        await recogniser.start("base.en", told)
        status = await told.wait_for(Phase.UNAVAILABLE)
    assert status.is_demo
    assert hub.url in status.message
    assert (await recogniser.transcribe(read_pcm(SPOKEN.path))).text == SPOKEN.text
    await recogniser.aclose()


async def test_an_unknown_name_leaves_the_demo_with_the_reason(tmp_path: Path) -> None:
    told = Told()
    recogniser = NativeRecogniser(tmp_path)
    await recogniser.start("no-such-model", told)
    assert "no-such-model" in (await told.wait_for(Phase.UNAVAILABLE)).message
    await recogniser.aclose()


async def test_a_broken_model_leaves_the_demo_with_the_reason(tmp_path: Path) -> None:
    broken = shutil.copytree(DEMO_DIRECTORY, tmp_path / "broken")
    (broken / "model.bin").write_bytes(b"not a model")
    recogniser = NativeRecogniser(tmp_path)
    await recogniser.start(str(broken))
    assert recogniser.status.phase is Phase.UNAVAILABLE
    assert recogniser.status.is_demo
    assert "broken" in recogniser.status.message
    await recogniser.aclose()


async def test_closing_ends_a_fetch(tmp_path: Path) -> None:
    async def silent(request: Request, reply: Reply) -> None:
        await reply.hang()

    async with serving(silent) as hub:
        recogniser = NativeRecogniser(tmp_path, hub_endpoint=hub.url)
        await recogniser.start("base.en")
        async with asyncio.timeout(5):
            await recogniser.aclose()


async def test_silence_is_an_empty_transcript(tmp_path: Path) -> None:
    recogniser = NativeRecogniser(tmp_path)
    heard = await recogniser.transcribe(np.zeros(16_000, np.int16))
    assert (heard.text, heard.words, heard.confidence) == ("", (), 0.0)
    await recogniser.aclose()
