"""A page that is somebody's: locked until its browser shows whose it is, then filled with a view for that user.

The lock opens by a one-time ticket, not by a cookie or an address, at every load again: NiceGUI reloads pages by
itself after a restart of the server. A page may change from one view to another without a reload, which keeps a file
that the user chose.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from nicegui import background_tasks, ui

from lossy.agent.accounts import PAGE_TICKET
from lossy.agent.core import Core
from lossy.bus import Missed
from lossy.db import users, videos
from lossy.db.engine import DATABASE_FAILURES, Db
from lossy.db.models import User
from lossy.db.users import Identity
from lossy.errors import LossyError, NotSignedIn
from lossy.events import EVERYBODY_TOPIC, Event, RecogniserChanged, SignedOut
from lossy.ui import gate, sign_ins
from lossy.ui.components.lock import Lock
from lossy.ui.components.states import broken_state, loading_state, problem_state
from lossy.ui.pump import Pump
from lossy.ui.theme import BareFrame, Frame
from lossy.video_url import SAMPLE_TITLE, SAMPLE_URL, identify_url

MAX_MISSES = 5
"""Tickets that one page may get wrong."""
RETRY_SECONDS = 1.0
BROKE = "Something in Lossy broke, and that was not done. Your notes are safe. Try again."

logger = logging.getLogger(__name__)


class View(Protocol):
    """What fills a page."""

    async def build(self, page: "Page") -> None:
        """Build into the current slot."""

    def close(self, page: "Page") -> None:
        """Undo what would outlive the elements, also after a build that failed half-way."""


class Page:
    """One client's page. `identity` and `pump` are there once it is unlocked, before any view is built."""

    identity: Identity
    pump: Pump

    def __init__(self, core: Core, here: str, title: str, first: Callable[[], View]) -> None:
        self.core = core
        self.client = ui.context.client
        self.frame = self._build_frame(here, title)
        self._view: View | None = None
        self._wanted: View | None = None
        self._showing = asyncio.Lock()
        self._first = first
        self._unlocked = False
        self._signed_out = False
        self._misses = 0
        self._unlocking = asyncio.Lock()
        with self.frame.content:
            loading_state(here)
        with self.frame.notices:
            self.lock = self._build_lock()

    async def show(self, view: View) -> None:
        """Replace what fills the page; what is refused becomes a state of it. Of several at once the last counts."""
        self._wanted = view
        async with self._showing:
            if view is not self._wanted or self._signed_out:
                return
            if self._view is not None:
                self._view.close(self)
                self._view = None
            await self._build(view)

    async def attempt(self, work: Awaitable[None]) -> None:
        """Do something for the user; what is refused or breaks is said in words. Once signed out, nothing is done."""
        if self._signed_out:
            if asyncio.iscoroutine(work):
                work.close()
            return
        try:
            await work
        except LossyError as refusal:
            self.say(refusal.message)
        except DATABASE_FAILURES:
            logger.exception("Something that a user asked for broke.")
            self.say(BROKE)

    def say(self, message: str) -> None:
        """Show a short message."""
        self.frame.toasts.show(message)

    async def open_sample(self) -> None:
        """Open the sample review, which plays and speaks by itself."""
        named = identify_url(SAMPLE_URL)
        async with self.core.database.write() as db:
            video = await videos.open_video(
                db,
                self.identity.user_id,
                platform=named.platform,
                external_id=named.external_id,
                url=named.url,
                title=SAMPLE_TITLE,
                duration_seconds=None,
            )
        await self.open_review(video.id, plays=True)

    async def open_review(self, video_id: str, *, plays: bool = False) -> None:
        """Go to a review without a reload."""
        from lossy.ui.pages.review import ReviewView  # noqa: PLC0415  # a view opens pages, a page opens views

        self.frame.move_to("review")
        ui.navigate.history.push(f"/review/{video_id}" + ("?play=sample" if plays else ""))
        await self.show(ReviewView(video_id, plays=plays))

    def _build_frame(self, here: str, title: str) -> BareFrame:
        frame = Frame(self.core, here, title)
        frame.bar.on("sample", lambda: self.attempt(self.open_sample()))
        return frame

    def _build_lock(self) -> Lock:
        return Lock(self._unlock)

    async def _build(self, view: View) -> None:
        self.frame.content.clear()
        try:
            with self.frame.content:
                await view.build(self)
        except LossyError as refusal:
            view.close(self)
            self._fill(partial(problem_state, refusal))
        except Exception:
            logger.exception("A page could not be filled.")
            view.close(self)
            self._fill(lambda: broken_state(lambda: self.show(view)))
        else:
            self._view = view
        if self._signed_out:
            self._empty()

    async def _unlock(self, ticket: str) -> None:
        if self._unlocked:
            return
        if self._unlocking.locked():
            await self._missed()
            return
        async with self._unlocking:
            try:
                await self._let_in(ticket)
            except NotSignedIn:
                await self._missed()
                return
            except Exception:
                logger.exception("A page could not be unlocked.")
                self._fill(lambda: broken_state(self.lock.ask_again))
                return
        await self.show(self._first())

    async def _let_in(self, ticket: str) -> None:
        async with self.core.database.write() as db:
            identity = await _identity_of(db, ticket)
        self.pump = Pump(self.client, self.core.bus, f"user:{identity.user_id}", EVERYBODY_TOPIC)
        try:
            # Once more, as only from here on the page hears that it was signed out.
            async with self.core.database.read() as db:
                until = await sign_ins.signed_in_until(db, identity.token_id)
        except Exception:
            self.pump.close()
            raise
        self._unlocked = True
        self.identity = identity
        self.pump.listen(self._hear)
        sign_ins.call_at(until, self._end)
        self.core.connections.arrive(identity.user_id, self)
        self.client.on_delete(self._leave)
        self.frame.show_account(identity.email)

    async def _missed(self) -> None:
        # Each ticket that is tried takes the database's one write line: nobody may try for long.
        self._misses += 1
        if self._misses >= MAX_MISSES:
            await gate.cut_off(self.client)
        else:
            self.lock.ask_again()

    def _hear(self, batch: list[Event | Missed]) -> None:
        for item in batch:
            if isinstance(item, RecogniserChanged):
                self.frame.show_recogniser(item.model, item.phase, item.progress, item.message)
            elif isinstance(item, Missed):
                background_tasks.create(self._check_sign_in(), name="check a page's sign-in")
            elif isinstance(item, SignedOut) and self.identity.token_id in item.token_ids:
                self._end()

    async def _check_sign_in(self) -> None:
        while not self._signed_out and not self.lock.is_deleted:
            try:
                async with self.core.database.read() as db:
                    await sign_ins.signed_in_until(db, self.identity.token_id)
            except NotSignedIn:
                self._end()
            except DATABASE_FAILURES:
                logger.warning("Whether a page is still signed in could not be read; asking again.")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _end(self) -> None:
        if self._signed_out:
            return
        self._signed_out = True
        self._leave()
        self.pump.close()
        self._empty()
        with self.client.content:
            self.lock.send_away()

    def _leave(self) -> None:
        sign_ins.forget(self._end)
        self.core.connections.leave(self.identity.user_id, self)

    def _fill(self, build: Callable[[], object]) -> None:
        self.frame.content.clear()
        with self.frame.content:
            build()

    def _empty(self) -> None:
        self.frame.content.clear()


async def _identity_of(db: Db, ticket: str) -> Identity:
    spent = await users.spend_ticket(db, ticket, PAGE_TICKET)
    user = await db.get(User, spent.user_id)
    if user is None or spent.token_id is None:
        raise NotSignedIn("You were signed out. Sign in again.")
    await sign_ins.signed_in_until(db, spent.token_id)
    return Identity(user_id=user.id, token_id=spent.token_id, email=user.email)
