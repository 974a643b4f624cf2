"""Notes become comments on pages that nobody described, however they are built."""

from collections.abc import Iterator

import pytest

from lossy.automation.sealing import Seal
from lossy.db import logins
from lossy.db.engine import Database
from lossy.events import NoteStatus
from tests.automation.conftest import AnyPoster, reviewer_of
from tests.automation.odd_pages import PAGES, TOKEN, OddSite

pytestmark = pytest.mark.once

LINES = "Zu laut: “the drums”\nand <b>late</b> &amp; 👩‍🚀"
WITHOUT_AN_ID = ("classic-form", "an-answer-in-html", "a-socket-in-place-of-a-request")


@pytest.fixture(scope="module")
def odd_site() -> Iterator[OddSite]:
    with OddSite() as site:
        yield site


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def poster(name: str, database: Database, odd_site: OddSite, seal: Seal) -> AnyPoster:
    return AnyPoster(database, await reviewer_of(database, odd_site.address(name)), seal)


@pytest.mark.usefixtures("jobs")
async def test_a_note_becomes_a_comment(name: str, poster: AnyPoster, odd_site: OddSite) -> None:
    token = [{"name": "token", "value": TOKEN}]
    await poster.keep({"cookies": [], "origins": [{"origin": odd_site.url, "localStorage": token}]}, logins.BROWSER)
    text = LINES.replace("\n", " ") if name.startswith("one-line") else LINES
    note = await poster.note(text)
    await poster.ask(note)
    posted = await poster.end_of(note)
    assert (posted.status, posted.error) == (NoteStatus.POSTED, None)
    assert odd_site.written[name] == [f"1:23 {text}"]
    assert posted.permalink == f"{poster.address}#t=83"
    post, steps = await poster.posted(note)
    assert steps[-1].detail.startswith("read back" if name in WITHOUT_AN_ID else "answered 201")
    assert (post.comment_id is None) == (name in WITHOUT_AN_ID)
