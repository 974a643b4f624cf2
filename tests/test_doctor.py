"""The doctor on machines that lack something."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lossy.db.migrations import head_revision, migrate
from lossy.doctor import Finding, examine
from lossy.inference.models import DEMO_DIRECTORY
from lossy.settings import EXTENSION, Settings
from tests.inference.loopback import Reply, Request, serving

WHATS = [
    "python",
    "data folder",
    "database",
    "port",
    "redis",
    "speech model",
    "model hub",
    "cloud speech",
    "language model",
    "vision model",
    "posting model",
    "picture embeddings",
    "chromium",
    "browserbase",
    "node",
    "extension",
    "ffmpeg",
]


async def look(what: str, folder: Path, **settings: Any) -> Finding:
    defaults: dict[str, Any] = {
        "_env_file": None,
        "data_dir": folder,
        "database_url": None,
        "redis_url": None,
        "stt_model": "demo",
        "stt_cloud_model": None,
        "openai_base_url": None,
        "openai_api_key": None,
        "vision_model": None,
        "post_model": None,
        "clip_model": None,
        "browserbase_api_key": None,
        "model_hub_timeout_seconds": 0.2,
    }
    findings = await examine(Settings(**{**defaults, **settings}))
    assert [finding.what for finding in findings] == WHATS
    return next(finding for finding in findings if finding.what == what)


async def test_a_machine_with_nothing_but_python_is_fine_for_a_first_start(tmp_path: Path) -> None:
    for what in ("python", "data folder", "database", "redis", "speech model", "cloud speech", "language model"):
        finding = await look(what, tmp_path / "new")
        assert finding.is_fine, finding
    assert not (tmp_path / "new").exists()


async def test_a_data_folder_below_a_file_is_missing_and_says_which_setting_mends_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = await look("data folder", tmp_path / "file" / "data")
    assert (finding.is_fine, finding.is_optional) == (False, False)
    assert f"{tmp_path / 'file'} is a file" in finding.words
    assert "LOSSY_DATA_DIR" in finding.words


async def test_a_database_of_this_version_is_named_with_its_revision(tmp_path: Path) -> None:
    await migrate(f"sqlite+aiosqlite:///{tmp_path / 'lossy.db'}")
    finding = await look("database", tmp_path)
    assert finding.is_fine
    assert head_revision() in finding.words


async def test_a_database_from_a_newer_version_is_not_fine(tmp_path: Path) -> None:
    await migrate(f"sqlite+aiosqlite:///{tmp_path / 'lossy.db'}")
    connection = sqlite3.connect(tmp_path / "lossy.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    finding = await look("database", tmp_path)
    assert not finding.is_fine
    assert "newer Lossy" in finding.words


async def test_a_database_server_that_is_away_is_not_fine(tmp_path: Path) -> None:
    finding = await look("database", tmp_path, database_url="postgresql://127.0.0.1:9/lossy")
    assert (finding.is_fine, finding.is_optional) == (False, False)
    assert "LOSSY_DATABASE_URL" in finding.words


async def test_a_redis_that_is_configured_and_away_is_not_fine(tmp_path: Path) -> None:
    finding = await look("redis", tmp_path, redis_url="redis://127.0.0.1:9")
    assert (finding.is_fine, finding.is_optional) == (False, False)
    assert "LOSSY_REDIS_URL" in finding.words


async def test_a_redis_that_answers_is_fine(tmp_path: Path, redis_url: str) -> None:
    assert (await look("redis", tmp_path, redis_url=redis_url)).is_fine


HEALTH = (
    b'{"status": "ok", "version": "0", "protocol": 1, "recogniser": "demo", "recogniser_is_demo": true,'
    b' "recogniser_message": ""}'
)


@pytest.mark.parametrize(("body", "is_ours"), [(HEALTH, True), (b'{"hello": "world"}', False)])
async def test_a_port_of_another_program_is_told_from_our_own(tmp_path: Path, body: bytes, is_ours: bool) -> None:
    async def answer(_request: Request, reply: Reply) -> None:
        await reply.whole(body)

    async with serving(answer) as other:
        finding = await look("port", tmp_path, port=int(other.url.rpartition(":")[2]))
    assert finding.is_fine == is_ours, finding
    assert ("Lossy is running" in finding.words) == is_ours
    assert ("LOSSY_PORT" in finding.words) != is_ours


@pytest.mark.parametrize(
    ("model", "is_optional", "told"),
    [("base.en", True, "lossy models pull base.en"), ("x", False, "lossy models list")],
)
async def test_a_speech_model_that_is_not_here_says_how_to_get_it(
    tmp_path: Path, model: str, is_optional: bool, told: str
) -> None:
    finding = await look("speech model", tmp_path, stt_model=model)
    assert (finding.is_fine, finding.is_optional) == (False, is_optional)
    assert told in finding.words


async def test_a_speech_model_that_is_found_out_is_named_or_will_be(tmp_path: Path) -> None:
    finding = await look("speech model", tmp_path, stt_model="auto")
    assert (finding.is_fine, finding.is_optional) == (False, True)
    assert "lossy models pull base.en" in finding.words
    for name in ("base.en", "small.en"):
        shutil.copytree(DEMO_DIRECTORY, tmp_path / "models" / name)
    finding = await look("speech model", tmp_path, stt_model="auto")
    assert finding.is_fine
    assert "next start" in finding.words


@pytest.mark.parametrize(
    ("status", "body", "is_fine", "told"),
    [
        (200, b'{"data": [{"id": "whisper-1"}]}', True, "whisper-1 at"),
        (200, b'{"data": [{"id": "small"}]}', False, "LOSSY_STT_CLOUD_MODEL"),
        (403, b"{}", False, "OPENAI_API_KEY"),
    ],
)
async def test_a_cloud_that_understands_speech_is_asked_for(
    tmp_path: Path, status: int, body: bytes, is_fine: bool, told: str
) -> None:
    async def models(_request: Request, reply: Reply) -> None:
        await reply.whole(body, status)

    async with serving(models) as endpoint:
        finding = await look("cloud speech", tmp_path, openai_base_url=endpoint.url, stt_cloud_model="whisper-1")
    assert (finding.is_fine, finding.is_optional) == (is_fine, True)
    assert told in finding.words


async def test_a_cloud_model_without_a_cloud_is_missing(tmp_path: Path) -> None:
    finding = await look("cloud speech", tmp_path, stt_cloud_model="whisper-1")
    assert (finding.is_fine, finding.is_optional) == (False, True)
    assert "OPENAI_BASE_URL" in finding.words


@pytest.mark.parametrize(
    ("status", "body", "is_fine", "told"),
    [
        (200, b'{"data": [{"id": "small"}]}', True, "small at"),
        (200, b'{"data": [{"id": "large"}]}', False, "LOSSY_LLM_MODEL"),
        (401, b"{}", False, "OPENAI_API_KEY"),
        (404, b"{}", True, "small at"),
    ],
)
async def test_a_language_model_is_asked_for(
    tmp_path: Path, status: int, body: bytes, is_fine: bool, told: str
) -> None:
    async def models(_request: Request, reply: Reply) -> None:
        await reply.whole(body, status)

    async with serving(models) as endpoint:
        finding = await look("language model", tmp_path, openai_base_url=f"{endpoint.url}/v1", llm_model="small")
    assert [request.path for request in endpoint.requests] == ["/v1/models"]
    assert (finding.is_fine, finding.is_optional) == (is_fine, True)
    assert told in finding.words


@pytest.mark.parametrize("what", ["vision", "post"])
async def test_a_model_that_is_not_served_is_missing(tmp_path: Path, what: str) -> None:
    async def models(_request: Request, reply: Reply) -> None:
        await reply.whole(b'{"data": [{"id": "words-only"}]}', 200)

    async with serving(models) as endpoint:
        called = {"vision": "vision model", "post": "posting model"}[what]
        finding = await look(called, tmp_path, openai_base_url=endpoint.url, **{f"{what}_model": "sees"})
    assert (finding.is_fine, finding.is_optional) == (False, True)
    assert f"LOSSY_{what.upper()}_MODEL" in finding.words


async def test_a_folder_without_a_picture_model_is_missing(tmp_path: Path) -> None:
    finding = await look("picture embeddings", tmp_path, clip_model=tmp_path)
    assert (finding.is_fine, finding.is_optional) == (False, True)
    assert "LOSSY_CLIP_MODEL" in finding.words


async def test_a_language_model_that_hangs_is_given_up(tmp_path: Path) -> None:
    async def hang(_request: Request, reply: Reply) -> None:
        await reply.hang()

    async with serving(hang) as endpoint:
        finding = await look("language model", tmp_path, openai_base_url=endpoint.url)
    assert not finding.is_fine
    assert "does not answer" in finding.words


async def test_the_extension_is_named_with_its_folder_or_with_what_builds_it(tmp_path: Path) -> None:
    finding = await look("extension", tmp_path)
    is_built = (EXTENSION / "manifest.json").exists()
    assert (finding.is_fine, finding.is_optional) == (is_built, True)
    assert (str(EXTENSION) if is_built else "make extension") in finding.words


async def test_programs_that_are_not_there_are_optional_and_say_what_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for what in ("chromium", "node", "ffmpeg"):
        finding = await look(what, tmp_path)
        assert (finding.is_fine, finding.is_optional) == (False, True)
        assert "nly " in finding.words
