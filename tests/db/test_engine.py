"""An event is heard if and only if its cause is durable."""

import asyncio

import pytest
from sqlalchemy import text
from sqlmodel import select

from lossy.bus import Bus
from lossy.db import events, users, videos
from lossy.db.engine import Database, Db
from lossy.db.models import User, Video
from lossy.events import AnyEvent, AsrPartial, Event, TurnFailed, VideoChanged
from tests.db.rows import do, opened, reviewer

WRITERS = 50


async def test_events_are_published_after_the_commit_with_their_seq(database: Database) -> None:
    who = await reviewer(database)
    with database.bus.subscribe(f"user:{who.user_id}") as heard:
        async with database.write() as db:
            db.tell(_failed(who.user_id, "first"))
            db.tell(_failed(who.user_id, "second"))
            assert heard.drain() == []
        told = heard.drain()
    seqs = [event.seq for event in told if isinstance(event, TurnFailed) and event.seq]
    assert [event.message for event in told if isinstance(event, TurnFailed)] == ["first", "second"]
    assert len(seqs) == 2
    assert seqs[0] < seqs[1]


async def test_who_hears_an_event_finds_its_cause_committed(database: Database) -> None:
    who = await reviewer(database)
    with database.bus.subscribe(f"user:{who.user_id}") as heard:
        writing = asyncio.create_task(do(database, videos.change_video, who.user_id, who.video.id, title="Dawn"))
        await asyncio.wait_for(heard.batch(), 10)
        async with database.read() as db:
            title = (await videos.require_video(db, who.user_id, who.video.id)).title
        await writing
    assert title == "Dawn"


async def test_writers_of_one_row_never_wait_for_each_other_in_a_ring(database: Database) -> None:
    who = await reviewer(database)

    async def touch(number: int) -> None:
        async with database.write() as db:
            video = await db.get_one(Video, who.video.id)
            video.title = f"Take {number}"
            if number % 2:
                await db.flush()  # these hold the row before they stand in the line of those who tell
            db.tell(_failed(who.user_id, str(number)))

    await asyncio.gather(*(touch(number) for number in range(WRITERS)))


async def test_nothing_is_published_or_kept_after_a_rollback(database: Database) -> None:
    who = await reviewer(database)
    before = await _last(database)
    with database.bus.subscribe(f"user:{who.user_id}") as heard:
        with pytest.raises(LookupError):
            await do(database, _change_mind, who.user_id)
        assert heard.drain() == []
    assert await _last(database) == before
    async with database.read() as db:
        assert await users.user_by_email(db, "b@example.org") is None


async def test_nothing_is_published_when_the_commit_itself_fails(database: Database) -> None:
    who = await reviewer(database)
    with database.bus.subscribe(f"user:{who.user_id}") as heard:
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await do(database, _tell_of_nothing, who.user_id)
        assert heard.drain() == []


async def test_passing_events_are_told_but_not_kept(database: Database) -> None:
    who = await reviewer(database)
    before = await _last(database)
    with database.bus.subscribe(f"user:{who.user_id}") as heard:
        async with database.write() as db:
            db.tell(AsrPartial(user_id=who.user_id, turn_id="t", stable="the", unstable="cut"))
        (partial,) = heard.drain()
    assert isinstance(partial, AsrPartial)
    assert partial.seq is None
    assert await _last(database) == before


async def test_a_seq_is_never_given_twice(database: Database) -> None:
    """A client that asks `since=` the newest would otherwise miss what comes after a deletion."""
    who = await reviewer(database)
    newest = await _last(database)
    async with database.write() as db:
        await videos.delete_video(db, who.user_id, who.video.id)
    assert await _last(database) < newest
    async with database.write() as db:
        db.tell(_failed(who.user_id, "next"))
    assert await _last(database) > newest


async def test_a_reader_since_never_misses_one_of_many_writers(database: Database, database_url: str) -> None:
    who = await reviewer(database)
    start = await _last(database)
    if not database.is_sqlite:
        await _let_the_first_linger_before_its_commit(database)
    gate = asyncio.Event()
    reader = Database(database_url, Bus())  # with connections of its own, or it would stand in line behind the writers
    reading = asyncio.create_task(_read_all(reader, who.user_id, start))
    writers = [asyncio.create_task(_write_one(database, who.user_id, gate, str(number))) for number in range(WRITERS)]
    gate.set()
    await asyncio.gather(*writers)
    await _write_one(database, who.user_id, gate, "last")
    read = await asyncio.wait_for(reading, 60)
    await reader.close()
    messages = {event.message for event in read if isinstance(event, TurnFailed)}
    assert messages == {"last", *map(str, range(WRITERS))}
    seqs = [event.seq or 0 for event in read]
    assert seqs == sorted(set(seqs))


async def test_a_write_is_seen_whole_by_readers(database: Database) -> None:
    async with database.write() as db:
        await users.add_user(db, "a@example.org", None)
        await db.flush()
        async with database.read() as other:
            assert (await other.exec(select(User))).all() == []
    async with database.read() as other:
        assert len((await other.exec(select(User))).all()) == 1


async def test_processes_with_their_own_connections_wait_for_each_other(database: Database, database_url: str) -> None:
    who = await reviewer(database)
    second = Database(database_url, Bus())
    try:
        await asyncio.gather(*(_open_many(base, who.user_id, name) for base, name in ((database, "x"), (second, "y"))))
    finally:
        await second.close()
    async with database.read() as db:
        assert len(await videos.library(db, who.user_id)) == 21


def _failed(user_id: str, message: str) -> Event:
    return TurnFailed(user_id=user_id, turn_id="t", code="unavailable", message=message)


async def _change_mind(db: Db, user_id: str) -> None:
    await users.add_user(db, "b@example.org", None)
    db.tell(_failed(user_id, "never"))
    raise LookupError


async def _tell_of_nothing(db: Db, user_id: str) -> None:
    db.tell(_failed(user_id, "one"))
    db.tell(VideoChanged(user_id=user_id, video_id="no such video"))


async def _last(database: Database) -> int:
    async with database.read() as db:
        return await events.last_seq(db)


async def _let_the_first_linger_before_its_commit(database: Database) -> None:
    function = """
        CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.body->>'message' = '0' THEN PERFORM pg_sleep(0.5); END IF;
            RETURN NULL;
        END $$"""
    trigger = """
        CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON events
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()"""
    async with database.engine.begin() as connection:
        await connection.execute(text(function))
        await connection.execute(text(trigger))


async def _write_one(database: Database, user_id: str, gate: asyncio.Event, message: str) -> None:
    await gate.wait()
    async with database.write() as db:
        db.tell(_failed(user_id, message))


async def _read_all(database: Database, user_id: str, seq: int) -> list[AnyEvent]:
    read: list[AnyEvent] = []
    while not any(isinstance(event, TurnFailed) and event.message == "last" for event in read):
        async with database.read() as db:
            read += await events.events_since(db, user_id, read[-1].seq or 0 if read else seq, limit=3)
    return read


async def _open_many(database: Database, user_id: str, name: str) -> None:
    for number in range(10):
        async with database.write() as db:
            await opened(db, user_id, f"{name}{number}")


async def test_what_is_held_by_who_stopped_within_a_statement_is_let_go(database: Database) -> None:
    who = await reviewer(database)
    if database.is_sqlite:
        assert await database.end_stopped(0) == 0
        return
    async with database.engine.connect() as connection:
        await connection.execute(text("SELECT id FROM videos WHERE id = :id FOR UPDATE"), {"id": who.video.id})
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.prepare("SELECT 1")  # its first half: the server waits for the second one now
        assert await database.end_stopped() == 0, "it waits only since a moment"
        assert await database.end_stopped(0) == 1
        await connection.invalidate()
    await do(database, videos.change_video, who.user_id, who.video.id, title="Dawn")
