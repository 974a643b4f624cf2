"""Notes: the legal moves of their status, and every change as a new version, a history row and an event."""

import math
from typing import Any

from sqlmodel import col, or_, select

from lossy.db import videos
from lossy.db.engine import Db
from lossy.db.models import NoteHistory, NoteRow, Role, VideoMember, VideoStatus
from lossy.db.types import utc_now
from lossy.errors import Conflict, InvalidInput, NotFound
from lossy.events import Category, Note, NoteChanged, NoteRemoved, NoteStatus

MAX_TEXT_CHARACTERS = 200
PAGE = 500

_S = NoteStatus
LEGAL_MOVES: dict[NoteStatus, frozenset[NoteStatus]] = {
    _S.GHOST: frozenset({_S.FIRMED, _S.CANCELLED, _S.PENDING_POST}),
    _S.FIRMED: frozenset({_S.PENDING_POST, _S.CANCELLED, _S.ARCHIVED}),
    _S.PENDING_POST: frozenset({_S.POSTING, _S.FIRMED, _S.FAILED, _S.NEEDS_LOGIN}),
    _S.POSTING: frozenset({_S.POSTED, _S.FAILED, _S.NEEDS_LOGIN, _S.UNKNOWN}),
    _S.POSTED: frozenset({_S.ARCHIVED}),
    _S.FAILED: frozenset({_S.PENDING_POST, _S.FIRMED, _S.ARCHIVED}),
    _S.NEEDS_LOGIN: frozenset({_S.PENDING_POST, _S.FIRMED}),
    _S.UNKNOWN: frozenset({_S.POSTED, _S.FAILED, _S.PENDING_POST}),
    _S.CANCELLED: frozenset({_S.GHOST, _S.FIRMED}),
    _S.ARCHIVED: frozenset({_S.FIRMED}),
}
"""From a status to those that may follow. Undo brings cancelled notes back."""

EDITABLE = ("text", "category", "start_seconds", "end_seconds")
PRIVATE = (NoteStatus.GHOST, NoteStatus.CANCELLED)
"""Not said yet, or taken back: only the author sees these."""
_KEPT_IN_HISTORY = (*EDITABLE, "status", "permalink", "error", "thumbnail_url")


async def create_note(db: Db, note: NoteRow) -> Note:
    """Insert a note and tell it; the video it is on moves to in progress."""
    video = await videos.require_video(db, note.author_id, note.video_id, Role.COMMENTER)
    db.add(note)
    await db.flush()
    if video.status is VideoStatus.QUEUED:
        video.status = VideoStatus.IN_PROGRESS
    video.reviewed_to_seconds = max(video.reviewed_to_seconds, note.start_seconds)
    await videos.touch_video(db, video)
    return _tell(db, note)


async def note_of_turn(db: Db, turn_id: str) -> NoteRow | None:
    """Find what a turn became: a turn makes at most one note."""
    return (await db.exec(select(NoteRow).where(NoteRow.turn_id == turn_id))).first()


async def list_notes(
    db: Db,
    user_id: str,
    *,
    video_id: str | None = None,
    statuses: tuple[NoteStatus, ...] = (),
    search: str = "",
    limit: int = PAGE,
    offset: int = 0,
) -> list[Note]:
    """List notes that the user may see in the order of the video; cancelled and archived only when asked for."""
    query = (
        select(NoteRow)
        .join(VideoMember, col(VideoMember.video_id) == col(NoteRow.video_id))
        .where(VideoMember.user_id == user_id, col(NoteRow.deleted_at).is_(None))
        .where(or_(col(NoteRow.status).not_in(PRIVATE), NoteRow.author_id == user_id))
        .order_by(col(NoteRow.video_id), col(NoteRow.start_seconds), col(NoteRow.created_at))
        .limit(limit)
        .offset(offset)
    )
    if video_id is not None:
        query = query.where(NoteRow.video_id == video_id)
    if statuses:
        query = query.where(col(NoteRow.status).in_(statuses))
    else:
        query = query.where(col(NoteRow.status).not_in((NoteStatus.CANCELLED, NoteStatus.ARCHIVED)))
    if search.strip():
        query = query.where(col(NoteRow.text).icontains(search.strip(), autoescape=True))
    return [Note.model_validate(row) for row in (await db.exec(query)).all()]


async def require_note(db: Db, user_id: str, note_id: str, role: Role = Role.VIEWER) -> NoteRow:
    """Give a note that the user may use so, deleted ones included; `NotFound` to everybody else."""
    note = await db.get(NoteRow, note_id)
    if note is None:
        raise NotFound("There is no such note.")
    if role is not Role.VIEWER:
        await _lock(db, note)
    try:
        await videos.require_video(db, user_id, note.video_id, role)
    except NotFound as error:
        raise NotFound("There is no such note.") from error
    if note.status in PRIVATE and note.author_id != user_id:
        raise NotFound("There is no such note.")
    return note


async def edit_note(db: Db, user_id: str, note_id: str, changes: dict[str, Any], version: int | None = None) -> Note:
    """Change text, category or times. With `version`, refuse with `Conflict` if somebody else was quicker."""
    note = await require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is not None:
        raise Conflict("This note was deleted. Bring it back first.")
    if version is not None and version != note.version:
        raise Conflict("This note was changed elsewhere meanwhile. Look at it again, then repeat your change.")
    return await _change(db, note, user_id, "edited", _checked(note, changes))


async def move_note(db: Db, note: NoteRow, actor_id: str, status: NoteStatus, **changes: Any) -> Note:
    """Give a note another status, untold if it was deleted; `Conflict` if the table of legal moves forbids it."""
    await _lock(db, note)
    if status not in LEGAL_MOVES[note.status]:
        raise Conflict(f"A note that is {note.status} can't become {status}.")
    told = note.deleted_at is None
    return await _change(db, note, actor_id, status.value, {"status": status, **changes}, tell=told)


async def delete_note(db: Db, user_id: str, note_id: str) -> None:
    """Take a note out of every list; `restore_note` brings it back."""
    note = await require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is None:
        await _change(db, note, user_id, "deleted", {"deleted_at": utc_now()}, tell=False)
        db.tell(
            NoteRemoved(user_id=note.author_id, session_id=note.session_id, video_id=note.video_id, note_id=note.id)
        )


async def restore_note(db: Db, user_id: str, note_id: str) -> Note:
    """Bring a deleted note back as it was."""
    note = await require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is None:
        return Note.model_validate(note)
    return await _change(db, note, user_id, "restored", {"deleted_at": None})


async def history(db: Db, user_id: str, note_id: str) -> list[NoteHistory]:
    """List what was done to a note, oldest first."""
    await require_note(db, user_id, note_id)
    query = select(NoteHistory).where(NoteHistory.note_id == note_id).order_by(col(NoteHistory.id))
    return list((await db.exec(query)).all())


async def _lock(db: Db, note: NoteRow) -> None:
    # Who changes a note at the same moment waits here, and then sees what the first one made of it.
    await db.refresh(note, with_for_update={"key_share": True})


async def _change(
    db: Db, note: NoteRow, actor_id: str, change: str, values: dict[str, Any], *, tell: bool = True
) -> Note:
    before = {name: getattr(note, name) for name in _KEPT_IN_HISTORY}
    db.add(NoteHistory(note_id=note.id, actor_id=actor_id, change=change, before=before))
    for name, value in values.items():
        setattr(note, name, value)
    note.version += 1
    note.updated_at = utc_now()
    db.add(note)
    await db.flush()
    video = await videos.require_video(db, note.author_id, note.video_id)
    await videos.touch_video(db, video)
    return _tell(db, note) if tell else Note.model_validate(note)


def _checked(note: NoteRow, changes: dict[str, Any]) -> dict[str, Any]:
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise InvalidInput(f"{', '.join(sorted(unknown))} of a note can't be edited.")
    values = dict(changes)
    if "text" in values:
        values["text"] = " ".join(str(values["text"]).split())
        if not values["text"]:
            raise InvalidInput("A note needs some words. To remove it, delete it.")
        if len(values["text"]) > MAX_TEXT_CHARACTERS:
            raise InvalidInput(f"A note has at most {MAX_TEXT_CHARACTERS} characters; this has {len(values['text'])}.")
    if "category" in values:
        if values["category"] not in tuple(Category):
            raise InvalidInput(f"A note's category is one of {', '.join(Category)}.")
        values["category"] = Category(values["category"])
    start = values.get("start_seconds", note.start_seconds)
    end = values.get("end_seconds", note.end_seconds)
    end_or_start = start if end is None else end
    if start is None or not (math.isfinite(end_or_start) and 0 <= start <= end_or_start):
        raise InvalidInput("A note's time must not be before the video's start, nor its end before its start.")
    return values


def _tell(db: Db, note: NoteRow) -> Note:
    view = Note.model_validate(note)
    db.tell(NoteChanged(user_id=note.author_id, session_id=note.session_id, video_id=note.video_id, note=view))
    return view
