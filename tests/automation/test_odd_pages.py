"""Notes become comments on pages that nobody described, however they are built."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.platforms import adapter_for
from lossy.automation.posting import Posting
from lossy.automation.sealing import Seal
from lossy.bus import Bus
from lossy.db import logins
from lossy.db.engine import Database
from lossy.db.models import Post, PostAudit
from lossy.events import Note, NoteStatus
from tests.automation.conftest import QUICK, AnyPoster, at_work, reviewer_of
from tests.automation.odd_pages import PAGES, TOKEN, OddSite

LINES = "Zu laut: “the drums”\nand <b>late</b> &amp; 👩‍🚀"
WITHOUT_AN_ID = ("classic-form", "far-down-and-late", "an-answer-in-html", "a-socket-in-place-of-a-request")


@dataclass(frozen=True)
class Outcome:
    """What came of a note on one page."""

    note: Note
    post: Post
    steps: list[PostAudit]


@pytest.fixture(scope="module")
def odd_site() -> Iterator[OddSite]:
    with OddSite() as site:
        yield site


@pytest.fixture(scope="module")
def outcomes(odd_site: OddSite, sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Post one note to every page, with the browsers of one process."""
    file = tmp_path_factory.mktemp("odd") / "lossy.db"
    shutil.copyfile(sqlite_tables, file)
    with ThreadPoolExecutor(1) as elsewhere:  # a test has its own loop in this thread
        return elsewhere.submit(asyncio.run, _post_to_all(odd_site, f"sqlite+aiosqlite:///{file}")).result()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PAGES)
def test_a_note_becomes_a_comment(name: str, odd_site: OddSite, outcomes: dict[str, Outcome]) -> None:
    posted = outcomes[name]
    assert (posted.note.status, posted.note.error) == (NoteStatus.POSTED, None)
    assert odd_site.written[name] == [_body(name)] * 2, "what stood there before, and ours"
    assert posted.post.seen_before == 1
    assert posted.note.permalink == f"{odd_site.address(name)}#t=83"
    proof = posted.steps[-1].detail
    assert proof == ("read back" if name in WITHOUT_AN_ID else "answered 201")
    assert (posted.post.comment_id is None) == (name in WITHOUT_AN_ID)


async def _post_to_all(site: OddSite, database_url: str) -> dict[str, Outcome]:
    database, browsers, key = Database(database_url, Bus()), LocalBrowsers(), Fernet.generate_key().decode()
    posting = Posting(database, browsers, Seal(lambda: [key]), adapter_for, pace=QUICK, again_seconds=(0.1, 0.1))
    async with at_work(posting):
        posters = {name: await _poster(posting, site, name) for name in PAGES}
        asked = {name: await poster.ask(await poster.note(_text(name))) for name, poster in posters.items()}
        ended = {name: await posters[name].end_of(note) for name, note in asked.items()}
        outcomes = {name: Outcome(note, *await posters[name].posted(note)) for name, note in ended.items()}
    await browsers.aclose()
    await database.close()
    return outcomes


async def _poster(posting: Posting, site: OddSite, name: str) -> AnyPoster:
    who = await reviewer_of(posting.database, site.address(name), f"{name}@example.org")
    poster = AnyPoster(posting.database, who, posting.seal)
    token = [{"name": "token", "value": TOKEN}]
    await poster.keep({"cookies": [], "origins": [{"origin": site.url, "localStorage": token}]}, logins.BROWSER)
    site.written[name] = [_body(name)]  # the same words, by somebody else
    return poster


def _text(name: str) -> str:
    return LINES.replace("\n", " ") if name.startswith("one-line") else LINES


def _body(name: str) -> str:
    return f"1:23 {_text(name)}"
