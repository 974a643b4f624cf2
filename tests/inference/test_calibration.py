"""Finding out which model suits a machine: real decodes, with the demo's model under the names of others."""

import shutil
from pathlib import Path

import pytest

from lossy.inference.calibration import MEMORY, calibrate, pick_model, remembered_choice, try_model
from lossy.inference.models import DEMO_DIRECTORY
from lossy.inference.native import NativeRecogniser, Phase
from lossy.inference.speech import RecognitionUnavailable

NEVER, ALWAYS = 0.0, 1e9
"""How quick is quick enough."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return with_models(tmp_path, "base.en", "small.en")


def with_models(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copytree(DEMO_DIRECTORY, folder / name)
    return folder


def left_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def damage(model: Path) -> None:
    (model / "model.bin").write_bytes((model / "model.bin").read_bytes()[:10_000])


@pytest.mark.parametrize(("quick_seconds", "chosen"), [(NEVER, "base.en"), (ALWAYS, "small.en")])
async def test_the_best_that_is_quick_enough_is_chosen(folder: Path, quick_seconds: float, chosen: str) -> None:
    assert remembered_choice(folder) is None
    assert await calibrate(folder, quick_seconds=quick_seconds) == chosen
    assert remembered_choice(folder) == chosen
    assert left_in(folder) == ["base.en", MEMORY, "small.en"]


async def test_what_was_measured_once_is_not_measured_again(folder: Path) -> None:
    await calibrate(folder, quick_seconds=NEVER)
    damage(folder / "base.en")
    assert await pick_model("auto", folder) == "base.en"


async def test_another_model_makes_it_measured_again(folder: Path) -> None:
    await calibrate(folder, quick_seconds=NEVER)
    with_models(folder, "turbo")
    assert remembered_choice(folder) is None
    assert await calibrate(folder, quick_seconds=ALWAYS) == "turbo"


async def test_a_memory_that_is_damaged_is_made_anew(folder: Path) -> None:
    (folder / MEMORY).write_text("{not json")
    assert remembered_choice(folder) is None
    assert await calibrate(folder, quick_seconds=ALWAYS) == "small.en"
    assert remembered_choice(folder) == "small.en"


@pytest.mark.parametrize(("broken", "chosen"), [("base.en", "small.en"), ("small.en", "base.en")])
async def test_a_model_that_does_not_load_is_left_out(folder: Path, broken: str, chosen: str) -> None:
    damage(folder / broken)
    assert await calibrate(folder, quick_seconds=ALWAYS) == chosen


async def test_where_nothing_is_to_be_chosen_nothing_is_measured(tmp_path: Path) -> None:
    assert await pick_model("auto", tmp_path / "not made yet") == "base.en"
    assert await pick_model("auto", with_models(tmp_path, "turbo")) == "turbo"
    assert await pick_model("tiny.en", tmp_path) == "tiny.en"
    assert not (tmp_path / MEMORY).exists()


async def test_the_chosen_model_answers_and_says_so(folder: Path) -> None:
    told: list[str] = []
    recogniser = NativeRecogniser(folder)
    await recogniser.start("auto", lambda status: told.append(f"{status.phase} {status.model}"))
    chosen = remembered_choice(folder)
    assert told == ["fetching demo", f"ready {chosen}"]
    assert (recogniser.status.phase, recogniser.model) == (Phase.READY, chosen)
    await recogniser.aclose()


async def test_a_trial_tells_what_was_heard_and_how_fast(folder: Path) -> None:
    trial = await try_model(folder / "base.en", "base.en")
    assert (trial.model, trial.heard) == ("base.en", trial.said)
    assert trial.real_time_factor == trial.decode_seconds / trial.audio_seconds > 0


async def test_a_trial_of_a_damaged_model_is_a_typed_failure(folder: Path) -> None:
    damage(folder / "base.en")
    with pytest.raises(RecognitionUnavailable, match=r"base\.en"):
        await try_model(folder / "base.en", "base.en")
