"""The models that a browser hears with: listed with their checksums, given to whoever is signed in."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from lossy.demo import WEB_MODEL
from tests.web.rest import Person, Rest, refusal


async def listed(person: Person) -> dict[str, Any]:
    models = (await person.get("/api/models")).raise_for_status().json()["models"]
    return {model["kind"]: model for model in models}


async def test_every_file_is_what_the_list_says(ann: Person) -> None:
    models = await listed(ann)
    assert set(models) == {"silero", "whisper"}
    for kind, model in models.items():
        for file in model["files"]:
            answer = (await ann.get(f"/api/models/{kind}/{file['path']}")).raise_for_status()
            assert len(answer.content) == file["size_bytes"]
            assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]


async def test_the_demos_model_is_whole(ann: Person) -> None:
    whisper = (await listed(ann))["whisper"]
    wanted = {path.relative_to(WEB_MODEL).as_posix() for path in WEB_MODEL.rglob("*.[jo]*") if path.is_file()}
    assert whisper["name"] == "demo"
    assert {file["path"] for file in whisper["files"]} == wanted


@pytest.mark.parametrize(
    "path",
    ["whisper/README.md", "whisper/../utterances.json", "whisper/%2e%2e/__init__.py", "whisper//etc/passwd", "silero/"],
)
async def test_nothing_else_is_given(ann: Person, path: str) -> None:
    assert refusal(await ann.get(f"/api/models/{path}"))[:2] == (404, "not_found")


async def test_a_stranger_gets_no_model(rest: Rest) -> None:
    stranger = await rest.visitor()
    assert refusal(await stranger.get("/api/models"))[:2] == (401, "not_signed_in")
    assert refusal(await stranger.get("/api/models/whisper/config.json"))[:2] == (401, "not_signed_in")


async def test_a_folder_of_ones_own_takes_the_demos_place(rest: Rest, ann: Person, tmp_path: Path) -> None:
    (tmp_path / "whisper-base.en/onnx").mkdir(parents=True)
    (tmp_path / "whisper-base.en/onnx/encoder_model_quantized.onnx").write_bytes(b"weights")
    rest.core.settings.web_model = tmp_path / "whisper-base.en"
    whisper = (await listed(ann))["whisper"]
    assert (whisper["name"], [file["size_bytes"] for file in whisper["files"]]) == ("whisper-base.en", [7])


async def test_a_folder_without_a_model_says_so(rest: Rest, ann: Person, tmp_path: Path) -> None:
    rest.core.settings.web_model = tmp_path
    status, code, message = refusal(await ann.get("/api/models"))
    assert (status, code) == (503, "unavailable")
    assert "no speech model for browsers" in message
