"""A site to post to, and somebody whose notes are posted there by the jobs of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from lossy.automation.browsers import Browsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Adapter, Api
from lossy.automation.exploring import Explorer
from lossy.automation.housekeeping import keep_posts
from lossy.automation.platforms import adapter_for
from lossy.automation.posting import ANYWHERE, NO_APIS, Pace, Posting
from lossy.automation.reach import Reach
from lossy.automation.sealing import Seal
from lossy.bench.comment_site import CommentSite
from lossy.db import logins, posts
from lossy.db.engine import Database
from lossy.db.jobs import list_jobs
from lossy.db.models import Job, NoteRow, Post, PostAudit, Video
from lossy.db.types import utc_now
from lossy.events import JobState, Note, NoteStatus, PostState
from lossy.jobs import Jobs
from lossy.video_url import identify_url, posting_address
from tests.db.rows import Reviewer, do, noted, reviewer

WAIT_SECONDS = 60
QUICK = Pace(answer=4.0, settle=1.0, look_again=0.5)
ENDS = (NoteStatus.POSTED, NoteStatus.FAILED, NoteStatus.NEEDS_LOGIN, NoteStatus.UNKNOWN)


@pytest.fixture
def comment_site() -> Iterator[CommentSite]:
    with CommentSite() as site:
        yield site


class AnyPoster:
    """Somebody with notes on a video somewhere."""

    def __init__(self, database: Database, who: Reviewer, seal: Seal) -> None:
        self.database = database
        self.who = who
        self.seal = seal
        self.address = who.video.url or ""

    @property
    def place(self) -> str:
        return posting_address(self.who.video.platform, self.who.video.external_id, self.address).place

    async def keep(self, login: dict[str, Any], kind: str) -> None:
        """Be connected."""
        sealed = self.seal.seal(login)
        async with self.database.write() as db:
            await logins.keep_login(db, self.who.user_id, self.who.video.platform, self.place, sealed=sealed, kind=kind)

    async def note(self, text: str = "The music is too loud", at_seconds: float = 83.0) -> Note:
        return await noted(self.database, self.who, text=text, start_seconds=at_seconds)

    async def ask(self, note: Note) -> Note:
        return await do(self.database, posts.ask, self.who.user_id, note.id)

    async def end_of(self, note: Note, *ends: NoteStatus) -> Note:
        """Wait until a note's posting has an end."""
        with self.database.bus.subscribe(f"user:{self.who.user_id}") as news:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    async with self.database.read() as db:
                        row = await db.get_one(NoteRow, note.id)
                    if row.status in (ends or ENDS):
                        return Note.model_validate(row)
                    await news.batch()

    async def posted_at(self, note: Note, from_now: timedelta) -> Post:
        """Let a note have been posted at a moment from now."""
        async with self.database.write() as db:
            post = Post(
                note_id=note.id, user_id=self.who.user_id, platform=self.who.video.platform, place=self.place,
                target=self.who.video.external_id, state=PostState.POSTED, armed_at=utc_now() + from_now,
            )  # fmt: skip
            db.add(post)
        return post

    async def waiting_job(self) -> Job:
        """Wait until the one job that there is waits for its time."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                async with self.database.read() as db:
                    [job] = await list_jobs(db)
                if job.state == JobState.READY:
                    return job
                await asyncio.sleep(0.05)

    async def posted(self, note: Note) -> tuple[Post, list[PostAudit]]:
        async with self.database.read() as db:
            return await posts.post_of(db, self.who.user_id, note.id)


class Poster(AnyPoster):
    """Somebody with notes on a video of the site."""

    def __init__(self, database: Database, who: Reviewer, seal: Seal, site: CommentSite) -> None:
        super().__init__(database, who, seal)
        self.site = site

    async def connect(self) -> None:
        """Sign in there."""
        await self.keep(self.site.signed_in("Ada"), logins.BROWSER)


@pytest.fixture
def seal() -> Seal:
    key = Fernet.generate_key().decode()
    return Seal(lambda: [key])


@pytest.fixture
async def poster(database: Database, comment_site: CommentSite, seal: Seal) -> Poster:
    return Poster(database, await reviewer_of(database, comment_site.address("one")), seal, comment_site)


async def reviewer_of(database: Database, url: str, email: str = "a@example.org") -> Reviewer:
    """Make somebody who reviews the video of an address."""
    who = await reviewer(database, email)
    named = identify_url(url)
    async with database.write() as db:
        video = await db.get_one(Video, who.video.id)
        video.platform, video.external_id, video.url = named.platform, named.external_id, named.url
    return Reviewer(who.user_id, who.email, video, who.session)


@asynccontextmanager
async def at_work(posting: Posting, redis_url: str | None = None) -> AsyncIterator[Jobs]:
    """Post what is asked for, and keep house."""
    jobs = Jobs(posting.database, [posting.kind], redis_url, hold_seconds=2)
    keeping = asyncio.create_task(keep_posts(posting.database))
    await jobs.start()
    yield jobs
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await jobs.close(drain_seconds=5)


@pytest.fixture
def adapters() -> Callable[[str], Adapter]:
    """Give what finds its way on each platform's pages."""
    return adapter_for


@pytest.fixture
def pace() -> Pace:
    """Give how patient the jobs are."""
    return QUICK


@pytest.fixture
def apis() -> Mapping[str, Api]:
    """Give the APIs that the jobs post with."""
    return NO_APIS


@pytest.fixture
def explorer() -> Explorer | None:
    """Give what looks for forms that nobody described."""
    return None


@pytest.fixture
async def browsers() -> AsyncIterator[Browsers]:
    """Give what the jobs post with."""
    local = LocalBrowsers()
    yield local
    await local.aclose()


@pytest.fixture
def reach() -> Reach:
    """Give what the jobs may reach."""
    return ANYWHERE


@pytest.fixture
async def jobs(
    poster: AnyPoster,
    browsers: Browsers,
    *,
    adapters: Callable[[str], Adapter],
    apis: Mapping[str, Api],
    reach: Reach,
    explorer: Explorer | None,
    pace: Pace,
    lossy_redis_url: str | None,
) -> AsyncIterator[Jobs]:
    again = (0.1, 0.1)
    posting = Posting(
        poster.database, browsers, poster.seal, adapters, apis,
        reach=reach, explorer=explorer, pace=pace, again_seconds=again,
    )  # fmt: skip
    async with at_work(posting, lossy_redis_url) as jobs:
        yield jobs
