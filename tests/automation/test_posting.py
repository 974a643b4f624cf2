"""Notes become comments on a site, once, in a real browser."""

import pytest

from lossy.events import NoteStatus, PostState
from lossy.jobs import Jobs
from tests.automation.conftest import Poster

pytestmark = pytest.mark.usefixtures("jobs")


@pytest.mark.parametrize("form", [False, True], ids=["script", "form"])
async def test_a_note_becomes_a_comment(poster: Poster, *, form: bool) -> None:
    poster.site.mood.form = form
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    posted = await poster.end_of(note)
    assert (posted.status, posted.error) == (NoteStatus.POSTED, None)
    assert poster.site.on("one") == ["1:23 The music is too loud"]
    assert posted.permalink == f"{poster.address}#t=83"
    post, steps = await poster.posted(note)
    assert post.state is PostState.POSTED
    assert [step.step for step in steps if step.step != "reading_back"] == [
        "queued", "preparing", "logged_in", "armed", "posted",
    ]  # fmt: skip


async def test_without_a_login_it_waits_and_then_goes_on_by_itself(poster: Poster) -> None:
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    assert poster.site.comments == []
    await poster.connect()
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


async def test_a_site_that_fails_after_it_saved_gets_no_second_comment(poster: Poster) -> None:
    poster.site.mood.answers = 500
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


async def test_a_comment_that_shows_late_is_found_later(poster: Poster) -> None:
    poster.site.mood.answers, poster.site.mood.shown_after = 500, 2.0
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


async def test_what_is_never_seen_is_for_a_person_to_say(poster: Poster) -> None:
    poster.site.mood.answers, poster.site.mood.takes = 500, False
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert ended.status is NoteStatus.UNKNOWN
    assert ended.error is not None
    assert "say whether" in ended.error


async def test_a_platform_that_refuses_has_failed_it(poster: Poster) -> None:
    poster.site.mood.answers, poster.site.mood.takes = 403, False
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (
        NoteStatus.FAILED, "The platform did not take the comment (it answered 403).",
    )  # fmt: skip


async def test_a_video_that_is_gone_says_so(poster: Poster, jobs: Jobs) -> None:
    poster.site.gone.add("one")
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (NoteStatus.FAILED, "The video is not there any more.")
