"""Moments of a video as people say them: "two minutes ten", "ninety seconds", "one oh five", "1:05", "the start".

A recogniser writes numbers as words or as digits, sometimes both in one breath; each way of saying gives the same
seconds. What is not a moment from its first word to its last is none.
"""

import re

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * i for i, word in enumerate(_TENS, 2)}
_ZEROS = ("oh", "o", "zero")
_HALF, _QUARTER = ("half",), ("quarter",)
_START = ("the start", "the beginning", "start", "beginning", "zero", "the very start", "the very beginning")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
_SIXTY = 60
MAX_SECONDS = 24 * 3600
MAX_DIGITS = 9


def parse_spoken_time(text: str) -> int | None:
    """Give the seconds that the whole text names, less than a day; None if it is no moment, or has another word."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock is not None:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return _in_a_day(3600 * hours + _SIXTY * minutes + seconds) if seconds < _SIXTY else None
    words = re.findall(r"[a-z']+|\d+", text.lower().replace("-", " "))
    if " ".join(words) in _START:
        return 0
    if "".join(words) != re.sub(r"[^a-z'\d]", "", text.lower()):
        return None
    named = _Words([word for word in words if word != "and"]).moment()
    return None if named is None else _in_a_day(named)


def _in_a_day(seconds: int) -> int | None:
    return seconds if seconds < MAX_SECONDS else None


class _Words:
    """Reads words from left to right."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def moment(self) -> int | None:
        """Read a moment that is all there is."""
        if self._next(("minute",)):  # "minute two", "minute two ten"
            minutes = self._number(article=False)
            seconds = self._number(article=False) or 0
            whole = minutes is not None and seconds < _SIXTY and self._at == len(self._words)
            return _SIXTY * minutes + seconds if whole and minutes is not None else None
        found = self._with_units()
        if found is None or self._at != len(self._words):
            self._at = 0
            found = self._minutes_and_seconds()
        return found if self._at == len(self._words) else None

    def _with_units(self) -> int | None:
        total, seen = 0, False
        if self._next(_HALF) and self._next(("a",)) and self._next(("minute",)):
            return _SIXTY // 2
        for length, names in ((3600, ("hour", "hours")), (_SIXTY, ("minute", "minutes")), (1, ("second", "seconds"))):
            begin = self._at
            count = self._number(article=True)
            if count is None:
                continue
            part = self._part(length)
            if self._next(names):
                total, seen = total + count * length + (part or self._part(length) or 0), True
            elif self._at == len(self._words) and part is None and self._words[begin] != "a" and (seen or length == 1):
                return total + count if count < _SIXTY or not seen else None
            else:
                self._at = begin
        return total if seen else None

    def _part(self, length: int) -> int | None:
        for name, share in ((_HALF, 2), (_QUARTER, 4)):
            begin = self._at
            self._next(("a",))
            if self._next(name):
                return length // share
            self._at = begin
        return None

    def _minutes_and_seconds(self) -> int | None:
        minutes = self._number(article=False)
        if minutes is None:
            return None
        zero = self._next(_ZEROS)
        two_digits = self._at < len(self._words) and len(self._words[self._at]) == 2
        seconds = self._number(article=False)
        if seconds is None:
            return _SIXTY * minutes if zero and self._next(_ZEROS) else None
        most = 10 if zero else _SIXTY
        least = 0 if zero or two_digits else 10
        return _SIXTY * minutes + seconds if least <= seconds < most else None

    def _number(self, *, article: bool) -> int | None:
        if self._at == len(self._words):
            return None
        word = self._words[self._at]
        if word.isdigit() and len(word) <= MAX_DIGITS:
            self._at += 1
            return int(word)
        if article and word in ("a", "an"):
            self._at += 1
            return 1
        value = self._below_a_hundred()
        if value is not None and 0 < value < 10 and self._next(("hundred",)):
            rest = self._below_a_hundred()
            return 100 * value + (rest or 0)
        return value

    def _below_a_hundred(self) -> int | None:
        value = _NUMBERS.get(self._words[self._at]) if self._at < len(self._words) else None
        if value is None:
            return None
        self._at += 1
        if value >= 20:
            unit = _NUMBERS.get(self._words[self._at]) if self._at < len(self._words) else None
            if unit is not None and 0 < unit < 10:
                self._at += 1
                value += unit
        return value

    def _next(self, names: tuple[str, ...]) -> bool:
        if self._at < len(self._words) and self._words[self._at] in names:
            self._at += 1
            return True
        return False
