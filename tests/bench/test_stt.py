"""The bench of recognition against a real server: that it measures, not how fast this machine is."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from lossy.bench.remarks import SOUND, Group, read_remarks, read_sound
from lossy.bench.stt import measure_stt
from lossy.inference.commands import parse_command
from scripts.fixture_model.grammar import is_held_out
from scripts.fixture_model.recordings import EXAMPLES, UNHEARD_VOICES, VOICES, trained_sentences


async def test_a_few_remarks_give_every_figure() -> None:
    chosen = [next(remark for remark in read_remarks() if remark.group is group) for group in Group]
    figures = await measure_stt([chosen[0], *chosen[2:]], at_once=2)
    assert set(figures) == {"bare_engine", "one_reviewer", "2_at_once"}
    assert all(math.isfinite(value) for value in numbers(figures))
    assert set(figures["bare_engine"]["word_error_percent"]) == {"all", "trained", "unseen_sentence", "order"}
    for who in ("one_reviewer", "2_at_once"):
        assert set(figures[who]["word_error_percent"]) == {"all", "trained", "unseen_sentence"}
        assert (figures[who]["remarks"], figures[who]["with_a_pause"], figures[who]["joined_or_lost"]) == (4, 2, 0)


def test_the_remarks_are_what_their_groups_say() -> None:
    counts = Counter(remark.group for remark in read_remarks())
    assert counts[Group.TRAINED] >= 30
    assert min(counts[Group.UNHEARD_VOICE], counts[Group.UNSEEN_SENTENCE]) >= 15
    assert len({remark.text for remark in read_remarks()}) == len(read_remarks())
    trained = {said for seed in range(EXAMPLES) for said in trained_sentences(seed)}
    for remark in read_remarks():
        assert remark.voice in (UNHEARD_VOICES if remark.group is Group.UNHEARD_VOICE else VOICES)
        if remark.group is Group.ORDER:
            assert parse_command(remark.text) is not None
        else:
            assert (remark.text in trained) is (remark.group is not Group.UNSEEN_SENTENCE)
            assert is_held_out(remark.text) is (remark.group is Group.UNSEEN_SENTENCE)
    assert set(UNHEARD_VOICES) & set(VOICES) == set()


def test_a_remark_sounds_from_its_first_word_to_its_last() -> None:
    for remark in read_remarks():
        sound = read_sound(remark).astype(np.int32)
        assert len(sound) == remark.samples, remark.text
        assert 20_000 < np.abs(sound).max() < 25_000, remark.text
        assert len(remark.word_ends) == len(remark.text.split())
        assert list(remark.word_ends) == sorted(remark.word_ends)
        assert remark.word_ends[-1] == pytest.approx(len(sound) / 16_000, abs=0.002)
        assert np.abs(sound[-160:]).max() > 60, remark.text


def test_the_sound_stays_small() -> None:
    assert SOUND.stat().st_size < 3_000_000


def numbers(figures: dict[str, Any]) -> list[float]:
    found = []
    for value in figures.values():
        found += numbers(value) if isinstance(value, dict) else [float(value)]
    return found
