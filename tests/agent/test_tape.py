"""A recording's samples in order, whatever order they come in."""

import itertools

import numpy as np
import pytest

from lossy.agent.tape import Tape
from lossy.inference.speech import Pcm

CHUNK = 1600


def piece(seq: int) -> Pcm:
    return np.full(CHUNK, seq + 1, np.int16)


def whole(count: int) -> Pcm:
    return np.concatenate([piece(seq) for seq in range(count)])


def filled(*seqs: int) -> Tape:
    tape = Tape()
    for seq in seqs:
        tape.add(seq, 100 + seq * 0.1, piece(seq))
    return tape


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_chunks_in_any_order_make_the_same_tape(order: tuple[int, ...]) -> None:
    tape = filled(*order)
    assert (tape.cut(0, tape.length) == whole(4)).all()
    assert (tape.next_seq, tape.gap) == (4, None)


def test_a_chunk_that_comes_again_changes_nothing() -> None:
    tape = filled(0, 1, 1, 0, 3, 3, 2, 2)
    assert (tape.cut(0, tape.length) == whole(4)).all()


def test_adding_gives_what_is_new_in_order() -> None:
    tape = filled(0)
    assert len(tape.add(2, 100.2, piece(2))) == 0
    assert (tape.add(1, 100.1, piece(1)) == whole(3)[CHUNK:]).all()
    assert len(tape.add(1, 100.1, piece(1))) == 0


def test_a_gap_names_the_first_chunks_that_are_missing() -> None:
    assert filled(0, 3, 5).gap == (1, 2)


def test_skipping_a_gap_joins_what_came_early() -> None:
    tape = filled(0, 3, 5)
    tape.skip_gap()
    assert (tape.next_seq, tape.gap, tape.length) == (4, (4, 4), 2 * CHUNK)
    tape.skip_gaps()
    assert (tape.next_seq, tape.gap, tape.length) == (6, None, 3 * CHUNK)
    tape.skip_gaps()
    assert tape.length == 3 * CHUNK


def test_a_chunk_that_was_given_up_is_not_taken_any_more() -> None:
    tape = filled(0, 2)
    tape.skip_gap()
    assert len(tape.add(1, 100.1, piece(1))) == 0
    assert tape.length == 2 * CHUNK


def test_cutting_across_chunks_gives_exactly_those_samples() -> None:
    tape = filled(*range(5))
    assert (tape.cut(1000, 5000) == whole(5)[1000:5000]).all()
    assert len(tape.cut(7000, 99_999)) == 1000
    assert len(tape.cut(8000, 9000)) == 0


def test_each_sample_knows_when_it_was_captured() -> None:
    tape = filled(0, 1)
    tape.add(2, 200.0, piece(2))
    assert tape.captured_at(CHUNK // 2) == pytest.approx(100.05)
    assert tape.captured_at(2 * CHUNK) == pytest.approx(200.0)
    assert tape.captured_at(3 * CHUNK) == pytest.approx(200.1)
    assert Tape().captured_at(0) is None


def test_what_is_forgotten_leaves_the_numbers_of_the_rest_as_they_were() -> None:
    tape = filled(*range(5))
    tape.forget(2 * CHUNK + 10)
    assert len(tape.cut(0, 2 * CHUNK)) == 0
    assert (tape.cut(2 * CHUNK, tape.length) == whole(5)[2 * CHUNK :]).all()
    assert tape.captured_at(3 * CHUNK) == pytest.approx(100.3)
    assert tape.length == 5 * CHUNK


def test_a_chunk_that_comes_after_it_was_given_up_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tape = filled(0, 2)
    tape.skip_gap()
    tape.add(2, 100.2, piece(2))
    assert caplog.messages == []
    tape.add(1, 100.1, piece(1))
    assert "Chunk 1 " in caplog.text
