"""Audio is durable before it is acknowledged, many chunks with one commit."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, event
from sqlmodel import select

from lossy.agent.chunk_writer import ChunkWriter
from lossy.db import sessions
from lossy.db.engine import Database
from lossy.db.models import AudioChunk, Recording
from lossy.db.sessions import Lease, LeaseLost
from lossy.errors import NotFound, Unavailable
from tests.db.failing import failing_commits
from tests.db.rows import recorded, reviewer


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[ChunkWriter]:
    writer = ChunkWriter(database)
    yield writer
    await writer.close()


@pytest.fixture
async def recording(database: Database) -> Recording:
    return await recorded(database, await reviewer(database))


@pytest.fixture
def recording_id(recording: Recording) -> str:
    return recording.id


@pytest.fixture
async def lease(database: Database, recording: Recording) -> Lease:
    async with database.write() as db:
        return await sessions.take_lease(db, recording.session_id, "here:4000")


def chunk(recording_id: str, seq: int, pcm: bytes = b"\1\0") -> AudioChunk:
    return AudioChunk(recording_id=recording_id, seq=seq, captured_at=1e9, pcm=pcm)


async def stored(database: Database) -> dict[int, bytes]:
    async with database.read() as db:
        return {row.seq: row.pcm for row in (await db.exec(select(AudioChunk))).all()}


async def test_a_chunk_is_durable_once_it_is_acknowledged(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    await writer.store(chunk(recording_id, 0, b"\5\0\6\0"), lease)
    assert await stored(database) == {0: b"\5\0\6\0"}


async def test_a_hundred_chunks_at_once_take_few_commits(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    commits = []

    def count(connection: Connection) -> None:
        commits.append(connection)

    event.listen(database.engine.sync_engine, "commit", count)
    await asyncio.gather(*(writer.store(chunk(recording_id, seq), lease) for seq in range(100)))
    assert len(commits) <= 2
    assert len(await stored(database)) == 100


async def test_a_chunk_that_comes_again_leaves_the_first_as_it_was(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    await writer.store(chunk(recording_id, 0, b"\1\0"), lease)
    await asyncio.gather(
        writer.store(chunk(recording_id, 0, b"\2\0"), lease), writer.store(chunk(recording_id, 0, b"\3\0"), lease)
    )
    assert await stored(database) == {0: b"\1\0"}


async def test_a_database_that_fails_acknowledges_nothing(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    with failing_commits(database):
        answers = await asyncio.gather(
            *(writer.store(chunk(recording_id, seq), lease) for seq in range(10)), return_exceptions=True
        )
    assert [type(answer) for answer in answers] == [Unavailable] * 10
    assert await stored(database) == {}
    await writer.store(chunk(recording_id, 0), lease)
    assert len(await stored(database)) == 1


async def test_whoever_gives_up_waiting_does_not_disturb_the_others(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    waiting = [asyncio.create_task(writer.store(chunk(recording_id, seq), lease)) for seq in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])
    assert {0, 2} <= set(await stored(database))


async def test_closing_refuses_what_was_not_written(database: Database, recording_id: str, lease: Lease) -> None:
    writer = ChunkWriter(database)
    async with database.write():
        waiting = [asyncio.create_task(writer.store(chunk(recording_id, seq), lease)) for seq in range(3)]
        await asyncio.sleep(0)
        await writer.close()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3


async def test_a_recording_that_was_deleted_does_not_disturb_the_others(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease
) -> None:
    answers = await asyncio.gather(
        *(writer.store(chunk(of, seq), lease) for seq in range(3) for of in (recording_id, "deleted-meanwhile")),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [type(None), NotFound] * 3
    assert list(await stored(database)) == [0, 1, 2]


@pytest.mark.parametrize("loses", ["released", "taken"])
async def test_whoever_led_the_session_before_writes_nothing(
    database: Database, writer: ChunkWriter, recording_id: str, lease: Lease, loses: str
) -> None:
    other = await recorded(database, await reviewer(database, "b@example.org"))
    async with database.write() as db:
        theirs = await sessions.take_lease(db, other.session_id, "here:4000")
        if loses == "released":
            await sessions.release_lease(db, lease)
        else:
            await sessions.take_lease(db, lease.session_id, "here:4000")
    answers = await asyncio.gather(
        writer.store(chunk(recording_id, 0), lease), writer.store(chunk(other.id, 7), theirs), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [LeaseLost, type(None)]
    assert list(await stored(database)) == [7]
