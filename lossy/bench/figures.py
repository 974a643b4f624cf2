"""From samples to figures."""

import math
from collections.abc import Mapping, Sequence

Figure = dict[str, float]


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the smallest value that at least `percent` of the values don't exceed; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def in_ms(seconds: Sequence[float], *percents: int, goals: Mapping[str, float] | None = None) -> Figure:
    """Give percentiles of seconds in milliseconds, and the goals beside them."""
    figure = {f"p{percent}": round(1000 * percentile(seconds, percent), 1) for percent in percents}
    return figure | {f"goal_{name}": goal for name, goal in (goals or {}).items()}


def word_errors(wanted: str, heard: str) -> tuple[int, int]:
    """Count the words to replace, drop or insert (Levenshtein), and the words that were wanted."""
    target, given = _words(wanted), _words(heard)
    row = list(range(len(given) + 1))
    for i, word in enumerate(target, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(given, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(target)


def _words(text: str) -> list[str]:
    kept = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower())
    return kept.split()
