"""The panel follows the video that the extension names, for its user only."""

import asyncio
from typing import Any

import pytest
from nicegui.testing import User

from lossy.agent.core import Core
from lossy.ui.components.lock import FramedLock
from lossy.ui.components.note_list import NoteList
from lossy.ui.components.talk import Talk
from lossy.ui.components.top_bar import TopBar
from lossy.ui.components.video_head import VideoHead
from tests.ui.people import Reviewer, hears, sees, told

NONE = {"video": None, "why": "none", "title": "", "problem": None}


def shows(user: User, shown: dict[str, Any]) -> None:
    user.find(kind=FramedLock).trigger("shown", shown)


async def opened(user: User, who: Reviewer, shown: dict[str, Any]) -> None:
    await user.open("/panel")
    shows(user, shown)
    user.find(kind=FramedLock).trigger("ticket", {"ticket": await who.ticket()})


def titles(user: User) -> list[str]:
    return [str(head.props["title"]) for head in user.find(kind=VideoHead).elements]


async def test_the_panel_shows_the_video_that_is_shown(user: User, ann: Reviewer) -> None:
    video = await ann.add_video("Harbour cut")
    await ann.add_note(video, "The music is too loud")
    await opened(user, ann, {"video": video, "title": "whatever the page says"})

    await hears(user, "The music is too loud")
    assert titles(user) == ["Harbour cut"]
    await sees(user, kind=Talk)
    await user.should_not_see(kind=TopBar)


async def test_nothing_is_shown_before_the_ticket(user: User, ann: Reviewer) -> None:
    video = await ann.add_video("Secret cut")
    await user.open("/panel")
    shows(user, {"video": video, "title": "x"})

    await user.should_not_see(kind=NoteList)
    assert "Secret cut" not in told(user)


async def test_another_video_takes_the_place_of_the_first_without_a_reload(user: User, ann: Reviewer) -> None:
    first, second = await ann.add_video("First"), await ann.add_video("Second")
    await ann.add_note(second, "On the second")
    await opened(user, ann, {"video": first, "title": "x"})
    await sees(user, kind=VideoHead)
    client = user.client
    shows(user, {"video": second, "title": "x"})

    await hears(user, "On the second")
    assert titles(user) == ["Second"]
    assert user.client is client


async def test_of_rapid_switches_the_last_one_stands(user: User, ann: Reviewer) -> None:
    first, second = await ann.add_video("First"), await ann.add_video("Second")
    await opened(user, ann, {"video": first, "title": "x"})
    await sees(user, kind=VideoHead)
    for video in (second, first, second, first):
        shows(user, {"video": video, "title": "x"})
    await ann.add_note(first, "Heard by the last one")

    await hears(user, "Heard by the last one")
    await ann.add_note(second, "On the other")
    await ann.add_note(first, "On this one")
    await hears(user, "On this one")
    assert titles(user) == ["First"]
    assert "On the other" not in told(user)


async def test_somebody_elses_video_is_not_shown(user: User, ann: Reviewer, ben: Reviewer) -> None:
    video = await ben.add_video("Not for Ann")
    await opened(user, ann, {"video": video, "title": "x"})

    await sees(user, "There is nothing here")
    shows(user, {"video": await ann.add_video("Her own"), "title": "x"})
    await sees(user, kind=VideoHead)
    assert "Not for Ann" not in told(user)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (NONE, "No video on this page"),
        ({**NONE, "why": "not_allowed"}, "Lossy may not look at this page"),
        ({**NONE, "why": "closed"}, "No extension may look at this page"),
        ({**NONE, "why": "opening", "title": "Forest teaser"}, "Opening Forest teaser…"),
        ({**NONE, "why": "opening", "problem": "It is full."}, "It is full. Your notes are safe."),
    ],
)
async def test_why_there_is_no_video_is_said(user: User, ann: Reviewer, shown: dict[str, Any], words: str) -> None:
    await opened(user, ann, shown)

    await sees(user, words)


@pytest.mark.parametrize(
    "nonsense", [{"video": 3}, {"video": "../x"}, {"video": None, "why": "because"}, {**NONE, "problem": 7}]
)
async def test_nonsense_changes_nothing(user: User, ann: Reviewer, nonsense: dict[str, Any]) -> None:
    await opened(user, ann, NONE)
    await sees(user, "No video on this page")
    shows(user, nonsense)
    shows(user, {**NONE, "why": "not_allowed"})

    await sees(user, "Lossy may not look at this page")
    await user.should_not_see("There is nothing here")


async def test_outside_of_the_extension_the_page_says_where_it_belongs(user: User) -> None:
    await user.open("/panel")
    user.find(kind=FramedLock).trigger("outside")

    await sees(user, "This page belongs in the extension's panel")


async def test_all_videos_lists_ones_own_notes_with_their_titles(user: User, ann: Reviewer, ben: Reviewer) -> None:
    here, there, foreign = await ann.add_video("Here"), await ann.add_video("There"), await ben.add_video("Foreign")
    await ann.add_note(there, "From there")
    await ben.add_note(foreign, "Not mine")
    await opened(user, ann, {"video": here, "title": "x"})
    await sees(user, kind=NoteList)
    user.find(kind=NoteList).trigger("scope", {"scope": "all"})

    await hears(user, "applyToAll")
    await hears(user, "From there")
    await ann.add_note(there, "Later from there")
    await hears(user, "Later from there")
    assert '"video_title":"There"' in told(user).replace(": ", ":")
    assert "Not mine" not in told(user)


async def test_a_wrong_ticket_is_asked_for_again(user: User, core: Core, ann: Reviewer) -> None:
    await user.open("/panel")
    user.find(kind=FramedLock).trigger("ticket", {"ticket": "guess"})
    await hears(user, '"ask"')
    user.find(kind=FramedLock).trigger("ticket", {"ticket": await ann.ticket()})

    await sees(user, "Opening…")


async def test_quick_switches_do_not_leave_listeners_behind(user: User, ann: Reviewer) -> None:
    first, second = await ann.add_video("First"), await ann.add_video("Second")
    await opened(user, ann, {"video": first, "title": "x"})
    await sees(user, kind=VideoHead)
    for video in (second, first) * 3:
        shows(user, {"video": video, "title": "x"})
        await asyncio.sleep(0)
    await ann.add_note(first, "Once only")

    await hears(user, "Once only")
    lines = [line for line in told(user).splitlines() if "Once only" in line]
    assert len(lines) == 1
