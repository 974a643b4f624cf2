"""Posts one note: opens the platform in a browser, fills the comment in, commits `armed`, clicks once, and proves it.

Before `armed` everything may fail and be tried again. After it nothing is submitted again: if the answer is no proof,
the comment is looked for on the page, later and twice; what is not found then is for a person to say.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from lossy.automation.browsers import Browsers, StorageState
from lossy.automation.contract import UNREADABLE, Adapter, Api, Busy, Comment, NeedsLogin, Platform, Refused, Tokens
from lossy.automation.exploring import Explorer
from lossy.automation.guard import keep_to, new_page
from lossy.automation.learning import Learned, Sites
from lossy.automation.platforms.learned import LearnedPage
from lossy.automation.reach import Reach
from lossy.automation.sealing import Seal
from lossy.automation.visits import ApiVisit, PageVisit, Visit
from lossy.db import logins, posts
from lossy.db.engine import Database, Db
from lossy.db.models import NoteRow, PlatformLogin, Post, Video
from lossy.db.types import utc_now
from lossy.errors import Conflict, LossyError, Unavailable
from lossy.events import PostState
from lossy.jobs import Kind, Run, TooEarly
from lossy.video_url import posting_address

logger = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 150.0
STEP_MS = 30_000
"""How long one step on a page may take."""
LOOKS = 2
"""How often a comment is looked for in vain before a person is asked."""
TURNED_AWAY = (401, 403)
"""What a platform answers to somebody that it does not know any more."""
CLICK_WITHIN_SECONDS = 10.0
"""An attempt that was held up for longer between its commit and its click does not click any more."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How patient posting is, in seconds."""

    page: float = 45.0
    """How long a page may take to open; twice that, and the answer, are within the time limit."""
    answer: float = 45.0
    """How long a platform may take to answer a comment."""
    settle: float = 30.0
    """How late a platform may show what was sent to it."""
    look_again: float = 60.0
    per_minute: int = 5
    """Comments by one account."""


DEFAULT_PACE = Pace()
NO_APIS: Mapping[str, Api] = MappingProxyType({})
ANYWHERE = Reach(is_limited=False)


class Posting:
    """Posts notes with the browsers, logins and adapters of this process."""

    def __init__(
        self,
        database: Database,
        browsers: Browsers,
        seal: Seal,
        adapter_for: Callable[[str], Adapter],
        apis: Mapping[str, Api] = NO_APIS,
        *,
        reach: Reach = ANYWHERE,
        explorer: Explorer | None = None,
        pace: Pace = DEFAULT_PACE,
        again_seconds: tuple[float, ...] = (5.0, 20.0),
    ) -> None:
        self.database = database
        self.browsers = browsers
        self.pace = pace
        self.seal = seal
        self.adapter_for = adapter_for
        self.apis = apis
        self.reach = reach
        self.sites = Sites(database, explorer)
        self._again_seconds = again_seconds

    @property
    def kind(self) -> Kind:
        """The kind of work that this is."""
        return Kind(posts.JOB, posts.QUEUE, self.run, TIME_LIMIT_SECONDS, self._again_seconds)

    def compose(self, platform: str, note: NoteRow) -> str:
        """Write a note as it is to stand on a platform; `Refused` if it is too long there."""
        adapter = self.adapter_for(platform)
        body = adapter.compose(note.text, note.start_seconds, note.end_seconds)
        if len(body) > adapter.most_characters:
            raise Refused(
                f"With its time this note has {len(body)} characters, and this platform takes "
                f"{adapter.most_characters}. "
                "Shorten it, then post it again."
            )
        return body

    async def run(self, run: Run) -> None:
        """Make one attempt, or read back what an earlier one submitted."""
        async with self.database.write() as db:
            await run.check(db)
            post = await posts.begin(db, str(run.payload["post"]), self.compose)
            if post is None:
                return await run.finish(db)
            comment = await _comment_of(db, post)
            login = await posts.login_of(db, post.user_id, post.platform, post.place)
            known = await self.sites.adapter_of(db, post)
        left, is_armed = post.browser, post.state is PostState.ARMED
        attempt = _Attempt(self, run, post, login, comment, adapter=known or self.adapter_for(post.platform))
        if left is not None:
            await self.browsers.end(left)
        return await (attempt.read_back() if is_armed else attempt.post())


class _Attempt:
    """One attempt of one post."""

    def __init__(
        self, posting: Posting, run: Run, post: Post, login: PlatformLogin | None, comment: Comment, *, adapter: Adapter
    ) -> None:
        self._posting = posting
        self._run = run
        self._post = post
        self._login = login
        self._comment = comment
        api = posting.apis.get(post.platform) if login is not None and login.kind == logins.API else None
        self._api = api
        self._adapter = adapter
        self._platform: Platform = api or self._adapter
        self._is_armed = False
        self._is_turned_away = False
        self._has_ended = False
        self._picture: bytes | None = None

    async def post(self) -> None:
        """Prepare, commit, submit and prove."""
        try:
            await self._try()
        except NeedsLogin as problem:
            await self._end(posts.lost_login if self._is_turned_away else posts.needs_login, problem.message)
        except Refused as problem:
            await self._end(posts.has_failed, problem.message, self._picture)
        except posts.TooSoon as problem:
            await self._write(posts.stumbled, problem.message)
            raise TooEarly(problem.message, problem.seconds) from problem
        except (Busy, Learned) as problem:
            await self._write(posts.stumbled, problem.message)
            raise
        except posts.Changed as problem:
            await self._write(posts.stumbled, problem.message)
            raise TooEarly(problem.message, 0.0) from problem
        except (TooEarly, Conflict):
            raise
        except Exception as problem:
            if self._is_armed:
                logger.warning("What came of post %s is not known.", self._post.id, exc_info=problem)
                raise self._later() from problem
            words = problem.message if isinstance(problem, LossyError) else _plain(problem)
            await self._write(posts.stumbled, words, self._picture)
            raise Unavailable(words) from problem

    async def read_back(self) -> None:
        """Look for a comment that was submitted; at most twice in vain."""
        if (wait := self._seconds_to_wait()) > 0:
            raise TooEarly("It was submitted; what came of it is looked at in a while.", wait)
        await self._write(posts.tell_reading)
        try:
            async with self._visit() as visit:
                await visit.open_at()
                if await self._adopted(visit):
                    return None
        except NeedsLogin as problem:
            return await self._end(posts.needs_login, problem.message)
        async with self._posting.database.write() as db:
            await self._run.check(db)
            if await posts.looked_in_vain(db, self._post.id) >= LOOKS:
                await posts.is_unknown(db, self._post.id, NOT_SEEN)
                return await self._run.finish(db)
        raise TooEarly("It is not to be seen yet; it is looked for once more.", self._posting.pace.look_again)

    async def _try(self) -> None:
        try:
            async with self._visit() as visit:
                try:
                    await self._prepare(visit)
                    await self._submit(visit)
                except Exception:
                    self._picture = await visit.picture()
                    raise
        except UNREADABLE:
            await self._learn()
            raise

    async def _learn(self) -> None:
        """Let the next attempt go another way, if there is one: `Learned` then."""
        if self._is_armed:
            return
        if isinstance(self._adapter, LearnedPage):
            await self._posting.sites.forget(self._post)
        state = None if self._login is None else self._posting.seal.open(self._login.sealed)
        await self._posting.sites.learn(self._run, self._post, self._comment.url, state)

    async def _prepare(self, visit: Visit) -> None:
        await visit.open_at()
        account = await visit.who_is_logged_in()
        await self._write(posts.is_logged_in, account)
        seen_before = len(await visit.find(account))
        filled = await visit.fill()
        if filled != self._comment.body:
            raise Unavailable("The page made something else of the comment, so it was not submitted.")
        async with self._posting.database.write() as db:
            await self._run.check(db)
            await posts.arm(
                db,
                self._post.id,
                self._posting.compose,
                seen_before=seen_before,
                most_per_minute=self._posting.pace.per_minute,
            )
            self._post = await db.get_one(Post, self._post.id)
        self._is_armed = True

    async def _submit(self, visit: Visit) -> None:
        if self._post.armed_at is None or utc_now() - self._post.armed_at > timedelta(seconds=CLICK_WITHIN_SECONDS):
            raise TooEarly("The attempt was held up and did not click.", 0.0)
        answer = await visit.submit(self._posting.pace.answer)
        comment_id = None if answer is None or not answer.is_yes else self._platform.comment_id(answer.body)
        if comment_id is not None:
            return await self._is_posted(comment_id, None, f"answered {answer.status}" if answer else "")
        await self._write(posts.tell_reading)
        await visit.open_at()
        if await self._adopted(visit):
            return None
        if answer is None and isinstance(self._adapter, LearnedPage):
            await self._posting.sites.failed(self._post)
        if answer is not None and answer.is_no:
            self._is_turned_away = answer.status in TURNED_AWAY
            if self._is_turned_away:
                await visit.who_is_logged_in()
            raise Refused(f"The platform did not take the comment (it answered {answer.status}).")
        raise self._later()

    async def _adopted(self, visit: Visit) -> bool:
        """Find the comment there: then it is posted."""
        found = await visit.find(self._post.account)
        if len(found) <= self._post.seen_before:
            return False
        await self._is_posted(found[0].comment_id, found[0].permalink, "read back")
        return True

    async def _is_posted(self, comment_id: str | None, permalink: str | None, proof: str) -> None:
        link = permalink or self._platform.permalink(self._comment, comment_id)
        await self._end(posts.is_posted, comment_id, link, proof)
        if isinstance(self._adapter, LearnedPage):
            await self._posting.sites.worked(self._post)

    def _later(self) -> TooEarly:
        return TooEarly("It was submitted; what came of it is looked at in a while.", self._posting.pace.settle)

    def _seconds_to_wait(self) -> float:
        armed, looked = self._post.armed_at, self._post.last_read_at
        pace, now = self._posting.pace, utc_now()
        settled = 0.0 if armed is None else pace.settle - (now - armed).total_seconds()
        rested = 0.0 if looked is None else pace.look_again - (now - looked).total_seconds()
        return max(settled, rested)

    @asynccontextmanager
    async def _visit(self) -> AsyncIterator[Visit]:
        await self._posting.reach.check(self._comment.url)
        opened: Any = None if self._login is None else self._posting.seal.open(self._login.sealed)
        if self._api is not None:
            async with self._api.client(opened, self._renewed, self._comment.url) as client:
                yield ApiVisit(client, self._api, self._comment)
        else:
            async with self._browser(opened) as visit:
                yield visit

    @asynccontextmanager
    async def _browser(self, state: StorageState | None) -> AsyncIterator[Visit]:
        tags = {"post": self._post.id, "attempt": str(self._run.fence)}
        try:
            async with self._posting.browsers.open(state, tags) as opened:
                await self._write(posts.has_browser, opened.key)
                kept_from = await keep_to(opened.context, self._comment.url)
                opened.context.set_default_timeout(STEP_MS)
                opened.context.set_default_navigation_timeout(self._posting.pace.page * 1000)
                page = await new_page(opened.context, self._comment.url, kept_from)
                yield PageVisit(page, self._adapter, self._comment, kept_from)
        finally:  # it is closed: nobody has to end it, not even if this process dies now
            if not self._has_ended:
                with suppress(Conflict):
                    await self._write(posts.has_browser, None)

    async def _renewed(self, tokens: Tokens) -> None:
        if self._login is not None:
            async with self._posting.database.write() as db:
                await logins.renew_login(db, self._login.id, self._posting.seal.seal(tokens))

    async def _write(self, change: Callable[..., Awaitable[Any]], *more: Any) -> None:
        async with self._posting.database.write() as db:
            await self._run.check(db)
            await change(db, self._post.id, *more)

    async def _end(self, change: Callable[..., Awaitable[Any]], *more: Any) -> None:
        async with self._posting.database.write() as db:
            await self._run.finish(db)
            await change(db, self._post.id, *more)
        self._has_ended = True


NOT_SEEN = "It was submitted, but it is not to be seen there. Look there, and say whether it is."


async def _comment_of(db: Db, post: Post) -> Comment:
    note = await db.get_one(NoteRow, post.note_id)
    video = await db.get_one(Video, note.video_id)
    address = posting_address(video.platform, video.external_id, video.url or "")
    return Comment(address.url, post.target, post.body, note.start_seconds, note.end_seconds)


def _plain(problem: Exception) -> str:
    """Say what went wrong with a page, without its content."""
    if type(problem).__name__ == "TimeoutError":
        return "The page took too long."
    return f"The page did not do what was expected ({type(problem).__name__})."
