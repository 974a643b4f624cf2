"""REST for notes: listing, editing, deleting and bringing back, and what was done to them."""

from typing import Annotated

from fastapi import APIRouter, Query

from lossy import protocol as wire
from lossy.agent.remarks import take_remark
from lossy.db import notes, posts, videos
from lossy.db.engine import Db
from lossy.errors import InvalidInput, NotFound
from lossy.events import Note
from lossy.video_url import identify_url
from lossy.web.access import Asker, TheCore
from lossy.web.answers import ApiRoute
from lossy.web.open_video import open_video

router = APIRouter(route_class=ApiRoute)


@router.get("/notes")
async def listing(asked: Annotated[wire.NotesAsked, Query()], asker: Asker, core: TheCore) -> wire.NotesListed:
    """List notes in the order of the video."""
    async with core.database.read() as db:
        found = await notes.list_notes(
            db,
            asker.user_id,
            video_id=await _video_id(db, asker.user_id, asked),
            statuses=asked.status,
            search=asked.search,
            limit=asked.limit + 1,
            offset=asked.offset,
        )
    return wire.NotesListed(notes=tuple(found[: asked.limit]), more=len(found) > asked.limit)


@router.post("/remarks")
async def remark(body: wire.Remark, asker: Asker, core: TheCore) -> wire.RemarkTaken:
    """Make a note of a remark that was typed, or recognised in a browser while this server was away."""
    opened = await open_video(core, asker.user_id, body.video)
    return wire.RemarkTaken(note=await take_remark(core, asker.user_id, opened.video, opened.session, body))


@router.get("/notes/{note_id}")
async def read(note_id: wire.Id, asker: Asker, core: TheCore) -> Note:
    """Read a note."""
    async with core.database.read() as db:
        note = await notes.require_note(db, asker.user_id, note_id)
    if note.deleted_at is not None:
        raise NotFound("This note was deleted.")
    return Note.model_validate(note)


@router.patch("/notes/{note_id}")
async def edit(note_id: wire.Id, body: wire.EditNote, asker: Asker, core: TheCore) -> Note:
    """Change a note; with `version`, only if nobody else did meanwhile."""
    changes = body.model_dump(exclude={"version"}, exclude_none=True)
    if not changes:
        raise InvalidInput("Say what to change: text, category or start_seconds.")
    async with core.database.write() as db:
        return await notes.edit_note(db, asker.user_id, note_id, changes, body.version)


@router.post("/notes/{note_id}/refine")
async def refine(note_id: wire.Id, asker: Asker, core: TheCore) -> Note:
    """Make a note more exact with a picture of the video, by the model that sees; only after its author allowed it."""
    return await core.frames.refine(asker.user_id, note_id)


@router.post("/notes/{note_id}/post")
async def post(note_id: wire.Id, asker: Asker, core: TheCore) -> Note:
    """Post a note as a comment on its video's platform; what becomes of it are events and the note's status."""
    async with core.database.write() as db:
        return await posts.ask(db, asker.user_id, note_id)


@router.delete("/notes/{note_id}/post")
async def take_back(note_id: wire.Id, asker: Asker, core: TheCore) -> Note:
    """Do not post a note after all, while it still waits."""
    async with core.database.write() as db:
        return await posts.take_back(db, asker.user_id, note_id)


@router.post("/notes/{note_id}/post/decision")
async def decide(note_id: wire.Id, body: wire.PostDecided, asker: Asker, core: TheCore) -> Note:
    """Say whether a comment stands there whose outcome nobody could read."""
    async with core.database.write() as db:
        return await posts.decide(db, asker.user_id, note_id, is_there=body.is_there)


@router.get("/notes/{note_id}/post")
async def posting(note_id: wire.Id, asker: Asker, core: TheCore) -> wire.PostView:
    """Tell where a note's posting stands, and every step so far."""
    async with core.database.read() as db:
        post, steps = await posts.post_of(db, asker.user_id, note_id)
    told = (
        wire.PostStep(
            step=step.step,
            detail=step.detail,
            at=step.at,
            body_sha256=step.body_sha256,
            picture=step.picture is not None,
        )
        for step in steps
    )
    return wire.PostView(
        platform=post.platform, target=post.target, state=post.state, body=post.body, account=post.account,
        comment_id=post.comment_id, error=post.error, steps=tuple(told),
    )  # fmt: skip


@router.delete("/notes/{note_id}")
async def delete(note_id: wire.Id, asker: Asker, core: TheCore) -> wire.Done:
    """Take a note out of every list; it can be brought back."""
    async with core.database.write() as db:
        await notes.delete_note(db, asker.user_id, note_id)
    return wire.Done()


@router.post("/notes/{note_id}/restore")
async def restore(note_id: wire.Id, asker: Asker, core: TheCore) -> Note:
    """Bring a deleted note back."""
    async with core.database.write() as db:
        return await notes.restore_note(db, asker.user_id, note_id)


@router.get("/notes/{note_id}/history")
async def history(note_id: wire.Id, asker: Asker, core: TheCore) -> wire.NoteHistory:
    """List what was done to a note, oldest first, with the values before."""
    async with core.database.read() as db:
        rows = await notes.history(db, asker.user_id, note_id)
    changes = (
        wire.NoteHistoryEntry(change=row.change, actor_id=row.actor_id, before=row.before, at=row.at) for row in rows
    )
    return wire.NoteHistory(changes=tuple(changes))


async def _video_id(db: Db, user_id: str, asked: wire.NotesAsked) -> str | None:
    if asked.video is not None and asked.video_id is not None:
        raise InvalidInput("Name the video by its address or by its id, not by both.")
    if asked.video_id is not None:
        return (await videos.require_video(db, user_id, asked.video_id)).id
    if asked.video is None:
        return None
    named = identify_url(asked.video)
    found = await videos.find_video(db, user_id, named.platform, named.external_id)
    if found is None:
        raise NotFound("There is no such video in your library.")
    return found.id
