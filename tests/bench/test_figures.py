"""From samples to figures."""

import math

from lossy.bench.figures import in_ms, percentile, word_errors


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(20, 0, -1)]
    assert [percentile(values, percent) for percent in (1, 50, 95, 100)] == [1, 10, 19, 20]


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 50))


def test_figures_are_milliseconds_with_their_goals() -> None:
    assert in_ms([0.1, 0.25], 50, 95, goals={"p95": 200}) == {"p50": 100.0, "p95": 250.0, "goal_p95": 200}


def test_word_errors_count_replaced_dropped_and_inserted_words() -> None:
    assert word_errors("the music is too loud", "The music is too loud.") == (0, 5)
    assert word_errors("the music is too loud", "the music was too loud") == (1, 5)
    assert word_errors("the music is too loud", "music is loud") == (2, 5)
    assert word_errors("the music", "and the loud music") == (2, 2)
    assert word_errors("the music", "") == (2, 2)
