"""What a client that was away reads: its own, and of shared videos what their members may know."""

import pytest

from lossy.db import events, notes
from lossy.db.engine import Database
from lossy.db.models import Role
from lossy.events import AnyEvent, AsrFinal, Event, NoteChanged, NoteStatus, PostingStepped, TurnFailed, VideoChanged
from tests.db.rows import Reviewer, do, noted, reviewer, share


@pytest.fixture
async def ann(database: Database) -> Reviewer:
    return await reviewer(database)


@pytest.fixture
async def bob(database: Database) -> Reviewer:
    return await reviewer(database, "bob@example.org", "bobs")


async def test_a_client_reads_what_it_missed_in_order(database: Database, ann: Reviewer) -> None:
    with database.bus.subscribe(f"user:{ann.user_id}") as heard:
        note = await noted(database, ann)
        await do(database, notes.edit_note, ann.user_id, note.id, {"text": "Better"})
        told = heard.drain()
    seqs = [event.seq or 0 for event in told if isinstance(event, Event)]
    assert await _since(database, ann, seqs[0] - 1) == told
    assert await _since(database, ann, seqs[0]) == told[1:]
    assert await _since(database, ann, seqs[-1]) == []
    async with database.read() as db:
        assert await events.last_seq(db) == seqs[-1]


async def test_an_empty_database_begins_at_zero(database: Database) -> None:
    async with database.read() as db:
        assert await events.last_seq(db) == 0


async def test_pages_together_are_everything(database: Database, ann: Reviewer) -> None:
    for _ in range(5):
        await noted(database, ann)
    whole = await _since(database, ann, 0)
    assert await _paged(database, ann, 0, limit=3) == whole


async def test_a_session_is_read_alone(database: Database, ann: Reviewer) -> None:
    await noted(database, ann)
    await noted(database, ann, session_id=None)
    read = await _since(database, ann, 0, session_id=ann.session.id)
    assert [type(event) for event in read] == [NoteChanged]


async def test_strangers_read_nothing_of_it(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await _work(database, ann)
    own = await _since(database, bob, 0)
    assert {event.user_id for event in own} == {bob.user_id}
    assert await _since(database, bob, 0, session_id=ann.session.id) == []


async def test_members_read_the_shared_kinds_only(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob, Role.VIEWER)
    await _work(database, ann)
    read = [event for event in await _since(database, bob, 0) if event.user_id == ann.user_id]
    assert {type(event) for event in read} == {NoteChanged, PostingStepped, VideoChanged}
    assert {event.video_id for event in read} == {ann.video.id}
    assert {type(event) for event in await _since(database, ann, 0)} > {type(event) for event in read}


async def test_members_read_and_hear_the_same(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob, Role.VIEWER)
    async with database.read() as db:
        start = await events.last_seq(db)
    with database.bus.subscribe(f"video:{ann.video.id}") as heard:
        await _work(database, ann)
        told = heard.drain()
    assert await _since(database, bob, start) == told


async def test_what_a_member_may_not_see_does_not_hide_what_follows(
    database: Database, ann: Reviewer, bob: Reviewer
) -> None:
    await share(database, ann, bob, Role.VIEWER)
    async with database.read() as db:
        start = await events.last_seq(db)
    for _ in range(4):
        await noted(database, ann, status=NoteStatus.GHOST)
    visible = await noted(database, ann)
    read = await _paged(database, bob, start, limit=1)
    assert read == await _since(database, bob, start)
    assert [event.note for event in read if isinstance(event, NoteChanged)] == [visible]


@pytest.mark.parametrize("status", notes.PRIVATE)
async def test_a_ghost_is_read_by_its_author_only(
    database: Database, ann: Reviewer, bob: Reviewer, status: NoteStatus
) -> None:
    await share(database, ann, bob, Role.COMMENTER)
    await noted(database, ann, status=status)
    found = {
        who.email: any(isinstance(event, NoteChanged) for event in await _since(database, who, 0)) for who in (ann, bob)
    }
    assert found == {ann.email: True, bob.email: False}


async def _work(database: Database, who: Reviewer) -> None:
    note = await noted(database, who, text="<b>late</b>")
    whose = {"user_id": who.user_id, "session_id": who.session.id, "video_id": who.video.id}
    async with database.write() as db:
        db.tell(AsrFinal(**whose, turn_id="t", text="x", confidence=1.0, engine="e", model="m", decode_seconds=0.1))
        db.tell(TurnFailed(**whose, turn_id="t", code="unavailable", message="Later."))
        db.tell(PostingStepped(**whose, note_id=note.id, step="queued"))


async def _paged(database: Database, who: Reviewer, seq: int, limit: int) -> list[AnyEvent]:
    read: list[AnyEvent] = []
    while page := await _since(database, who, read[-1].seq or 0 if read else seq, limit=limit):
        assert len(page) <= limit
        read += page
    return read


async def _since(
    database: Database, who: Reviewer, seq: int, *, session_id: str | None = None, limit: int = events.PAGE
) -> list[AnyEvent]:
    async with database.read() as db:
        return await events.events_since(db, who.user_id, seq, session_id=session_id, limit=limit)
