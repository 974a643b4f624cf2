"""What is too long for a platform is refused in words, and a slow page is waited for, as long as there is time."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lossy.automation.contract import Adapter
from lossy.automation.platforms.generic import GenericAdapter
from lossy.automation.posting import DEFAULT_PACE, TIME_LIMIT_SECONDS, Pace
from lossy.events import NoteStatus
from tests.automation.conftest import QUICK, Poster

pytestmark = pytest.mark.once

SLOW_SECONDS = 40.0
REST_SECONDS = 10.0
"""What else an attempt does."""


class Terse(GenericAdapter):
    """A platform that takes short comments only."""

    most_characters = 60


@pytest.fixture
def adapters() -> Callable[[str], Adapter]:
    terse = Terse()
    return lambda _platform: terse


@pytest.fixture
def pace() -> Pace:
    return replace(QUICK, page=4.0)


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("characters", "words", "visited"),
    [
        (56, "this note has 61 characters, and this platform takes 60", set()),
        (50, "this note has 55 characters, and this page takes 54", {"127.0.0.1/one"}),
    ],
    ids=["the platform", "the box"],
)
async def test_a_note_that_is_too_long_is_refused_in_words(
    poster: Poster, characters: int, words: str, visited: set[str]
) -> None:
    poster.site.mood.most_characters = 54
    await poster.connect()
    note = await poster.note("x" * characters)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, poster.site.comments) == (NoteStatus.FAILED, [])
    assert words in (ended.error or "")
    assert "Shorten it" in (ended.error or "")
    assert poster.site.visited == visited
    poster.site.mood.most_characters = 55
    if visited:
        await poster.ask(note)
        assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
        assert poster.site.on("one") == [f"1:23 {'x' * characters}"]


@pytest.mark.usefixtures("jobs")
async def test_a_page_that_does_not_open_in_time_is_opened_again(poster: Poster, pace: Pace) -> None:
    poster.site.mood.opens_after = pace.page * 2
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    await poster.end_of(note, NoteStatus.POSTING)
    await poster.end_of(note, NoteStatus.PENDING_POST)
    poster.site.mood.opens_after = 0.0
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1
    _, steps = await poster.posted(note)
    assert {step.detail for step in steps if step.step == "stumbled"} == {"The page took too long."}


def test_a_page_of_forty_seconds_is_within_the_time_of_an_attempt() -> None:
    assert DEFAULT_PACE.page > SLOW_SECONDS
    assert DEFAULT_PACE.answer > SLOW_SECONDS
    assert 2 * DEFAULT_PACE.page + DEFAULT_PACE.answer + REST_SECONDS < TIME_LIMIT_SECONDS
