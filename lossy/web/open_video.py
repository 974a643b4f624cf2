"""Opening a review: what REST and the `/video` namespace do with a video context."""

from lossy.agent.core import Core
from lossy.db import events, notes, videos
from lossy.db.models import Video
from lossy.protocol import VideoContext, VideoOpened
from lossy.video_url import SAMPLE_TITLE, VideoIdentity, identify_url, local_file_identity

UNTITLED = "Untitled video"


async def open_video(core: Core, user_id: str, context: VideoContext) -> VideoOpened:
    """Find the video or put it into the library, and open the user's session on it.

    `seq` is read first: events from then on may be told twice, and none is missed.
    """
    video = await _find_or_add(core, user_id, context)
    async with core.database.read() as db:
        seq = await events.last_seq(db)
    session = await core.sessions.open(user_id, video.id)
    async with core.database.read() as db:
        found = await notes.list_notes(db, user_id, video_id=video.id)
    view = session.view
    return VideoOpened(
        video=video.id,
        session=session.id,
        title=video.title,
        notes=tuple(found),
        microphone=view.microphone,
        turn=view.turn,
        seq=seq,
    )


async def _find_or_add(core: Core, user_id: str, context: VideoContext) -> Video:
    named = _identity(context)
    async with core.database.write() as db:
        shared = await videos.find_video(db, user_id, named.platform, named.external_id)
        if shared is not None and shared.owner_id != user_id:
            return shared
        return await videos.open_video(
            db,
            user_id,
            platform=named.platform,
            external_id=named.external_id,
            url=named.url,
            title=context.title.strip() or _title(named),
            duration_seconds=context.duration_seconds,
        )


def _identity(context: VideoContext) -> VideoIdentity:
    if context.file is not None:
        return local_file_identity(context.file.size_bytes, context.file.sha256)
    return identify_url(context.url or "")


def _title(named: VideoIdentity) -> str:
    if named.platform == "sample":
        return SAMPLE_TITLE
    return (named.url or "").rstrip("/").rpartition("/")[2] or named.url or UNTITLED
