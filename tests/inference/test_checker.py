"""Numbers, times and negations that were said are in the note, and none that were not."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossy.inference.checker import keeps_the_facts, shorten
from lossy.inference.notes import MAX_NOTE_CHARACTERS
from lossy.inference.rules import clean

HERE = Path(__file__).parent
REVIEWS = [json.loads(line)["text"] for line in (HERE / "reviews.jsonl").read_text(encoding="utf-8").splitlines()]
ORDINARY = (HERE / "ordinary_notes.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("cut at one oh five", "Cut at 1:05"),
        ("it starts ninety seconds in", "It starts at 1:30"),
        ("at two minutes ten", "At 2:10"),
        ("at 2 minutes 10 seconds", "At 2:10"),
        ("two hundred and five frames", "205 frames"),
        ("from three thousand to four", "From 3000 to 4"),
        ("count down three two one", "Count down: 3, 2, 1"),
        ("the third shot", "3rd shot"),
        ("bring it down by 4.5 decibels", "Down by 4.5 dB"),
        ("do not cut here", "Don't cut here"),
        ("we can't hear her", "We cannot hear her"),
        ("I don't know, this one is bad", "This is bad"),
        ("this one is better", "This is better"),
        ("the music is too loud", "Music too loud"),
    ],
)
def test_the_same_facts_in_another_form_are_kept(said: str, note: str) -> None:
    assert keeps_the_facts(said, note)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("cut two seconds", "Cut three seconds"),
        ("cut two seconds", "Cut it"),
        ("cut at one oh five", "Cut at 1:50"),
        ("cut at 1:05", "Cut"),
        ("don't cut here", "Cut here"),
        ("never use this font without a shadow", "Never use this font"),
        ("the music is loud", "The music is not loud"),
        ("trim the intro", "Trim 2 seconds of the intro"),
        ("the first shot", "The shot"),
        ("twenty five percent", "20 percent"),
    ],
)
def test_what_was_lost_changed_or_made_up_is_noticed(said: str, note: str) -> None:
    assert not keeps_the_facts(said, note)


@pytest.mark.parametrize("said", [*REVIEWS, *ORDINARY])
def test_the_rules_lose_nothing(said: str) -> None:
    assert keeps_the_facts(said, clean(said))


def test_a_number_of_ten_thousand_digits_is_no_error() -> None:
    assert clean("go to " + "7" * 10_000)


def test_the_rules_lose_nothing_of_what_is_long() -> None:
    chance = random.Random(7)
    lost = 0
    for _ in range(300):
        said = " ".join(chance.sample(REVIEWS, 4)) + f", don't go past {chance.randint(2, 59)}:{chance.randint(10, 59)}"
        note = clean(said)
        assert len(note) <= MAX_NOTE_CHARACTERS
        lost += f"{said.rpartition(' ')[2]}" not in note
    assert lost == 0


WORDS = st.lists(
    st.sampled_from("cut two at 1:05 not the twenty five music minutes don't ten seconds 30 never one oh".split()),  # noqa: SIM905
    max_size=12,
).map(" ".join)


@settings(derandomize=True, deadline=None)
@given(WORDS)
def test_a_text_always_keeps_its_own_facts(text: str) -> None:
    assert keeps_the_facts(text, text)
    assert keeps_the_facts(text, text.upper() + ".")


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_can_be_read(said: str, note: str) -> None:
    keeps_the_facts(said, note)
    assert len(shorten(said, 200)) <= 200
