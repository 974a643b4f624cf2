"""Notes: only legal moves, nobody's change is lost, and a ghost is its author's alone."""

import asyncio
from itertools import product

import pytest

from lossy.db import events, notes, videos
from lossy.db.engine import Database
from lossy.db.models import Role
from lossy.errors import Conflict, InvalidInput, NotAllowed, NotFound
from lossy.events import Category, Note, NoteChanged, NoteRemoved, NoteStatus
from tests.db.rows import Reviewer, do, note_row, noted, opened, reviewer, share

NASTY = [
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}} ${7*7} %s %(x)s {0}",
    "'; DROP TABLE notes; --",
    "emoji 🎬 and \u202eright to left\u202c and é vs e\u0301",
    "&amp; &lt;b&gt;",
]
PAIRS = list(product(NoteStatus, NoteStatus))


@pytest.fixture
async def ann(database: Database) -> Reviewer:
    return await reviewer(database)


@pytest.fixture
async def bob(database: Database) -> Reviewer:
    return await reviewer(database, "bob@example.org", "bobs")


async def test_a_note_moves_as_the_table_says_and_no_other_way(database: Database, ann: Reviewer) -> None:
    moved: dict[NoteStatus, set[NoteStatus]] = {status: set() for status in NoteStatus}
    for old, new in PAIRS:
        note = await noted(database, ann, status=old)
        try:
            changed = await _move(database, ann, note, new)
        except Conflict:
            assert await _status(database, ann, note) is old
        else:
            assert (changed.status, changed.version) == (new, note.version + 1)
            moved[old].add(new)
    assert moved == notes.LEGAL_MOVES


def test_every_status_has_a_way_on_and_none_to_itself() -> None:
    assert set(notes.LEGAL_MOVES) == set(NoteStatus)
    for status, following in notes.LEGAL_MOVES.items():
        assert following
        assert status not in following


async def test_a_posted_note_is_never_posted_again(database: Database, ann: Reviewer) -> None:
    posted = await noted(database, ann, status=NoteStatus.POSTED)
    for status in (NoteStatus.PENDING_POST, NoteStatus.POSTING, NoteStatus.FAILED, NoteStatus.FIRMED):
        with pytest.raises(Conflict, match=f"posted can't become {status}"):
            await _move(database, ann, posted, status)


async def test_one_of_many_who_move_a_note_at_once_does(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    moves = (_move(database, ann, note, NoteStatus.PENDING_POST) for _ in range(10))
    came = await asyncio.gather(*moves, return_exceptions=True)
    assert [one.version for one in came if isinstance(one, Note)] == [2]
    assert [type(one) for one in came if not isinstance(one, Note)] == [Conflict] * 9


async def test_who_edits_an_old_version_is_told_so(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    edited = await _edit(database, ann, note, {"text": "First"}, version=1)
    assert (edited.text, edited.version) == ("First", 2)
    with pytest.raises(Conflict, match="changed elsewhere"):
        await _edit(database, ann, note, {"text": "Second"}, version=1)
    assert (await _listed(database, ann))[0].text == "First"


async def test_one_of_many_who_edit_the_same_version_at_once_does(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    edits = (_edit(database, ann, note, {"text": f"By {n}"}, version=1) for n in range(10))
    came = await asyncio.gather(*edits, return_exceptions=True)
    (edited,) = [one for one in came if isinstance(one, Note)]
    assert [type(one) for one in came if not isinstance(one, Note)] == [Conflict] * 9
    assert await _listed(database, ann) == [edited]


async def test_edits_without_a_version_follow_each_other(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    edited = await asyncio.gather(*(_edit(database, ann, note, {"start_seconds": float(n)}) for n in range(10)))
    assert sorted(one.version for one in edited) == list(range(2, 12))


async def test_every_change_leaves_what_was_before(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob, Role.COMMENTER)
    note = await noted(database, ann, text="One")
    await _edit(database, bob, note, {"text": "Two", "category": "audio", "end_seconds": 5.0})
    await _move(database, ann, note, NoteStatus.ARCHIVED)
    await do(database, notes.delete_note, ann.user_id, note.id)
    await do(database, notes.restore_note, ann.user_id, note.id)
    rows = await do(database, notes.history, ann.user_id, note.id)
    assert [row.change for row in rows] == ["edited", "archived", "deleted", "restored"]
    assert [row.actor_id for row in rows] == [bob.user_id, *[ann.user_id] * 3]
    assert [row.before["text"] for row in rows] == ["One", "Two", "Two", "Two"]
    assert [row.before["status"] for row in rows] == ["firmed", "firmed", "archived", "archived"]
    assert rows[0].before["category"] == "pacing"
    assert rows[0].before["end_seconds"] is None


async def test_a_change_is_told_with_the_note_as_it_is_now(database: Database, ann: Reviewer) -> None:
    with database.bus.subscribe(f"video:{ann.video.id}") as heard:
        note = await noted(database, ann)
        edited = await _edit(database, ann, note, {"text": "Better"})
        await do(database, notes.delete_note, ann.user_id, note.id)
        told = [event for event in heard.drain() if isinstance(event, (NoteChanged, NoteRemoved))]
    assert [event.note for event in told if isinstance(event, NoteChanged)] == [note, edited]
    assert isinstance(told[-1], NoteRemoved)
    assert told[-1].note_id == note.id


async def test_a_deleted_note_is_out_of_every_list_until_it_is_brought_back(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    await do(database, notes.delete_note, ann.user_id, note.id)
    await do(database, notes.delete_note, ann.user_id, note.id)
    assert await _listed(database, ann) == []
    with pytest.raises(Conflict, match="Bring it back first"):
        await _edit(database, ann, note, {"text": "x"})
    restored = await do(database, notes.restore_note, ann.user_id, note.id)
    assert restored.model_dump(exclude={"version", "updated_at"}) == note.model_dump(exclude={"version", "updated_at"})
    assert await do(database, notes.restore_note, ann.user_id, note.id) == restored
    assert await _listed(database, ann) == [restored]


@pytest.mark.parametrize("status", notes.PRIVATE)
async def test_a_ghost_or_cancelled_note_is_its_authors_alone(
    database: Database, ann: Reviewer, bob: Reviewer, status: NoteStatus
) -> None:
    await share(database, ann, bob, Role.COMMENTER)
    with database.bus.subscribe(f"video:{ann.video.id}") as heard:
        note = await noted(database, ann, status=status)
        assert not any(isinstance(event, NoteChanged) for event in heard.drain())
    async with database.read() as db:
        seen = [await notes.list_notes(db, who.user_id, statuses=(status,)) for who in (ann, bob)]
    assert seen == [[note], []]
    assert await do(database, notes.require_note, ann.user_id, note.id)
    for act in (notes.require_note, notes.delete_note, notes.restore_note, notes.history):
        with pytest.raises(NotFound):
            await do(database, act, bob.user_id, note.id)
    with pytest.raises(NotFound):
        await _edit(database, bob, note, {"text": "x"})


async def test_a_viewer_reads_and_changes_nothing(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob, Role.VIEWER)
    note = await noted(database, ann)
    assert await _listed(database, bob) == [note]
    with pytest.raises(NotAllowed):
        await _edit(database, bob, note, {"text": "x"})
    for act in (notes.delete_note, notes.restore_note):
        with pytest.raises(NotAllowed):
            await do(database, act, bob.user_id, note.id)
    with pytest.raises(NotAllowed):
        await do(database, notes.create_note, note_row(bob, video_id=ann.video.id, session_id=None))


@pytest.mark.parametrize("text", NASTY)
async def test_text_is_kept_byte_for_byte(database: Database, ann: Reviewer, text: str) -> None:
    created = await noted(database, ann, text=text, raw_transcript=text)
    edited = await _edit(database, ann, await noted(database, ann), {"text": text, "start_seconds": 2.0})
    listed = await _listed(database, ann)
    assert [note.text.encode() for note in listed] == [text.encode()] * 2
    assert listed == [created, edited]
    assert listed[0].raw_transcript == text
    assert len(await do(database, notes.list_notes, ann.user_id, search=text)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "  \n "},
        {"text": "x" * 201},
        {"start_seconds": -0.1},
        {"start_seconds": 5.0, "end_seconds": 4.0},
        {"start_seconds": float("nan")},
        {"end_seconds": float("inf")},
        {"status": "posted"},
        {"author_id": "somebody"},
        {"category": "weather"},
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    database: Database, ann: Reviewer, changes: dict[str, object]
) -> None:
    note = await noted(database, ann)
    with pytest.raises(InvalidInput):
        await _edit(database, ann, note, changes)
    assert await _listed(database, ann) == [note]


async def test_two_hundred_characters_are_not_too_many(database: Database, ann: Reviewer) -> None:
    edited = await _edit(database, ann, await noted(database, ann), {"text": "ü" * 200, "category": Category.AUDIO})
    assert (len(edited.text), edited.category) == (200, Category.AUDIO)


async def test_notes_are_listed_in_the_order_of_the_video_by_pages(database: Database, ann: Reviewer) -> None:
    for seconds in (30.0, 10.0, 20.0):
        await noted(database, ann, start_seconds=seconds, text=f"At {seconds:.0f}")
    await noted(database, ann, status=NoteStatus.ARCHIVED)
    await noted(database, ann, status=NoteStatus.CANCELLED)
    assert [note.start_seconds for note in await _listed(database, ann)] == [10.0, 20.0, 30.0]
    async with database.read() as db:
        page = await notes.list_notes(db, ann.user_id, video_id=ann.video.id, limit=2, offset=1)
        archived = await notes.list_notes(db, ann.user_id, statuses=(NoteStatus.ARCHIVED,))
        found = await notes.list_notes(db, ann.user_id, search="at 2")
    assert [note.start_seconds for note in page] == [20.0, 30.0]
    assert [note.status for note in archived] == [NoteStatus.ARCHIVED]
    assert [note.text for note in found] == ["At 20"]


async def test_notes_of_one_video_are_not_those_of_another(database: Database, ann: Reviewer) -> None:
    await noted(database, ann)
    other = await do(database, opened, ann.user_id, "two")
    await noted(database, ann, video_id=other.id, session_id=None)
    async with database.read() as db:
        assert len(await notes.list_notes(db, ann.user_id)) == 2
        assert len(await notes.list_notes(db, ann.user_id, video_id=other.id)) == 1
    await do(database, videos.delete_video, ann.user_id, other.id)
    assert len(await _listed(database, ann)) == 1


async def test_a_note_that_is_taken_back_is_gone_for_the_others_and_cancelled_for_its_author(
    database: Database, ann: Reviewer, bob: Reviewer
) -> None:
    await share(database, ann, bob)
    note = await noted(database, ann)
    ghost = await noted(database, ann, status=NoteStatus.GHOST)
    with (
        database.bus.subscribe(f"video:{ann.video.id}") as others,
        database.bus.subscribe(f"user:{ann.user_id}") as author,
    ):
        await _move(database, ann, ghost, NoteStatus.CANCELLED)
        await _move(database, ann, note, NoteStatus.CANCELLED)
        removed = [event for event in others.drain() if isinstance(event, (NoteChanged, NoteRemoved))]
        *_, last = [event for event in author.drain() if isinstance(event, (NoteChanged, NoteRemoved))]
    assert [event.type for event in removed] == ["note_removed"]
    assert isinstance(removed[0], NoteRemoved)
    assert removed[0].note_id == note.id
    assert isinstance(last, NoteChanged)
    assert last.note.status is NoteStatus.CANCELLED
    async with database.read() as db:
        stored = await events.events_since(db, bob.user_id, 0)
    assert [event.type for event in stored if event.type.startswith("note")][-1] == "note_removed"


async def _move(database: Database, who: Reviewer, note: Note, status: NoteStatus) -> Note:
    async with database.write() as db:
        row = await notes.require_note(db, who.user_id, note.id)
        return await notes.move_note(db, row, who.user_id, status)


async def _edit(
    database: Database, who: Reviewer, note: Note, changes: dict[str, object], version: int | None = None
) -> Note:
    return await do(database, notes.edit_note, who.user_id, note.id, changes, version)


async def _status(database: Database, who: Reviewer, note: Note) -> NoteStatus:
    async with database.read() as db:
        return (await notes.require_note(db, who.user_id, note.id)).status


async def _listed(database: Database, who: Reviewer) -> list[Note]:
    async with database.read() as db:
        return await notes.list_notes(db, who.user_id)
