"""Numbers and moments in words, the ways that people say them and `lossy.inference.spoken_time` reads them."""

from collections.abc import Iterator

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _number(value: int) -> str:
    if value < 20:
        return _UNITS[value]
    tens = _TENS[value // 10 - 2]
    return f"{tens} {_UNITS[value % 10]}" if value % 10 else tens


NUMBERS = tuple(_number(value) for value in range(100))


def ways_to_say(seconds: int) -> Iterator[str]:
    """Give every way of the grammar to name a moment within the first hour."""
    minutes, rest = divmod(seconds, 60)
    if seconds < 100:
        yield f"{NUMBERS[seconds]} seconds"
    if minutes == 0:
        return
    whole = "one minute" if minutes == 1 else f"{NUMBERS[minutes]} minutes"
    if rest == 0:
        yield whole
        return
    yield f"{whole} {NUMBERS[rest]}"
    yield f"{whole} {NUMBERS[rest]} seconds"
    yield f"{whole} and {NUMBERS[rest]} seconds"
    if minutes <= 20 and rest >= 10:
        yield f"{NUMBERS[minutes]} {NUMBERS[rest]}"
    if rest < 10:
        yield f"{NUMBERS[minutes]} oh {NUMBERS[rest]}"
