"""Reviewers with videos and notes, and what a page told its browser."""

import asyncio
from dataclasses import dataclass

from nicegui import ui
from nicegui.testing import User

from lossy.agent.accounts import Accounts
from lossy.agent.core import Core
from lossy.db import notes, users, videos
from lossy.db.models import NoteRow
from lossy.events import Category, Note, NoteStatus
from lossy.ui.components.lock import Lock

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Reviewer:
    """Somebody with an account, who is signed in."""

    core: Core
    identity: users.Identity

    async def ticket(self) -> str:
        """Get the key that opens a page."""
        return await Accounts(self.core.database).issue_page_ticket(self.identity)

    async def unlock(self, user: User, path: str) -> None:
        """Open a page and show whose it is."""
        await user.open(path)
        user.find(kind=Lock).trigger("ticket", {"ticket": await self.ticket()})

    async def add_video(self, title: str = "Harbour cut") -> str:
        """Put a video into the library."""
        async with self.core.database.write() as db:
            video = await videos.open_video(
                db,
                self.identity.user_id,
                platform="web",
                external_id=title,
                url="https://media.example.com/cut.mp4",
                title=title,
                duration_seconds=60.0,
            )
        return video.id

    async def add_note(self, video_id: str, text: str) -> Note:
        """Write a firmed note."""
        row = NoteRow(
            author_id=self.identity.user_id,
            video_id=video_id,
            start_seconds=3.0,
            text=text,
            category=Category.AUDIO,
            confidence=0.9,
            status=NoteStatus.FIRMED,
        )
        async with self.core.database.write() as db:
            return await notes.create_note(db, row)

    async def notes(self, video_id: str) -> list[Note]:
        """Read the notes of a video."""
        async with self.core.database.read() as db:
            return await notes.list_notes(db, self.identity.user_id, video_id=video_id)


async def reviewer(core: Core, email: str) -> Reviewer:
    """Make an account and sign in to it."""
    async with core.database.write() as db:
        account = await users.add_user(db, email, None)
        identity = await users.identify(db, await users.issue_token(db, account.id, "test"))
    return Reviewer(core, identity)


def told(user: User) -> str:
    """Give all that the page had its browser do."""
    assert user.client is not None
    sent = [message for _, _, message in user.client.outbox.message_history]
    return "\n".join(str(body.get("code", body)) for _, _, body in sent)


async def hears(user: User, words: str) -> None:
    """Wait until the page told its browser something with these words."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while words not in told(user):  # noqa: ASYNC110  # what was sent can only be looked at
            await asyncio.sleep(0.01)


async def sees(user: User, words: str | None = None, *, kind: type[ui.element] | None = None) -> None:
    """Wait until the page shows some words, or an element of a kind."""
    looks = int(PATIENCE_SECONDS / 0.1)
    if kind is not None:
        await user.should_see(kind=kind, retries=looks)
    elif words is not None:
        await user.should_see(words, retries=looks)
