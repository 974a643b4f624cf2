"""A page that is somebody's: locked until its browser shows whose it is, then filled with a view for that user.

The lock opens by a one-time ticket, not by a cookie or an address, at every load again: NiceGUI reloads pages by
itself after a restart of the server. A page may change from one view to another without a reload, which keeps a file
that the user chose.
"""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from nicegui import ui

from lossy.agent.accounts import PAGE_TICKET
from lossy.agent.core import Core
from lossy.bus import Missed
from lossy.db import users, videos
from lossy.db.engine import Db
from lossy.db.models import Token, User
from lossy.db.users import Identity
from lossy.errors import LossyError, NotSignedIn
from lossy.events import EVERYBODY_TOPIC, Event, RecogniserChanged, SignedOut
from lossy.ui import gate
from lossy.ui.components.lock import Lock
from lossy.ui.components.states import loading_state, problem_state
from lossy.ui.pump import Pump
from lossy.ui.theme import Frame
from lossy.video_url import SAMPLE_TITLE, SAMPLE_URL, identify_url

MAX_MISSES = 5
"""Tickets that one page may get wrong."""


class View(Protocol):
    """What fills a page."""

    async def build(self, page: "Page") -> None:
        """Build into the current slot."""

    def close(self, page: "Page") -> None:
        """Undo what would outlive the elements."""


class Page:
    """One client's page. `identity` and `pump` are there once it is unlocked, before any view is built."""

    identity: Identity
    pump: Pump

    def __init__(self, core: Core, here: str, title: str, first: View) -> None:
        self.core = core
        self.client = ui.context.client
        self.frame = Frame(core, here, title)
        self._view: View | None = None
        self._first = first
        self._unlocked = False
        self._signed_out = False
        self._misses = 0
        self._unlocking = asyncio.Lock()
        with self.frame.content:
            loading_state(here)
        with self.frame.notices:
            self.lock = Lock(self._unlock)
        self.frame.bar.on("sample", lambda: self.attempt(self.open_sample()))

    async def show(self, view: View) -> None:
        """Replace what fills the page; a refusal is shown as a state of the page."""
        if self._view is not None:
            self._view.close(self)
        self._view = view
        self.frame.content.clear()
        with self.frame.content:
            try:
                await view.build(self)
            except LossyError as refusal:
                self.frame.content.clear()
                problem_state(refusal)

    async def attempt(self, work: Awaitable[None]) -> None:
        """Do something for the user; what is refused is said in words. Once signed out, nothing is done."""
        if self._signed_out:
            if asyncio.iscoroutine(work):
                work.close()
            return
        try:
            await work
        except LossyError as refusal:
            self.say(refusal.message)

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

        self.frame.bar.move_to("review")
        ui.navigate.history.push(f"/review/{video_id}" + ("?play=sample" if plays else ""))
        await self.show(ReviewView(video_id, plays=plays))

    async def _unlock(self, ticket: str) -> None:
        if self._unlocked:
            return
        if self._unlocking.locked():
            await self._missed()
            return
        async with self._unlocking:
            try:
                async with self.core.database.write() as db:
                    identity = await _identity_of(db, ticket)
            except NotSignedIn:
                await self._missed()
                return
        self._unlocked = True
        self.identity = identity
        self.pump = Pump(self.client, self.core.bus, f"user:{identity.user_id}", EVERYBODY_TOPIC)
        self.pump.listen(self._hear)
        self.frame.bar.show_account(identity.email)
        await self.show(self._first)

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
                self.frame.bar.show_recogniser(item.model, item.phase, item.progress, item.message)
            elif isinstance(item, SignedOut) and self.identity.token_id in item.token_ids:
                self._signed_out = True
                self.pump.close()
                self.frame.content.clear()
                self.lock.send_away()


async def _identity_of(db: Db, ticket: str) -> Identity:
    spent = await users.spend_ticket(db, ticket, PAGE_TICKET)
    user = await db.get(User, spent.user_id)
    token = await db.get(Token, spent.token_id) if spent.token_id else None
    if user is None or token is None or token.revoked_at is not None:
        raise NotSignedIn("You were signed out. Sign in again.")
    return Identity(user_id=user.id, token_id=token.id, email=user.email)
