"""Video frames that reviewers' browsers sent: private to the reviewer, gone with the video or the session."""

from sqlmodel import col, func, select, update

from lossy.db.engine import Db
from lossy.db.models import ReviewSession, VideoFrame
from lossy.db.sessions import require_session

MAX_FRAMES = 50
"""Of one session."""


async def hashes_of(db: Db, session_id: str) -> list[int]:
    """Give the hashes of a session's frames."""
    return [
        int(each, 16) for each in (await db.exec(select(VideoFrame.dhash).where(VideoFrame.session_id == session_id)))
    ]


async def add_frame(db: Db, frame: VideoFrame) -> bool:
    """Keep a frame; false if its session has as many as it may."""
    # Two at once for one session wait for each other here.
    await db.exec(select(ReviewSession.id).where(ReviewSession.id == frame.session_id).with_for_update())
    count = select(func.count()).where(col(VideoFrame.session_id) == frame.session_id)
    if (await db.exec(count)).one() >= MAX_FRAMES:
        return False
    db.add(frame)
    await db.flush()
    return True


async def nearest_frame(
    db: Db, user_id: str, session_id: str, stretch: tuple[float, float], within_seconds: float
) -> VideoFrame | None:
    """Find the user's frame nearest to a stretch of the video, not farther from it than that."""
    first_seconds, last_seconds = stretch
    await require_session(db, user_id, session_id)
    position = col(VideoFrame.position_seconds)
    middle = (first_seconds + last_seconds) / 2
    query = (
        select(VideoFrame)
        .where(VideoFrame.session_id == session_id)
        .where(position >= first_seconds - within_seconds, position <= last_seconds + within_seconds)
        .order_by(func.abs(position - middle))
        .limit(1)
    )
    return (await db.exec(query)).first()


async def spend_refinement(db: Db, session_id: str, most: int) -> bool:
    """Count a look of a model at a frame; false, and nothing counted, if the session had as many as it may."""
    spent = await db.exec(
        update(ReviewSession)
        .where(col(ReviewSession.id) == session_id, col(ReviewSession.refinements) < most)
        .values(refinements=col(ReviewSession.refinements) + 1)
    )
    return bool(spent.rowcount)
