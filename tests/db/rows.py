"""Rows that the tests of the database begin with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lossy.db import notes, sessions, users, videos
from lossy.db.engine import Database, Db
from lossy.db.models import NoteRow, Recording, RecordingMode, ReviewSession, Role, Video
from lossy.db.types import new_id
from lossy.events import Category, Note, NoteStatus

T = TypeVar("T")


@dataclass(frozen=True)
class Reviewer:
    """A user with a video and their session on it."""

    user_id: str
    email: str
    video: Video
    session: ReviewSession


async def reviewer(database: Database, email: str = "a@example.org", external_id: str = "one") -> Reviewer:
    """Make a user who has opened a video."""
    async with database.write() as db:
        user = await users.add_user(db, email, None)
        video = await opened(db, user.id, external_id)
        session = await sessions.open_session(db, user.id, video.id)
    return Reviewer(user.id, email, video, session)


async def opened(db: Db, user_id: str, external_id: str = "one", **facts: Any) -> Video:
    """Open a video of YouTube."""
    known: dict[str, Any] = {"url": None, "title": f"Film {external_id}", "duration_seconds": None, **facts}
    return await videos.open_video(db, user_id, platform="youtube", external_id=external_id, **known)


async def share(database: Database, owner: Reviewer, other: Reviewer, role: Role = Role.VIEWER) -> None:
    """Let somebody see the owner's video."""
    async with database.write() as db:
        await videos.add_member(db, owner.user_id, owner.video.id, other.email, role)


async def noted(database: Database, who: Reviewer, **values: Any) -> Note:
    """Write a note, firmed unless it is said otherwise."""
    async with database.write() as db:
        return await notes.create_note(db, note_row(who, **values))


def note_row(who: Reviewer, **values: Any) -> NoteRow:
    """Make a note's row that is not in the database yet."""
    row: dict[str, Any] = {
        "video_id": who.video.id,
        "session_id": who.session.id,
        "author_id": who.user_id,
        "text": "The cut is late",
        "start_seconds": 1.0,
        "category": Category.PACING,
        "confidence": 0.9,
        "status": NoteStatus.FIRMED,
    }
    return NoteRow(**{**row, **values})


async def recorded(database: Database, who: Reviewer) -> Recording:
    """Open the microphone."""
    recording = Recording(id=new_id(), session_id=who.session.id, user_id=who.user_id, mode=RecordingMode.ONE_NOTE)
    async with database.write() as db:
        return await sessions.open_recording(db, recording)


async def do(database: Database, function: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
    """Run one function of the database in a transaction of its own."""
    async with database.write() as db:
        return await function(db, *arguments, **named)
