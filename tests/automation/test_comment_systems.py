"""Notes become comments in systems that others wrote, found by what their pages say."""

from collections.abc import AsyncIterator

import pytest

from lossy.automation.browsers import Browsers
from lossy.automation.contract import Comment
from lossy.automation.platforms import adapter_for
from lossy.automation.sealing import Seal
from lossy.automation.visits import PageVisit
from lossy.db.engine import Database
from lossy.events import NoteStatus
from tests.automation.comment_systems import Film, isso, make_walines_tables, waline
from tests.automation.conftest import AnyPoster, reviewer_of

pytestmark = pytest.mark.once

TEXT = "Zu laut: “the drums” 👩‍🚀"


@pytest.fixture
def system() -> str:
    return "isso"


@pytest.fixture
async def film(system: str, request: pytest.FixtureRequest) -> AsyncIterator[Film]:
    if system == "isso":
        with isso() as film:
            yield film
    else:
        postgres_url = request.getfixturevalue("postgres_url")
        await make_walines_tables(postgres_url)
        with waline(postgres_url) as film:
            yield film


@pytest.fixture
async def poster(database: Database, film: Film, seal: Seal) -> AnyPoster:
    return AnyPoster(database, await reviewer_of(database, film.address), seal)


@pytest.mark.usefixtures("jobs")
async def test_a_note_becomes_a_comment_in_isso(poster: AnyPoster, browsers: Browsers, film: Film) -> None:
    await _is_posted_and_proved(poster, film)
    assert await _seen(browsers, film) == 1


@pytest.mark.usefixtures("jobs", "postgres_url")
@pytest.mark.parametrize("system", ["waline"])
async def test_a_note_becomes_a_comment_in_waline(poster: AnyPoster, browsers: Browsers, film: Film) -> None:
    await _is_posted_and_proved(poster, film)
    assert await _seen(browsers, film) == 1


async def _is_posted_and_proved(poster: AnyPoster, film: Film) -> None:
    note = await poster.note(TEXT)
    await poster.ask(note)
    posted = await poster.end_of(note)
    assert (posted.status, posted.error) == (NoteStatus.POSTED, None)
    [(made, text)] = await film.kept()
    assert text == f"1:23 {TEXT}"
    assert posted.permalink == f"{film.address}#t=83"
    post, steps = await poster.posted(note)
    assert (post.comment_id, steps[-1].step) == (made, "posted")
    assert steps[-1].detail.startswith("answered 20")


async def _seen(browsers: Browsers, film: Film) -> int:
    """Look how often it stands there, as a later visitor."""
    async with browsers.open(None, {}) as opened:
        comment = Comment(film.address, film.address, f"1:23 {TEXT}", 83.0)
        visit = PageVisit(await opened.context.new_page(), adapter_for("web"), comment)
        await visit.open_at()
        return len(await visit.find(""))
