"""REST for the library: videos, and what happened on them."""

from typing import Annotated

from fastapi import APIRouter, Query

from lossy import protocol as wire
from lossy.db import events, sessions, videos
from lossy.db.models import VideoStatus
from lossy.web.access import Asker, TheCore
from lossy.web.answers import ApiRoute
from lossy.web.open_video import open_video

router = APIRouter(route_class=ApiRoute)

Search = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/videos")
async def library(asker: Asker, core: TheCore, status: VideoStatus | None = None, search: Search = "") -> wire.Library:
    """List the videos of the library, newest activity first; `search` looks in titles and notes."""
    async with core.database.read() as db:
        entries = await videos.library(db, asker.user_id, status=status, search=search)
        counts = await videos.library_counts(db, asker.user_id)
    return wire.Library(
        videos=tuple(_view(entry) for entry in entries),
        counts={status.value: count for status, count in counts.items()},
    )


@router.post("/videos")
async def open_(body: wire.VideoContext, asker: Asker, core: TheCore) -> wire.VideoOpened:
    """Open a review: find the video or put it into the library, and begin or take up its session."""
    return await open_video(core, asker.user_id, body)


@router.delete("/videos/{video_id}")
async def delete(video_id: wire.Id, asker: Asker, core: TheCore) -> wire.Done:
    """Delete a video with its notes, recordings and events, for everybody who sees it. It can't be brought back."""
    await core.sessions.delete_video(asker.user_id, video_id)
    return wire.Done()


@router.get("/events")
async def events_since(
    asker: Asker,
    core: TheCore,
    since: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    session: wire.Id | None = None,
) -> wire.EventsSince:
    """List the stored events after `since`, of one session or of all; ask again from the last one while `more`."""
    async with core.database.read() as db:
        if session is not None:
            await sessions.require_session(db, asker.user_id, session)
        found = await events.events_since(db, asker.user_id, since, session_id=session, limit=events.PAGE + 1)
    return wire.EventsSince(events=tuple(found[: events.PAGE]), more=len(found) > events.PAGE)


def _view(entry: videos.LibraryEntry) -> wire.VideoView:
    video = entry.video
    return wire.VideoView(
        id=video.id,
        platform=video.platform,
        url=video.url,
        title=video.title,
        duration_seconds=video.duration_seconds,
        status=video.status.value,
        note_count=entry.note_count,
        posted_count=entry.posted_count,
        updated_at=video.updated_at,
    )
