"""What is one user's is not found by another, by any function that is told who asks."""

import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest

from lossy.db import events, logins, notes, posts, sessions, videos
from lossy.db.engine import Database, Db
from lossy.db.models import PlatformLogin, Post, Recording, Role, Turn
from lossy.errors import Conflict, InvalidInput, NotFound
from lossy.events import Note, TurnState
from tests.db.rows import Reviewer, do, note_row, noted, recorded, reviewer

MODULES = (videos, notes, sessions, events, posts, logins)


class Things:
    """What Ann owns and Bob asks for."""

    def __init__(self, ann: Reviewer, bob: Reviewer, note: Note, recording: Recording, login: PlatformLogin) -> None:
        self.ann, self.bob, self.note, self.recording, self.login = ann, bob, note, recording, login


Attempt = Callable[[Db, str, Things], Awaitable[Any]]


async def _of_ann(db: Db, me: str, its: Things) -> list[str]:
    return [entry.video.id for entry in await videos.library(db, me) if entry.video.id == its.ann.video.id]


async def _counted_of_ann(db: Db, me: str, its: Things) -> bool:
    own = 1 if me == its.bob.user_id else 0
    return sum((await videos.library_counts(db, me)).values()) > own


async def _turn_of_ann(db: Db, me: str, its: Things) -> bool:
    db.add(Turn(session_id=its.ann.session.id, recording_id=its.recording.id, start_sample=0, onset_sample=7,
                state=TurnState.IDLE))  # fmt: skip
    await db.flush()
    found = await sessions.turn_at(db, me, its.recording.id, 7) is not None
    return found if its.recording.user_id == its.ann.user_id else False


REFUSED: dict[str, Attempt] = {
    "videos.require_video": lambda db, me, its: videos.require_video(db, me, its.ann.video.id),
    "videos.change_video": lambda db, me, its: videos.change_video(db, me, its.ann.video.id, title="Mine"),
    "videos.delete_video": lambda db, me, its: videos.delete_video(db, me, its.ann.video.id),
    "videos.add_member": lambda db, me, its: videos.add_member(db, me, its.ann.video.id, its.bob.email, Role.VIEWER),
    "notes.create_note": lambda db, me, its: notes.create_note(db, note_row(its.ann, author_id=me)),
    "notes.require_note": lambda db, me, its: notes.require_note(db, me, its.note.id),
    "notes.edit_note": lambda db, me, its: notes.edit_note(db, me, its.note.id, {"text": "Mine"}),
    "notes.delete_note": lambda db, me, its: notes.delete_note(db, me, its.note.id),
    "notes.restore_note": lambda db, me, its: notes.restore_note(db, me, its.note.id),
    "notes.history": lambda db, me, its: notes.history(db, me, its.note.id),
    "posts.ask": lambda db, me, its: posts.ask(db, me, its.note.id),
    "posts.ask_all": lambda db, me, its: posts.ask_all(db, me, its.ann.video.id),
    "posts.take_back": lambda db, me, its: posts.take_back(db, me, its.note.id),
    "posts.decide": lambda db, me, its: posts.decide(db, me, its.note.id, is_there=True),
    "posts.post_of": lambda db, me, its: posts.post_of(db, me, its.note.id),
    "logins.require_login": lambda db, me, its: logins.require_login(db, me, its.login.id),
    "logins.ask_test": lambda db, me, its: logins.ask_test(db, me, its.login.id),
    "logins.disconnect": lambda db, me, its: logins.disconnect(db, me, its.login.id),
    "sessions.require_session": lambda db, me, its: sessions.require_session(db, me, its.ann.session.id),
    "sessions.recording_of": lambda db, me, its: sessions.recording_of(db, me, its.recording.id),
}
"""Functions that raise `NotFound`."""

EMPTY: dict[str, Attempt] = {
    "videos.find_video": lambda db, me, its: videos.find_video(db, me, "youtube", its.ann.video.external_id),
    "videos.library": _of_ann,
    "videos.library_counts": _counted_of_ann,
    "notes.list_notes": lambda db, me, its: notes.list_notes(db, me, video_id=its.ann.video.id),
    "notes.last_notes": lambda db, me, its: notes.last_notes(db, me, its.ann.video.id),
    "notes.undo_last_change": lambda db, me, its: notes.undo_last_change(db, me, its.ann.video.id),
    "logins.video_at": lambda db, me, its: logins.video_at(db, me, "web", "films.example"),
    "sessions.turn_at": _turn_of_ann,
    "events.events_since": lambda db, me, its: events.events_since(db, me, 0, session_id=its.ann.session.id),
}
"""Functions that find nothing."""

TRUSTED = {
    "videos.open_video": "it makes the asker's own",
    "sessions.open_session": "its caller has checked the video",
    "posts.go_on_after_login": "it goes by who asked for the posting",
    "logins.keep_login": "it keeps the asker's own",
    "logins.logins_of": "it reads logins by their user alone",
    "logins.forget_login": "it forgets the asker's own",
    "posts.login_of": "it reads logins by their user alone",
    "notes.asked_lags": "it reads notes by their author alone",
}


@pytest.fixture
async def things(database: Database) -> Things:
    ann = await reviewer(database)
    bob = await reviewer(database, "bob@example.org", "bobs")
    note = await noted(database, ann)
    async with database.write() as db:
        await notes.edit_note(db, ann.user_id, note.id, {"text": "Changed"})
        db.add(Post(note_id=note.id, user_id=ann.user_id, platform="youtube", place="", target="one"))
        film = "https://films.example/watch"
        await videos.open_video(
            db, ann.user_id, platform="web", external_id=film, url=film, title="Film", duration_seconds=None
        )
        await logins.keep_login(db, ann.user_id, "web", "films.example", sealed=b"sealed")
        [login] = await logins.logins_of(db, ann.user_id)
    return Things(ann, bob, note, await recorded(database, ann), login)


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_yours_is_not_found_and_stays_as_it_is(database: Database, things: Things, name: str) -> None:
    before = await _state(database, things)
    with pytest.raises(NotFound) as refused:
        await _attempt(database, REFUSED[name], things)
    assert await _state(database, things) == before
    with pytest.raises(NotFound) as unknown:
        await _attempt(database, REFUSED[name], _that_never_were(things))
    assert refused.value.message == unknown.value.message


@pytest.mark.parametrize("name", EMPTY)
async def test_what_is_not_yours_is_in_no_list(database: Database, things: Things, name: str) -> None:
    assert not await _attempt(database, EMPTY[name], things)


@pytest.mark.parametrize("name", [*REFUSED, *EMPTY])
async def test_who_owns_it_finds_it_in_the_same_way(database: Database, things: Things, name: str) -> None:
    """Else the tests above would pass for functions that never find anything."""
    try:
        found = await do(database, {**REFUSED, **EMPTY}[name], things.ann.user_id, things)
    except (Conflict, InvalidInput):
        found = True  # it was found, and is not ready for this
    assert found or name in REFUSED


def test_every_function_that_is_told_who_asks_is_tried() -> None:
    asking = {name for module in MODULES for name in _told_who_asks(module)}
    assert asking | {"notes.create_note"} == {*REFUSED, *EMPTY, *TRUSTED}


def _told_who_asks(module: ModuleType) -> list[str]:
    short = module.__name__.rpartition(".")[2]
    return [
        f"{short}.{name}"
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and "user_id" in inspect.signature(function).parameters
    ]


async def _attempt(database: Database, attempt: Attempt, things: Things) -> Any:
    async with database.write() as db:
        return await attempt(db, things.bob.user_id, things)


async def _state(database: Database, things: Things) -> Any:
    ann = things.ann
    async with database.read() as db:
        video = await videos.require_video(db, ann.user_id, ann.video.id, Role.OWNER)
        listed = await notes.list_notes(db, ann.user_id)
        changes = await notes.history(db, ann.user_id, things.note.id)
        known = [login.model_dump() for login in await logins.logins_of(db, ann.user_id)]
        return video.model_dump(), listed, len(changes), known, await events.last_seq(db)


def _that_never_were(things: Things) -> Things:
    ann = things.ann
    nobody = Reviewer(ann.user_id, ann.email, _renamed(ann.video), _renamed(ann.session))
    note = things.note.model_copy(update={"id": "0" * 32})
    return Things(nobody, things.bob, note, _renamed(things.recording), _renamed(things.login))


def _renamed(row: Any) -> Any:
    return type(row)(**{**row.model_dump(), "id": "0" * 32})
