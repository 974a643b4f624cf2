"""Notes: the legal moves of their status, and every change as a new version, a history row and an event."""

import math
from collections.abc import Callable
from typing import Any

from sqlmodel import col, func, or_, select

from lossy.db import videos
from lossy.db.engine import Db
from lossy.db.models import NoteHistory, NoteRow, Role, Turn, VideoMember, VideoStatus
from lossy.db.types import utc_now
from lossy.errors import Conflict, InvalidInput, NotFound
from lossy.events import Category, Note, NoteChanged, NoteRemoved, NoteStatus

MAX_TEXT_CHARACTERS = 200
MOVED_SECONDS = 0.05
"""A note's time that differs by more from the reckoned one was corrected."""
PAGE = 500

_S = NoteStatus
LEGAL_MOVES: dict[NoteStatus, frozenset[NoteStatus]] = {
    _S.GHOST: frozenset({_S.FIRMED, _S.CANCELLED, _S.PENDING_POST}),
    _S.FIRMED: frozenset({_S.PENDING_POST, _S.CANCELLED, _S.ARCHIVED}),
    _S.PENDING_POST: frozenset({_S.POSTING, _S.FIRMED, _S.FAILED, _S.NEEDS_LOGIN}),
    _S.POSTING: frozenset({_S.POSTED, _S.FAILED, _S.NEEDS_LOGIN, _S.UNKNOWN, _S.PENDING_POST}),
    _S.POSTED: frozenset({_S.ARCHIVED}),
    _S.FAILED: frozenset({_S.PENDING_POST, _S.FIRMED, _S.ARCHIVED}),
    _S.NEEDS_LOGIN: frozenset({_S.PENDING_POST, _S.FIRMED}),
    _S.UNKNOWN: frozenset({_S.POSTED, _S.FAILED, _S.PENDING_POST}),
    _S.CANCELLED: frozenset({_S.GHOST, _S.FIRMED}),
    _S.ARCHIVED: frozenset({_S.FIRMED}),
}
"""From a status to those that may follow. Undo brings cancelled notes back."""

EDITABLE = ("text", "category", "start_seconds", "end_seconds")
_POSTED_WITH_IT = ("text", "start_seconds", "end_seconds")
_OUT_OF_HAND = {_S.POSTING: "being posted", _S.POSTED: "posted", _S.UNKNOWN: "posted, as far as anybody knows"}
PRIVATE = (NoteStatus.GHOST, NoteStatus.CANCELLED)
"""Not said yet, or taken back: only the author sees these."""
_UNDONE = "undone"
_REWRITTEN = "rewritten"
_UNDOABLE = (_S.FIRMED, _S.CANCELLED)
"""A note on its way to a platform, or there, is not changed behind its back."""
_TAKE_BACK: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "edited": lambda before: {name: before[name] for name in EDITABLE},
    "deleted": lambda before: {"deleted_at": None},
    "restored": lambda before: {"deleted_at": utc_now()},
    _S.FIRMED.value: lambda before: {"status": _S.CANCELLED},
    _S.CANCELLED.value: lambda before: {"status": _S.FIRMED},
}
"""What undoes a change, by its name in the history."""
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


async def rewrite_note(db: Db, note: NoteRow, **values: Any) -> Note:
    """Give a ghost note other words, as its author went on speaking; that is no change to undo.

    Of one that somebody touched meanwhile only `raw_transcript` changes: what was said is kept beside their wording.
    """
    await _lock(db, note)
    if not await is_as_offered(db, note):
        values = {"raw_transcript": values["raw_transcript"]}
    return await _change(db, note, note.author_id, _REWRITTEN, values, tell=note.deleted_at is None)


async def complete_note(db: Db, note: NoteRow, **values: Any) -> Note:
    """Give a note that nobody touched all the words that were said; of any other, keep them beside its wording."""
    await _lock(db, note)
    touched = select(NoteHistory.id).where(
        NoteHistory.note_id == note.id, col(NoteHistory.change).not_in((_REWRITTEN, _S.FIRMED.value))
    )
    is_untouched = note.deleted_at is None and note.status in (_S.GHOST, _S.FIRMED)
    if not is_untouched or (await db.exec(touched)).first() is not None:
        values = {"raw_transcript": values["raw_transcript"]}
    return await _change(db, note, note.author_id, _REWRITTEN, values, tell=note.deleted_at is None)


async def is_as_offered(db: Db, note: NoteRow) -> bool:
    """Whether a note is still the ghost that was offered, untouched by anybody."""
    if note.status is not NoteStatus.GHOST or note.deleted_at is not None:
        return False
    touched = select(NoteHistory.id).where(NoteHistory.note_id == note.id, NoteHistory.change != _REWRITTEN)
    return (await db.exec(touched)).first() is None


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
    if note.status in _OUT_OF_HAND and set(changes) & set(_POSTED_WITH_IT):
        raise Conflict(f"This note is {_OUT_OF_HAND[note.status]}; its words and time stay as they are there.")
    return await _change(db, note, user_id, "edited", _checked(note, changes))


async def move_note(db: Db, note: NoteRow, actor_id: str, status: NoteStatus, **changes: Any) -> Note:
    """Give a note another status, untold if it was deleted; `Conflict` if the table of legal moves forbids it."""
    await _lock(db, note)
    if status not in LEGAL_MOVES[note.status]:
        raise Conflict(f"A note that is {note.status} can't become {status}.")
    told = note.deleted_at is None
    if told and status in PRIVATE and note.status not in PRIVATE:
        # Its author hears of the change right after; for the others on the video it is gone.
        _tell_removed(db, note)
    return await _change(db, note, actor_id, status.value, {"status": status, **changes}, tell=told)


async def delete_note(db: Db, user_id: str, note_id: str) -> None:
    """Take a note out of every list; `restore_note` brings it back."""
    note = await require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is None:
        await _change(db, note, user_id, "deleted", {"deleted_at": utc_now()}, tell=False)
        _tell_removed(db, note)


async def restore_note(db: Db, user_id: str, note_id: str) -> Note:
    """Bring a deleted note back as it was."""
    note = await require_note(db, user_id, note_id, Role.COMMENTER)
    if note.deleted_at is None:
        return Note.model_validate(note)
    return await _change(db, note, user_id, "restored", {"deleted_at": None})


async def undo_last_change(db: Db, user_id: str, video_id: str) -> Note | None:
    """Take back the user's last change to a note on a video that was not taken back yet, and so on, one for each call.

    None if there is nothing left. Keeping a note is taken back by cancelling it.
    """
    query = (
        select(NoteHistory, NoteRow)
        .join(NoteRow, col(NoteRow.id) == col(NoteHistory.note_id))
        .where(NoteRow.video_id == video_id, NoteHistory.actor_id == user_id)
        .order_by(col(NoteHistory.id).desc())
    )
    undone: set[int] = set()
    for entry, note in (await db.exec(query)).all():
        if entry.change == _UNDONE:
            undone.add(entry.before["undoes"])
        elif entry.id not in undone and note.status in _UNDOABLE and entry.change in _TAKE_BACK:
            await _lock(db, note)
            values = _TAKE_BACK[entry.change](entry.before)
            return await _undo(db, note, user_id, values, entry.id)
    return None


async def last_notes(db: Db, user_id: str, video_id: str, most: int = 1) -> list[NoteRow]:
    """List the user's newest notes on a video that count, newest first: neither cancelled nor deleted."""
    query = (
        select(NoteRow)
        .where(NoteRow.author_id == user_id, NoteRow.video_id == video_id, col(NoteRow.deleted_at).is_(None))
        .where(col(NoteRow.status).not_in((_S.CANCELLED, _S.ARCHIVED)))
        .order_by(col(NoteRow.created_at).desc())
    )
    return list((await db.exec(query.limit(most))).all())


async def asked_lags(db: Db, user_id: str, most: int) -> list[float]:
    """List the reaction lags (s) that would have been right for notes that the user moved, newest first."""
    query = (
        select(col(Turn.lag_seconds) + col(Turn.seen_seconds) - col(NoteRow.start_seconds))
        .join(Turn, col(Turn.id) == col(NoteRow.turn_id))
        .where(NoteRow.author_id == user_id, col(NoteRow.end_seconds).is_(None), col(Turn.lag_seconds).is_not(None))
        .where(func.abs(col(NoteRow.start_seconds) - col(Turn.seen_seconds)) > MOVED_SECONDS)
        .order_by(col(NoteRow.updated_at).desc())
        .limit(most)
    )
    return [lag for lag in (await db.exec(query)).all() if lag is not None]


async def history(db: Db, user_id: str, note_id: str) -> list[NoteHistory]:
    """List what was done to a note, oldest first."""
    await require_note(db, user_id, note_id)
    query = select(NoteHistory).where(NoteHistory.note_id == note_id).order_by(col(NoteHistory.id))
    return list((await db.exec(query)).all())


async def _lock(db: Db, note: NoteRow) -> None:
    # Who changes a note at the same moment waits here, and then sees what the first one made of it.
    await db.refresh(note, with_for_update={"key_share": True})


async def _undo(db: Db, note: NoteRow, user_id: str, values: dict[str, Any], undoes: int | None) -> Note:
    was_shown = note.deleted_at is None
    is_shown = values.get("deleted_at", note.deleted_at) is None
    hides = values.get("status") in PRIVATE and note.status not in PRIVATE
    if was_shown and (hides or not is_shown):
        _tell_removed(db, note)
    return await _change(db, note, user_id, _UNDONE, values, tell=is_shown, undoes=undoes)


async def _change(
    db: Db,
    note: NoteRow,
    actor_id: str,
    change: str,
    values: dict[str, Any],
    *,
    tell: bool = True,
    undoes: int | None = None,
) -> Note:
    before = {name: getattr(note, name) for name in _KEPT_IN_HISTORY}
    if undoes is not None:
        before["undoes"] = undoes
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


def _tell_removed(db: Db, note: NoteRow) -> None:
    db.tell(NoteRemoved(user_id=note.author_id, session_id=note.session_id, video_id=note.video_id, note_id=note.id))
