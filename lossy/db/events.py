"""Reading the `events` table back: what a client that was away asks with `since=`."""

from sqlmodel import col, func, or_, select

from lossy.db.engine import Db
from lossy.db.models import EventRow, VideoMember
from lossy.events import EVENT, AnyEvent, Event

PAGE = 500
SHARED_TYPES = ("note_changed", "note_removed", "posting_stepped", "video_changed")
"""What the other members of a video may read of somebody's work on it."""


async def events_since(
    db: Db, user_id: str, seq: int, *, session_id: str | None = None, limit: int = PAGE
) -> list[AnyEvent]:
    """List stored events after `seq` that the user may see, oldest first, at most `limit`."""
    shared = select(VideoMember.video_id).where(VideoMember.user_id == user_id)
    visible = or_(
        EventRow.user_id == user_id,
        col(EventRow.video_id).in_(shared) & col(EventRow.type).in_(SHARED_TYPES),
    )
    query = select(EventRow).where(visible).order_by(col(EventRow.seq)).limit(limit)
    if session_id is not None:
        query = query.where(EventRow.session_id == session_id)
    seen: list[AnyEvent] = []
    while len(seen) < limit:
        rows = (await db.exec(query.where(col(EventRow.seq) > seq))).all()
        events = [EVENT.validate_python({**row.body, "seq": row.seq}) for row in rows]
        seen += [event for event in events if event.user_id == user_id or f"video:{event.video_id}" in event.topics]
        if len(rows) < limit:
            break
        seq = rows[-1].seq or seq
    return seen[:limit]


async def newest_events(db: Db, session_id: str, limit: int = PAGE) -> list[Event]:
    """List the last stored events of a session, oldest first; whose it is, the caller has checked."""
    query = select(EventRow).where(EventRow.session_id == session_id).order_by(col(EventRow.seq).desc()).limit(limit)
    rows = (await db.exec(query)).all()
    return [EVENT.validate_python({**row.body, "seq": row.seq}) for row in reversed(rows)]


async def has_used(db: Db, session_id: str, turn_id: str, tool: str) -> bool:
    """Tell whether a turn's tool has told its result."""
    query = select(EventRow.body).where(EventRow.session_id == session_id, EventRow.type == "tool_result")
    return any(body["turn_id"] == turn_id and body["tool"] == tool for body in (await db.exec(query)).all())


async def last_seq(db: Db) -> int:
    """Give the newest sequence, or 0."""
    return (await db.exec(select(func.max(EventRow.seq)))).one() or 0
