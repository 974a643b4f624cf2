"""`lossy models` as a program of its own, with a hub on loopback."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lossy.inference.models import DEMO_DIRECTORY
from lossy.settings import CHECKOUT
from tests.inference.hub import Hub
from tests.inference.loopback import Reply, serving

MODEL = (DEMO_DIRECTORY / "model.bin").read_bytes()


@dataclass
class Said:
    code: int | None
    out: str
    err: str


async def lossy(folder: Path, *arguments: str, hub: str = "http://127.0.0.1:9", **settings: str) -> Said:
    named = {f"LOSSY_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lossy", "models", *arguments),
        cwd=CHECKOUT,
        env={**os.environ, "LOSSY_DATA_DIR": str(folder), "LOSSY_STT_MODEL": "demo", "HF_ENDPOINT": hub, **named},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Said(process.returncode, out.decode(), err.decode())


async def where_is(folder: Path, name: str) -> str:
    listed = (await lossy(folder, "list")).out.splitlines()
    return dict(line.split(maxsplit=1) for line in listed)[name]


async def test_a_hub_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    said = await lossy(tmp_path, "pull", "base.en")
    assert (said.code, said.out) == (1, "")
    assert (
        said.err == "Error: The speech model could not be fetched: http://127.0.0.1:9 does not answer as a model hub.\n"
    )


async def test_a_pull_that_breaks_off_is_told_and_gone_on_with(tmp_path: Path) -> None:
    async def serve_half(name: str, data: bytes, reply: Reply) -> None:
        await reply.head(Content_Length=str(len(data)))
        await reply.send(data[: len(data) // 2] if name == "model.bin" else data)

    async with serving(Hub(serve_half)) as hub:
        broken = await lossy(tmp_path, "pull", "base.en", hub=hub.url)
        assert broken.code == 1
        assert "could not be fetched completely" in broken.err
        assert await where_is(tmp_path, "base.en") == "partly fetched"
        whole = await lossy(tmp_path, "pull", "base.en", hub=hub.url)
        ranges = [request.headers["range"] for request in hub.requests if "range" in request.headers]
    assert (whole.code, whole.out.strip()) == (0, str(tmp_path / "models" / "base.en"))
    assert len(ranges) == 1
    assert await where_is(tmp_path, "base.en") == "on this machine"


async def test_a_model_that_lacks_files_is_listed_as_that(tmp_path: Path) -> None:
    (tmp_path / "models" / "base.en").mkdir(parents=True)
    assert await where_is(tmp_path, "base.en") == "incomplete: fetch it again"


async def test_a_model_is_tried_on_a_shipped_sample(tmp_path: Path) -> None:
    said = await lossy(tmp_path, "test")
    assert said.code == 0
    assert "of real time" in said.out
    figures: dict[str, Any] = json.loads((await lossy(tmp_path, "test", "demo", "--json")).out)
    assert (figures["model"], figures["heard"]) == ("demo", figures["said"])
    assert figures["real_time_factor"] > 0


async def test_a_model_that_can_not_be_tried_says_what_to_do(tmp_path: Path) -> None:
    missing = await lossy(tmp_path, "test", stt_model="auto")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert "lossy models pull base.en" in missing.err
    model = shutil.copytree(DEMO_DIRECTORY, tmp_path / "models" / "small.en")
    (model / "model.bin").write_bytes(MODEL[:10_000])
    damaged = await lossy(tmp_path, "test", "small.en")
    assert (damaged.code, damaged.err.count("\n")) == (1, 1)
    assert "can't be loaded" in damaged.err
    assert "lossy models pull small.en" in damaged.err
