"""Videos and who may see them."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import and_, case, col, func, or_, select

from lossy.db.engine import Db
from lossy.db.models import NoteRow, Role, Video, VideoMember, VideoStatus
from lossy.db.types import utc_now
from lossy.db.users import user_by_email
from lossy.errors import Conflict, NotAllowed, NotFound
from lossy.events import NoteStatus, VideoChanged, VideoRemoved

_RANK = {Role.VIEWER: 0, Role.COMMENTER: 1, Role.OWNER: 2}


@dataclass(frozen=True)
class LibraryEntry:
    """A video as the library shows it."""

    video: Video
    note_count: int
    posted_count: int


async def open_video(
    db: Db,
    user_id: str,
    *,
    platform: str,
    external_id: str,
    url: str | None,
    title: str,
    duration_seconds: float | None,
) -> Video:
    """Find the user's video by its identity, or put it into the library; later facts about it are kept."""
    new = Video(owner_id=user_id, platform=platform, external_id=external_id, url=url, title=title)
    new.duration_seconds = duration_seconds
    query = select(Video).where(Video.owner_id == user_id, Video.platform == platform, Video.external_id == external_id)
    video = (await db.exec(query)).first()
    if video is None:
        await db.insert_missing(new)
        video = (await db.exec(query)).one()
        if video.id == new.id:
            db.add(VideoMember(video_id=video.id, user_id=user_id, role=Role.OWNER))
            db.tell(VideoChanged(user_id=user_id, video_id=video.id))
    if duration_seconds is not None and video.duration_seconds != duration_seconds:
        video.duration_seconds = duration_seconds
        db.tell(VideoChanged(user_id=user_id, video_id=video.id))
    return video


async def require_video(db: Db, user_id: str, video_id: str, role: Role = Role.VIEWER) -> Video:
    """Give a video that the user may use so; `NotFound` to outsiders, `NotAllowed` to members of a lower role."""
    query = select(Video, VideoMember.role).where(
        Video.id == video_id, VideoMember.video_id == Video.id, VideoMember.user_id == user_id
    )
    found = (await db.exec(query)).first()
    if found is None:
        raise NotFound("There is no such video in your library.")
    video, held = found[0], Role(found[1])
    if _RANK[held] < _RANK[role]:
        raise NotAllowed(f"You are a {held} of this video; this needs a {role}.")
    return video


async def find_video(db: Db, user_id: str, platform: str, external_id: str) -> Video | None:
    """Find a video that the user may see by its identity; their own comes first."""
    query = (
        select(Video)
        .join(VideoMember, col(VideoMember.video_id) == col(Video.id))
        .where(VideoMember.user_id == user_id, Video.platform == platform, Video.external_id == external_id)
        .order_by(col(Video.owner_id) != user_id)
    )
    return (await db.exec(query)).first()


async def library(
    db: Db, user_id: str, *, status: VideoStatus | None = None, search: str = "", limit: int = 200
) -> list[LibraryEntry]:
    """List the videos that the user may see, newest activity first; `search` looks in titles and notes."""
    shown = and_(
        col(NoteRow.deleted_at).is_(None),
        col(NoteRow.status).not_in((NoteStatus.CANCELLED, NoteStatus.ARCHIVED)),
        or_(col(NoteRow.status) != NoteStatus.GHOST, NoteRow.author_id == user_id),
    )
    posted = func.sum(case((col(NoteRow.status) == NoteStatus.POSTED, 1), else_=0))
    query: Any = (
        select(Video, func.count(col(NoteRow.id)), func.coalesce(posted, 0))
        .join(VideoMember, col(VideoMember.video_id) == col(Video.id))
        .outerjoin(NoteRow, (col(NoteRow.video_id) == col(Video.id)) & shown)
        .where(VideoMember.user_id == user_id)
        .group_by(col(Video.id))
        .order_by(col(Video.updated_at).desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(Video.status == status)
    if search.strip():
        pattern = f"%{_escaped(search.strip())}%"
        in_notes = select(NoteRow.video_id).where(col(NoteRow.text).ilike(pattern, escape="\\"), shown)
        in_title = col(Video.title).ilike(pattern, escape="\\")
        query = query.where(or_(in_title, col(Video.id).in_(in_notes.correlate(None))))
    return [LibraryEntry(video, count, int(done)) for video, count, done in (await db.exec(query)).all()]


async def library_counts(db: Db, user_id: str) -> dict[VideoStatus, int]:
    """Count the user's videos by status."""
    query = (
        select(Video.status, func.count())
        .join(VideoMember, col(VideoMember.video_id) == col(Video.id))
        .where(VideoMember.user_id == user_id)
        .group_by(Video.status)
    )
    return {VideoStatus(status): count for status, count in (await db.exec(query)).all()}


async def change_video(db: Db, user_id: str, video_id: str, **changes: Any) -> Video:
    """Change title, status or thumbnail as its owner."""
    video = await require_video(db, user_id, video_id, Role.OWNER)
    for name, value in changes.items():
        setattr(video, name, value)
    await touch_video(db, video)
    return video


async def touch_video(db: Db, video: Video) -> None:
    """Mark that something happened on a video; the first work on it moves it to in progress."""
    video.updated_at = utc_now()
    db.add(video)
    db.tell(VideoChanged(user_id=video.owner_id, video_id=video.id))


async def delete_video(db: Db, user_id: str, video_id: str) -> None:
    """Delete a video with everything that hangs on it, as its owner."""
    video = await require_video(db, user_id, video_id, Role.OWNER)
    await db.delete(video)
    db.tell(VideoRemoved(user_id=user_id, video_id=video_id))


async def add_member(db: Db, user_id: str, video_id: str, email: str, role: Role) -> None:
    """Let somebody else see a video, as its owner."""
    await require_video(db, user_id, video_id, Role.OWNER)
    person = await user_by_email(db, email)
    if person is None:
        raise NotFound(f"No account for {email}.")
    if person.id == user_id:
        raise Conflict("This video is yours already.")
    await db.merge(VideoMember(video_id=video_id, user_id=person.id, role=role))


def _escaped(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
