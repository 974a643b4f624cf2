"""Moments as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossy.inference.spoken_time import parse_spoken_time

UNITS = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def in_words(number: int) -> str:
    """Write a number below 1000 in words."""
    if number >= 100:
        rest = f" {in_words(number % 100)}" if number % 100 else ""
        return f"{UNITS[number // 100]} hundred{rest}"
    if number < 20:
        return UNITS[number]
    return TENS[number // 10 - 2] + (f" {UNITS[number % 10]}" if number % 10 else "")


def plural(number: int, unit: str, said: str) -> str:
    return f"{said} {unit}" + ("" if number == 1 else "s")


def ways_of_saying(moment: int) -> list[str]:
    """Say a moment below an hour in every way that people do."""
    minutes, seconds = divmod(moment, 60)
    ways = [f"{minutes}:{seconds:02}"]
    for write in (in_words, str):
        m, s = write(minutes), write(seconds)
        whole = plural(minutes, "minute", m)
        ways += [f"{whole} {plural(seconds, 'second', s)}", f"{whole} and {plural(seconds, 'second', s)}"]
        ways += [f"{whole} {s}", f"minute {m} {s}"]
        if moment < 1000:
            ways.append(plural(moment, "second", write(moment)))
        if seconds == 0:
            ways += [whole, f"minute {m}"]
        if seconds == 30:
            ways.append(f"{plural(minutes, 'minute', m)} and a half")
    if minutes and seconds >= 10:
        ways += [f"{in_words(minutes)} {in_words(seconds)}", f"{minutes} {seconds}"]
    if minutes and seconds < 10:
        ways += [f"{in_words(minutes)} oh {in_words(seconds)}", f"{minutes} 0{seconds}"]
    return ways


def test_every_moment_of_an_hour_comes_back_from_every_way_of_saying_it() -> None:
    wrong = {
        (moment, said): parse_spoken_time(said)
        for moment in range(3600)
        for said in ways_of_saying(moment)
        if parse_spoken_time(said) != moment and not is_ambiguous(said)
    }
    assert wrong == {}


NUMBERS = frozenset(in_words(number) for number in range(1000))


def is_ambiguous(said: str) -> bool:
    """Whether it is one number too: "twenty five" are seconds, not twenty minutes and five."""
    return said.removeprefix("minute ") in NUMBERS


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("two minutes ten", 130),
        ("ninety seconds", 90),
        ("one oh five", 65),
        ("A minute and a half", 90),
        ("two and a half minutes", 150),
        ("half a minute", 30),
        ("an hour two minutes three seconds", 3723),
        ("1:02:03", 3723),
        ("the beginning", 0),
        ("twenty-one thirty", 1290),
        ("ninety", 90),
    ],
)
def test_moments_in_other_ways(said: str, seconds: int) -> None:
    assert parse_spoken_time(said) == seconds


@pytest.mark.parametrize(
    "said",
    [
        "",
        "…",
        "the next scene",
        "two and a half",
        "a",
        "a half",
        "one two",
        "two minutes ten loud",
        "1:75",
        "25:00:00",
        "1.5.2",
    ],
)
def test_what_is_no_moment(said: str) -> None:
    assert parse_spoken_time(said) is None


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz 0123456789:-'é", max_size=40))
def test_whatever_is_said_is_a_moment_of_a_day_or_none(said: str) -> None:
    seconds = parse_spoken_time(said)
    assert seconds is None or 0 <= seconds < 86_400


@given(st.lists(st.sampled_from([*UNITS, *TENS, "hundred", "oh", "a", "and", "half", "minute", "minutes", "seconds"])))
def test_words_of_numbers_in_any_order_break_nothing(words: list[str]) -> None:
    seconds = parse_spoken_time(" ".join(words))
    assert seconds is None or 0 <= seconds < 86_400
