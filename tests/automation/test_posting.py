"""Notes become comments on a site, once, in a real browser."""

from datetime import timedelta

import pytest

from lossy.db.jobs import list_jobs, retry_job
from lossy.db.models import Job, NoteRow, Post
from lossy.db.notes import edit_note
from lossy.db.posts import take_back
from lossy.db.types import utc_now
from lossy.errors import Conflict
from lossy.events import JobState, NoteStatus, PostState
from lossy.jobs import Jobs
from tests.automation.conftest import Poster
from tests.db.rows import do

pytestmark = pytest.mark.usefixtures("jobs")

IN_AN_HOUR = timedelta(hours=1)


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


async def test_a_button_that_nobody_finds_is_a_dead_letter_that_may_begin_anew(poster: Poster) -> None:
    poster.site.mood.button = "Fnord"
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (NoteStatus.FAILED, "The button that sends the comment was not found.")
    assert poster.site.comments == []
    _, steps = await poster.posted(note)
    assert sum(step.step == "stumbled" and step.picture is not None for step in steps) == 3

    poster.site.mood.button = "Post comment"
    async with poster.database.write() as db:
        [dead] = await list_jobs(db, JobState.DEAD)
        await retry_job(db, dead.id)
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


async def test_words_are_posted_as_they_were_confirmed(poster: Poster) -> None:
    await poster.connect()
    texts = [
        "Größer! 🎬🔊 — “now”",
        "الصوت مرتفع جدا",
        "<b>bold</b> & {{ braces }} ${x} \\n",
        "x" * 200,
        "1 < 2 && 3 > 2",
    ]
    for number, text in enumerate(texts):
        note = await poster.note(text, at_seconds=float(number))
        await poster.ask(note)
        assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert poster.site.on("one") == [f"0:{number:02d} {text}" for number, text in enumerate(texts)]


async def test_a_page_that_leads_away_is_not_followed(poster: Poster) -> None:
    elsewhere = poster.site.address("two").replace("127.0.0.1", "localhost")
    poster.site.mood.leads_to = elsewhere
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    assert poster.site.visited == {"127.0.0.1/one"}
    assert poster.site.comments == []


async def test_a_server_that_leads_away_is_not_followed_either(poster: Poster) -> None:
    poster.site.mood.redirects_to = poster.site.address("two").replace("127.0.0.1", "localhost")
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (
        NoteStatus.NEEDS_LOGIN,
        "The video's page led to localhost instead. Sign in there, then it goes on by itself.",
    )
    assert poster.site.comments == []
    assert poster.site.visited == {"127.0.0.1/one"}
    _, steps = await poster.posted(note)
    assert [step.picture for step in steps] == [None] * len(steps)


@pytest.mark.parametrize("status", [NoteStatus.POSTING, NoteStatus.POSTED])
async def test_words_that_are_out_of_hand_are_not_changed(poster: Poster, status: NoteStatus) -> None:
    note = await poster.note()
    async with poster.database.write() as db:
        (await db.get_one(NoteRow, note.id)).status = status
    with pytest.raises(Conflict):
        await do(poster.database, edit_note, poster.who.user_id, note.id, {"text": "Something else"})
    await do(poster.database, edit_note, poster.who.user_id, note.id, {"category": "color"})


async def test_a_post_is_taken_back_while_it_waits(poster: Poster) -> None:
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    taken = await do(poster.database, take_back, poster.who.user_id, note.id)
    assert taken.status is NoteStatus.FIRMED
    await poster.connect()
    assert (await poster.ask(note)).status is NoteStatus.PENDING_POST
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


async def test_an_account_waits_its_turn(poster: Poster) -> None:
    await poster.connect()
    lately = [await poster.posted_at(await poster.note(f"Remark {number}"), IN_AN_HOUR) for number in range(5)]
    note = await poster.note("The sixth")
    await poster.ask(note)
    await poster.end_of(note, NoteStatus.POSTING)
    await poster.end_of(note, NoteStatus.PENDING_POST)
    job = await poster.waiting_job()
    assert job.run_at > utc_now() + IN_AN_HOUR - timedelta(minutes=30)
    assert poster.site.comments == []
    async with poster.database.write() as db:
        for post in lately:
            (await db.get_one(Post, post.id)).armed_at = utc_now() - timedelta(minutes=2)
        (await db.get_one(Job, job.id)).run_at = utc_now()
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
