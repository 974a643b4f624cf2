"""Holds a note against what was said: numbers, times and negations may be neither lost nor made up.

A model that tidies words may turn "not" round or drop "at one oh five", and the note then asks for the wrong thing.
Both texts are read for such facts, in words or in digits, and a note that does not hold the same ones is put back to
the reviewer's own words. Reading is generous with forms ("ninety seconds" is "1:30") and strict with values; what it
takes for a loss by mistake costs polish only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lossy.inference.spoken_time import parse_spoken_time

_TOKEN = re.compile(r"\d+(?::\d\d){1,2}|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:['’][^\W\d_]+)*")  # noqa: RUF001
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
    "seventeen eighteen nineteen"  # fmt: skip
_VALUES = {word: value for value, word in enumerate(_ONES.split())} | {
    word: 10 * ten
    for ten, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)  # noqa: SIM905
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ORDINALS = {
    word: f"{place}th"
    for place, word in enumerate("first - third fourth fifth sixth seventh eighth ninth tenth".split(), 1)  # noqa: SIM905
}
"""Without "second", which is mostly a length of time."""
_UNITS = frozenset({"hour", "hours", "minute", "minutes", "second", "seconds"})
_JOINTS = frozenset({"and", "oh", "o"})
"""Part of a number only between two others."""
_NEGATIONS = frozenset(
    {"not", "no", "never", "none", "nothing", "nobody", "nowhere", "neither", "nor", "without", "cannot", "avoid"}
)
_EMPTY_TALK = re.compile(r"\b(?:i (?:do not|don't) know|why not|whether or not|if not|no wait|oh no)\b")


@dataclass(frozen=True)
class _Number:
    """A run of number words: its plain values, and the moment that it names if it is one."""

    values: frozenset[str]
    seconds: int | None


def keeps_the_facts(said: str, note: str) -> bool:
    """Whether a note has the numbers, times and negations that were said, and no others."""
    said_numbers, noted_numbers = list(_numbers(said)), list(_numbers(note))
    kept = all(_is_among(number, noted_numbers) for number in said_numbers)
    invented = not all(_is_among(number, said_numbers) for number in noted_numbers)
    return kept and not invented and _negations(said) == _negations(note)


def facts_of(text: str) -> list[tuple[int, int]]:
    """Give where numbers and negations stand in a text, as spans of characters."""
    spans = [(run[0].start(), run[-1].end()) for run in _runs(list(_TOKEN.finditer(text)))]
    negations = [(token.start(), token.end()) for token in _TOKEN.finditer(text) if _is_negation(_plain(token))]
    return sorted(spans + negations)


def _is_among(number: _Number, others: list[_Number]) -> bool:
    values = frozenset().union(*(other.values for other in others)) if others else frozenset()
    return number.values <= values or (
        number.seconds is not None and any(number.seconds == each.seconds for each in others)
    )


def _numbers(text: str) -> Iterator[_Number]:
    for run in _runs(list(_TOKEN.finditer(text))):
        words = [_plain(token) for token in run]
        yield _Number(frozenset(_values(words)), parse_spoken_time(" ".join(words)))


def _runs(tokens: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and (_is_number(tokens[end]) or (end > at and _plain(tokens[end]) in _JOINTS | _UNITS)):
            end += 1
        while end > at and _plain(tokens[end - 1]) in _JOINTS:
            end -= 1
        if end > at and [_plain(token) for token in tokens[at:end]] != ["one"]:  # "this one" is no number
            yield tokens[at:end]
        at = max(end, at + 1)


def _is_number(token: re.Match[str]) -> bool:
    word = _plain(token)
    return word[0].isdigit() or word in _VALUES or word in _SCALES or word in _ORDINALS


def _values(words: list[str]) -> Iterator[str]:
    """Give the values of a run: "two hundred and five" is 205, "three two one" are three."""
    value: int | None = None
    for word in words:
        small, scale = _VALUES.get(word), _SCALES.get(word)
        if scale is not None:
            value = (1 if value is None else value) * scale
        elif small is not None and value is not None and _joins(value, small):
            value += small
        elif word in _JOINTS:
            continue
        else:
            if value is not None:
                yield str(value)
            value = small
            if small is None and word not in _UNITS:
                yield _ORDINALS.get(word) or _digits(word)
    if value is not None:
        yield str(value)


def _joins(value: int, small: int) -> bool:
    room = 100 if value % 100 == 0 and value > 0 else 10 if value % 10 == 0 and value % 100 >= 20 else 0
    return 0 < small < room


def _digits(word: str) -> str:
    if ":" in word:
        return word
    bare = re.sub(r"(?:st|nd|rd|th)$", "", word)
    plain = bare.replace(",", "")
    place = plain.lstrip("0") if plain.isdigit() else "0"
    if bare != word:
        return f"{place}th"
    return plain.rstrip(".")


def _negations(text: str) -> int:
    words = _EMPTY_TALK.sub(" ", text.lower().replace("’", "'"))  # noqa: RUF001
    return sum(_is_negation(_plain(token)) for token in _TOKEN.finditer(words))


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


def _plain(token: re.Match[str]) -> str:
    return token.group().lower().replace("’", "'")  # noqa: RUF001


def shorten(text: str, most: int) -> str:
    """Cut a text to so many characters between words; numbers and negations of what is cut off are kept."""
    if len(text) <= most:
        return text
    spans = facts_of(text)
    for room in range(most - 1, most // 3, -1):
        head = text[:room]
        cut = head.rfind(" ") if " " in head else room
        tails = _windows(text, [span for span in spans if span[1] > cut], cut)
        short = "… ".join([text[:cut].rstrip(" ,.;:-"), *tails]) + "…"
        if len(short) <= most:
            return short
    return text[: most - 1] + "…"


def _windows(text: str, spans: list[tuple[int, int]], begin: int) -> list[str]:
    """Give the words around each span, neighbours joined."""
    windows: list[tuple[int, int]] = []
    for start, end in spans:
        before = max(text.rfind(" ", begin, max(begin, start - 1)), begin)
        after = text.find(" ", min(end + 1, len(text)))
        window = (before, len(text) if after < 0 else after)
        if windows and window[0] <= windows[-1][1]:
            windows[-1] = (windows[-1][0], window[1])
        else:
            windows.append(window)
    return [text[start:end].strip(" ,.;:-") for start, end in windows]
