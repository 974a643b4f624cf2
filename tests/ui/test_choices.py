"""What a reviewer chose is read with care: what is unknown stays at its default."""

import pytest

from lossy.ui.choices import Choices


@pytest.mark.parametrize("stored", ["moon", 7, None, ["cloud"]])
def test_an_engine_that_is_none_means_auto(stored: object) -> None:
    assert Choices.read({"engine": stored}).engine == "auto"


def test_a_choice_that_is_known_is_kept() -> None:
    chosen = Choices.read({"engine": "cloud", "mode": "hands_free", "auto_pause": False, "of_another_version": 1})
    assert (chosen.engine, chosen.mode, chosen.auto_pause) == ("cloud", "hands_free", False)


@pytest.mark.parametrize(("stored", "read"), [(0.9, 0.9), (7, 0.7), ("0.9", 0.7), (None, 0.7)])
def test_a_sureness_that_is_none_means_the_usual_one(stored: object, read: float) -> None:
    assert Choices.read({"auto_post_above": stored}).auto_post_above == read


@pytest.mark.parametrize("stored", ["deaf", 1, None])
def test_a_sensitivity_that_is_none_means_a_quiet_room(stored: object) -> None:
    assert Choices.read({"sensitivity": stored}).sensitivity == "quiet"
