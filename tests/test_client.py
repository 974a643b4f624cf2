"""The Python client: nothing that it was given is lost while the server is away, busy or out of order."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from lossy.client import Connection, RecordingStream, Refused, api
from lossy.db.models import AudioChunk
from lossy.errors import InvalidInput, NotSignedIn, Unavailable
from lossy.events import MicrophoneChanged, MicrophoneState, TurnChanged
from lossy.protocol import AudioGap, Playback, VideoContext
from lossy.web.socket_server import MAX_SOCKETS_PER_USER
from tests.db.failing import failing_commits
from tests.e2e.server import free_port
from tests.live import WAIT_SECONDS, Account, LiveLossy, Told, live, open_film

CAPTURED_AT = 1.7e9
SILENCE = bytes(3200)


@pytest.fixture
async def lossy(database_url: str, tmp_path: Path) -> AsyncIterator[LiveLossy]:
    async with live(database_url, tmp_path) as server:
        yield server


@pytest.fixture
async def ann(lossy: LiveLossy) -> Account:
    return await lossy.person()


async def stored(lossy: LiveLossy) -> list[int]:
    async with lossy.core.database.read() as db:
        return list((await db.exec(select(AudioChunk.seq).order_by(col(AudioChunk.seq)))).all())


async def test_what_was_not_acknowledged_is_sent_again_after_a_lost_connection(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        opened = await open_film(connection)
        stream = RecordingStream(connection, opened.session)
        back = asyncio.Event()
        connection.on_back = back.set
        await stream.open()
        for seq in range(30):
            stream.add(SILENCE, CAPTURED_AT + seq / 10)
            if seq == 10:
                await lossy.cut_connections()
        async with asyncio.timeout(WAIT_SECONDS):
            await back.wait()
        await stream.open()
        await connection.until_acknowledged(30)
        assert await stored(lossy) == list(range(30))


async def test_what_could_not_be_stored_is_sent_again(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        opened = await open_film(connection)
        stream = RecordingStream(connection, opened.session)
        await stream.open()
        with failing_commits(lossy.core.database, 1) as failures:
            stream.add(SILENCE, CAPTURED_AT)
            await connection.until_acknowledged(1)
        assert await stored(lossy) == [0]
        assert failures.count == 1
        assert not stream.is_over


async def test_a_gap_that_the_server_tells_is_filled(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        opened = await open_film(connection)
        stream = RecordingStream(connection, opened.session)
        for seq in range(3):
            stream.add(SILENCE, CAPTURED_AT + seq / 10)
        connection.on_gap(AudioGap(recording=stream.id, first=0, last=1))
        assert await stored(lossy) == []
        await stream.open()
        await connection.until_acknowledged(3)
        assert await stored(lossy) == list(range(3))


async def test_a_recording_that_is_over_takes_no_more(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        told = Told(connection)
        opened = await open_film(connection)
        first = RecordingStream(connection, opened.session)
        await first.open()
        second = RecordingStream(connection, opened.session)
        await second.open()
        await told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        await first.open()
        assert first.is_over
        assert not second.is_over


async def test_events_are_told_once_each_in_order(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        told = Told(connection)
        opened = await open_film(connection)
        stream = RecordingStream(connection, opened.session)
        await stream.open()
        await stream.stop()
        await told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        seqs = [event.seq for event in told.events if event.seq is not None]
        assert seqs == sorted(set(seqs))
        assert any(isinstance(event, TurnChanged) for event in told.events)


async def test_news_that_was_dropped_on_the_way_is_asked_for(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        told = Told(connection)
        opened = await open_film(connection)
        lossy.core.bus.tell_missed()
        stream = RecordingStream(connection, opened.session)
        await stream.open()
        await stream.stop()
        await told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        seqs = [event.seq for event in told.events if event.seq is not None]
        assert seqs == sorted(set(seqs))


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as refused:
        async with Connection(url, "token"):
            pass
    assert refused.value.message == f"No Lossy server answers at {url}. Start it with: make run"
    with pytest.raises(Unavailable):
        async with api(url) as client:
            await client.get("/api/health")


@pytest.mark.parametrize("server", ["", "127.0.0.1:4000", "http://", "ws://127.0.0.1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(InvalidInput):
        Connection(server, "token")


async def test_a_token_that_is_none_is_refused_in_words(lossy: LiveLossy, ann: Account) -> None:
    with pytest.raises(NotSignedIn) as refused:
        async with Connection(lossy.url, "no-such-token"):
            pass
    assert "ign in" in refused.value.message
    with pytest.raises(Refused) as answer:
        async with api(lossy.url, "no-such-token") as client:
            await client.get("/api/me")
    assert answer.value.code == "not_signed_in"


async def test_what_the_server_refuses_is_raised_with_its_code_and_words(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        with pytest.raises(Refused) as refused:
            await connection.open_video(VideoContext(url="ftp://example.org/film.mp4"))
        assert refused.value.code == "invalid_input"
        assert refused.value.message == "A video's address must begin with http:// or https://."
        opened = await open_film(connection)
        await connection.report_playback(opened.session, Playback(at=CAPTURED_AT, position=1, playing=True))


async def test_a_call_while_the_connection_is_away_is_unavailable(lossy: LiveLossy, ann: Account) -> None:
    connection = lossy.connection(ann)
    async with connection:
        opened = await open_film(connection)
    with pytest.raises(Unavailable):
        await connection.report_playback(opened.session, Playback(at=CAPTURED_AT, position=1, playing=True))


async def test_one_connection_too_many_is_told_in_words(lossy: LiveLossy, ann: Account) -> None:
    open_connections = [lossy.connection(ann) for _ in range(MAX_SOCKETS_PER_USER)]
    for connection in open_connections:
        await connection.__aenter__()
    with pytest.raises(NotSignedIn) as refused:
        async with lossy.connection(ann):
            pass
    assert refused.value.message == "Lossy is open in too many places. Close one of them."
    for connection in open_connections:
        await connection.__aexit__(None, None, None)
