"""A video is in a library once; who may do what with it; and how it is found again."""

import asyncio

import pytest

from lossy.db import notes, videos
from lossy.db.engine import Database
from lossy.db.models import Role, VideoStatus
from lossy.errors import Conflict, NotAllowed, NotFound
from lossy.events import NoteStatus, VideoChanged
from tests.db.rows import Reviewer, do, noted, opened, reviewer, share

FORBIDDEN = [(Role.VIEWER, Role.COMMENTER), (Role.VIEWER, Role.OWNER), (Role.COMMENTER, Role.OWNER)]


@pytest.fixture
async def ann(database: Database) -> Reviewer:
    return await reviewer(database)


@pytest.fixture
async def bob(database: Database) -> Reviewer:
    return await reviewer(database, "bob@example.org", "bobs")


async def test_a_video_that_is_opened_again_is_the_same(database: Database, ann: Reviewer) -> None:
    again = await do(database, opened, ann.user_id, "one", title="Renamed", duration_seconds=12.5)
    assert (again.id, again.title, again.duration_seconds) == (ann.video.id, "Film one", 12.5)
    assert len(await do(database, videos.library, ann.user_id)) == 1


async def test_a_video_that_many_tabs_open_at_once_is_one(database: Database, ann: Reviewer) -> None:
    with database.bus.subscribe(f"user:{ann.user_id}") as heard:
        ids = {
            video.id for video in await asyncio.gather(*(do(database, opened, ann.user_id, "two") for _ in range(10)))
        }
        told = [event for event in heard.drain() if isinstance(event, VideoChanged)]
    assert len(ids) == 1
    assert [event.video_id for event in told] == list(ids)
    assert (await do(database, videos.require_video, ann.user_id, ids.pop(), Role.OWNER)).external_id == "two"


async def test_each_owner_has_their_own_copy(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    theirs = await do(database, opened, bob.user_id, "one")
    assert theirs.id != ann.video.id
    found = await do(database, videos.find_video, bob.user_id, "youtube", "one")
    assert found is not None
    assert found.id == theirs.id


async def test_the_own_copy_is_found_before_a_shared_one(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob)
    shared = await do(database, videos.find_video, bob.user_id, "youtube", "one")
    assert shared is not None
    assert shared.id == ann.video.id
    own = await do(database, opened, bob.user_id, "one")
    found = await do(database, videos.find_video, bob.user_id, "youtube", "one")
    assert found is not None
    assert found.id == own.id


@pytest.mark.parametrize("role", [Role.VIEWER, Role.COMMENTER])
async def test_a_member_may_do_what_their_role_allows(
    database: Database, ann: Reviewer, bob: Reviewer, role: Role
) -> None:
    await share(database, ann, bob, role)
    assert (await do(database, videos.require_video, bob.user_id, ann.video.id, role)).id == ann.video.id


@pytest.mark.parametrize(("held", "needed"), FORBIDDEN)
async def test_a_member_may_not_do_more(
    database: Database, ann: Reviewer, bob: Reviewer, held: Role, needed: Role
) -> None:
    await share(database, ann, bob, held)
    with pytest.raises(NotAllowed, match=f"You are a {held}"):
        await do(database, videos.require_video, bob.user_id, ann.video.id, needed)


async def test_a_role_can_be_changed_but_not_the_owners(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await share(database, ann, bob, Role.COMMENTER)
    await share(database, ann, bob, Role.VIEWER)
    with pytest.raises(NotAllowed):
        await do(database, videos.require_video, bob.user_id, ann.video.id, Role.COMMENTER)
    with pytest.raises(Conflict):
        await share(database, ann, ann, Role.VIEWER)
    assert await do(database, videos.require_video, ann.user_id, ann.video.id, Role.OWNER)


async def test_a_member_is_named_by_their_address_in_any_case(database: Database, ann: Reviewer, bob: Reviewer) -> None:
    await do(database, videos.add_member, ann.user_id, ann.video.id, "BOB@Example.org", Role.VIEWER)
    assert await do(database, videos.require_video, bob.user_id, ann.video.id)
    with pytest.raises(NotFound, match="No account"):
        await do(database, videos.add_member, ann.user_id, ann.video.id, "eve@example.org", Role.VIEWER)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", {"100% wool", "snake_case", "Über den Dächern", "a\\b"}),
        ("  ", {"100% wool", "snake_case", "Über den Dächern", "a\\b"}),
        ("wool", {"100% wool"}),
        ("WOOL", {"100% wool"}),
        ("%", {"100% wool"}),
        ("_", {"snake_case"}),
        ("\\", {"a\\b"}),
        ("über den dächern", {"Über den Dächern"}),
        ("flicker", {"snake_case"}),
        ("' OR 1=1 --", set()),
    ],
)
async def test_the_library_is_searched_by_title_and_notes(database: Database, search: str, found: set[str]) -> None:
    who = await reviewer(database, external_id="snake")
    await do(database, videos.change_video, who.user_id, who.video.id, title="snake_case")
    for number, title in enumerate(("100% wool", "Über den Dächern", "a\\b")):
        await do(database, opened, who.user_id, str(number), title=title)
    await noted(database, who, text="Lights flicker here")
    await noted(database, who, text="Colours flicker there")
    entries = await do(database, videos.library, who.user_id, search=search)
    assert sorted(entry.video.title for entry in entries) == sorted(found)


async def test_notes_that_are_gone_or_not_said_yet_are_neither_found_nor_counted(
    database: Database, ann: Reviewer, bob: Reviewer
) -> None:
    await share(database, ann, bob)
    await noted(database, ann, text="whisper", status=NoteStatus.GHOST)
    await noted(database, ann, text="mistake", status=NoteStatus.CANCELLED)
    gone = await noted(database, ann, text="rubbish")
    await do(database, notes.delete_note, ann.user_id, gone.id)
    for who, search, expected in (
        (ann, "whisper", 1), (bob, "whisper", 0), (ann, "mistake", 0), (ann, "rubbish", 0),
    ):  # fmt: skip
        assert len(await do(database, videos.library, who.user_id, search=search)) == expected
    counts = {}
    for who in (ann, bob):
        entries = await do(database, videos.library, who.user_id)
        counts[who.email] = {entry.video.id: entry.note_count for entry in entries}[ann.video.id]
    assert counts == {ann.email: 1, bob.email: 0}


async def test_the_library_counts_notes_and_posted_ones_also_while_searching(database: Database, ann: Reviewer) -> None:
    await noted(database, ann, text="one")
    await noted(database, ann, text="two", status=NoteStatus.POSTED)
    (entry,) = await do(database, videos.library, ann.user_id, search="one")
    assert (entry.note_count, entry.posted_count) == (2, 1)


async def test_the_library_begins_with_what_was_worked_on_last(database: Database, ann: Reviewer) -> None:
    second = await do(database, opened, ann.user_id, "two")
    await noted(database, ann)
    entries = await do(database, videos.library, ann.user_id)
    assert [entry.video.id for entry in entries] == [ann.video.id, second.id]
    assert [entry.video.id for entry in await do(database, videos.library, ann.user_id, limit=1)] == [ann.video.id]


async def test_the_first_note_moves_a_video_to_in_progress(database: Database, ann: Reviewer) -> None:
    await do(database, opened, ann.user_id, "two")
    await noted(database, ann, start_seconds=40.0)
    await noted(database, ann, start_seconds=20.0)
    (entry,) = await do(database, videos.library, ann.user_id, status=VideoStatus.IN_PROGRESS)
    assert (entry.video.id, entry.video.reviewed_to_seconds) == (ann.video.id, 40.0)
    counts = await do(database, videos.library_counts, ann.user_id)
    assert counts == {VideoStatus.IN_PROGRESS: 1, VideoStatus.QUEUED: 1}


async def test_a_video_that_is_deleted_takes_everything_with_it(database: Database, ann: Reviewer) -> None:
    note = await noted(database, ann)
    await do(database, videos.delete_video, ann.user_id, ann.video.id)
    assert await do(database, videos.library, ann.user_id) == []
    with pytest.raises(NotFound):
        await do(database, notes.require_note, ann.user_id, note.id)
