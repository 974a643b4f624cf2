"""Pictures of the video are kept within bounds, and refine a note only when its author asks and allows it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import col, select, update

from lossy.agent.frames import CONSENT, KEEP, MAX_REFINEMENTS, Frames
from lossy.db import notes, users
from lossy.db.engine import Database
from lossy.db.frames import MAX_FRAMES
from lossy.db.models import EventRow, NoteRow, ReviewSession
from lossy.db.models import VideoFrame as FrameRow
from lossy.errors import Conflict, InvalidInput, LossyError, NotAllowed, NotFound, TooMany, Unavailable
from lossy.events import Category, Note, NoteStatus
from lossy.inference.chat import ChatStructurer
from lossy.inference.chat_model import ModelFailed
from lossy.protocol import FrameTaken, VideoFrame
from tests.db.rows import Reviewer, reviewer
from tests.inference.loopback import Loopback, Reply, Request, serving
from tests.inference.test_chat import answering
from tests.inference.test_frames import clip_model
from tests.pictures import black, webp

BETTER = {"note": "Make the blue logo at the top left bigger", "category": "graphics", "confidence": 0.9}


class Gallery:
    """A reviewer with a note at 12 s, and what Lossy does with their pictures."""

    def __init__(self, database: Database, who: Reviewer, note_id: str) -> None:
        self.database = database
        self.who = who
        self.note_id = note_id
        self.frames = Frames(database)

    async def take(self, picture: bytes, position: float = 12.0, **more: Any) -> FrameTaken:
        message = VideoFrame.model_validate(
            {"session": self.who.session.id, "position": position, "captured_at": 1.7e9, **more}
        )
        return await self.frames.take(self.who.user_id, message, picture)

    async def kept(self) -> list[FrameRow]:
        async with self.database.read() as db:
            return list((await db.exec(select(FrameRow).order_by(col(FrameRow.position_seconds)))).all())

    async def allow(self) -> None:
        async with self.database.write() as db:
            await users.change_settings(db, self.who.user_id, {CONSENT: True})

    async def note(self) -> NoteRow:
        async with self.database.read() as db:
            return await db.get_one(NoteRow, self.note_id)

    async def refine(self) -> Note:
        return await self.frames.refine(self.who.user_id, self.note_id)

    def seeing(self, server: Loopback) -> None:
        self.frames = Frames(
            self.database, model=ChatStructurer("seer", base_url=server.url + "/v1", api_key="key", timeout_seconds=5)
        )


@pytest.fixture
async def gallery(database: Database) -> AsyncIterator[Gallery]:
    who = await reviewer(database)
    note = NoteRow(
        video_id=who.video.id,
        session_id=who.session.id,
        author_id=who.user_id,
        text="Make the logo bigger",
        start_seconds=12.0,
        category=Category.OTHER,
        confidence=0.8,
        status=NoteStatus.FIRMED,
    )
    async with database.write() as db:
        await notes.create_note(db, note)
        await users.change_settings(db, who.user_id, {KEEP: True})
    gallery = Gallery(database, who, note.id)
    yield gallery
    await gallery.frames.aclose()


async def test_a_picture_that_nobody_allowed_is_not_kept(gallery: Gallery) -> None:
    async with gallery.database.write() as db:
        await users.change_settings(db, gallery.who.user_id, {KEEP: False})
    with pytest.raises(NotAllowed, match="Allow it"):
        await gallery.take(webp(1))
    assert await gallery.kept() == []


async def test_a_picture_is_kept_with_its_place_and_hash(gallery: Gallery) -> None:
    assert await gallery.take(webp(1)) == FrameTaken(kept=True, reason="kept", room=MAX_FRAMES - 1)
    (row,) = await gallery.kept()
    assert (row.position_seconds, row.width, row.height, row.webp) == (12.0, 320, 180, webp(1))
    assert len(row.dhash) == 16
    assert row.embedding is None


async def test_nothing_new_and_nothing_to_see_are_not_kept(gallery: Gallery) -> None:
    await gallery.take(webp(1))
    assert (await gallery.take(webp(1, (640, 360), quality=40))).reason == "duplicate"
    assert (await gallery.take(black())).reason == "black"
    with pytest.raises(InvalidInput):
        await gallery.take(b"no picture")
    assert len(await gallery.kept()) == 1


async def test_a_session_has_fifty_at_most(gallery: Gallery) -> None:
    answers = [await gallery.take(webp(seed), seed) for seed in range(MAX_FRAMES + 2)]
    assert [answer.reason for answer in answers] == ["kept"] * MAX_FRAMES + ["full"] * 2
    assert len(await gallery.kept()) == MAX_FRAMES


async def test_somebody_else_s_session_takes_none(gallery: Gallery, database: Database) -> None:
    other = await reviewer(database, "bob@example.org")
    message = VideoFrame(session=gallery.who.session.id, position=1, captured_at=1.7e9)
    with pytest.raises(NotFound):
        await gallery.frames.take(other.user_id, message, webp(1))


async def test_the_server_s_model_embeds_what_the_browser_did_not(gallery: Gallery, tmp_path: Path) -> None:
    gallery.frames = Frames(gallery.database, clip_model(tmp_path / "tiny"))
    await gallery.take(webp(1), 1)
    await gallery.take(webp(2), 2, embedding=[3.0, 4.0], embedded_by="browser-clip")
    own, given = await gallery.kept()
    assert own.embedded_by == "tiny"
    assert own.embedding is not None
    assert np.linalg.norm(np.frombuffer(own.embedding, "<f4")) == pytest.approx(1, abs=1e-5)
    assert given.embedded_by == "browser-clip"
    assert np.frombuffer(given.embedding or b"", "<f4") == pytest.approx([0.6, 0.8])
    for bad in ({"embedding": [0.0, 0.0], "embedded_by": "m"}, {"embedding": [1.0]}):
        with pytest.raises(InvalidInput):
            await gallery.take(webp(3), 3, **bad)


async def test_a_model_that_is_not_there_costs_the_embedding_only(gallery: Gallery, tmp_path: Path) -> None:
    gallery.frames = Frames(gallery.database, tmp_path / "nowhere")
    assert (await gallery.take(webp(1))).kept


async def test_the_nearest_picture_and_the_note_make_it_more_exact(gallery: Gallery) -> None:
    for seed, position in ((1, 4.0), (2, 12.4), (3, 14.9)):
        await gallery.take(webp(seed), position)
    await gallery.allow()
    async with serving(answering(json.dumps(BETTER))) as server:
        gallery.seeing(server)
        note = await gallery.refine()
    assert (note.text, note.category, note.version) == (BETTER["note"], Category.GRAPHICS, 2)
    sent = server.requests[0].json()
    words, picture = sent["messages"][1]["content"]
    assert json.loads(words["text"]) == {"note": "Make the logo bigger"}
    assert picture["image_url"]["url"].startswith("data:image/webp;base64,")
    assert "tools" not in sent
    async with gallery.database.write() as db:
        undone = await notes.undo_last_change(db, gallery.who.user_id, gallery.who.video.id)
    assert undone is not None
    assert undone.text == "Make the logo bigger"
    async with gallery.database.read() as db:
        told = (await db.exec(select(EventRow.type).order_by(col(EventRow.seq)))).all()
    assert [each for each in told if each.startswith("tool")] == ["tool_start", "tool_result"]


async def without_consent(gallery: Gallery) -> None:
    async with gallery.database.write() as db:
        await users.change_settings(db, gallery.who.user_id, {CONSENT: False})


async def without_picture(gallery: Gallery) -> None:
    async with gallery.database.write() as db:
        await db.exec(update(FrameRow).values(position_seconds=16.0))


async def after_twenty(gallery: Gallery) -> None:
    async with gallery.database.write() as db:
        await db.exec(update(ReviewSession).values(refinements=MAX_REFINEMENTS))


async def deleted(gallery: Gallery) -> None:
    async with gallery.database.write() as db:
        await notes.delete_note(db, gallery.who.user_id, gallery.note_id)


@pytest.mark.parametrize(
    ("lacking", "refusal", "words"),
    [
        (without_consent, NotAllowed, "settings"),
        (without_picture, NotFound, "no picture"),
        (after_twenty, TooMany, "20 notes"),
        (deleted, Conflict, "kept"),
    ],
)
async def test_what_is_lacking_is_said_and_nothing_is_sent(
    gallery: Gallery, lacking: Any, refusal: type[LossyError], words: str
) -> None:
    await gallery.take(webp(1))
    await gallery.allow()
    await lacking(gallery)
    async with serving(answering(json.dumps(BETTER))) as server:
        gallery.seeing(server)
        with pytest.raises(refusal, match=words):
            await gallery.refine()
    assert server.requests == []
    assert (await gallery.note()).text == "Make the logo bigger"


async def test_without_a_model_it_is_said(gallery: Gallery) -> None:
    assert not gallery.frames.can_refine
    with pytest.raises(Unavailable, match="no model"):
        await gallery.refine()


async def test_somebody_else_may_not(gallery: Gallery, database: Database) -> None:
    other = await reviewer(database, "bob@example.org")
    async with serving(answering(json.dumps(BETTER))) as server:
        gallery.seeing(server)
        with pytest.raises(NotFound):
            await gallery.frames.refine(other.user_id, gallery.note_id)


async def failing(request: Request, reply: Reply) -> None:
    await reply.whole(b'{"error": {"message": "no"}}', status=401)


@pytest.mark.parametrize(
    "script",
    [
        answering("I see a cat."),
        answering(json.dumps({**BETTER, "note": "Make the 3 logos bigger"})),
        answering(json.dumps({**BETTER, "note": "Do not make the logo bigger"})),
        failing,
    ],
    ids=["no note", "a number made up", "a negation made up", "refused"],
)
async def test_a_model_that_misbehaves_changes_nothing(gallery: Gallery, script: Any) -> None:
    await gallery.take(webp(1))
    await gallery.allow()
    async with serving(script) as server:
        gallery.seeing(server)
        with pytest.raises(ModelFailed):
            await gallery.refine()
    note = await gallery.note()
    assert (note.text, note.version) == ("Make the logo bigger", 1)
    async with gallery.database.read() as db:
        [told] = (await db.exec(select(EventRow).where(EventRow.type == "tool_result"))).all()
    assert told.body["succeeded"] is False
    assert told.body["message"]
