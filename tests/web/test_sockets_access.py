"""Who may connect, and what a connection that misbehaves meets."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, event
from sqlmodel import col, update
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lossy.db import users
from lossy.db.models import Token
from lossy.db.types import utc_now
from lossy.errors import NotSignedIn
from lossy.protocol import PROTOCOL_VERSION
from lossy.web.socket_server import MAX_SOCKETS_PER_USER
from tests.live import Account, LiveLossy, RawSocket, Told, live, open_film

NAMESPACES = ("/audio", "/video", "/user")


@pytest.fixture
async def lossy(tmp_path: Path) -> AsyncIterator[LiveLossy]:
    """Yield a server; which database it has makes no difference here."""
    async with live(f"sqlite:///{tmp_path / 'lossy.db'}", tmp_path) as server:
        yield server


@pytest.fixture
async def ann(lossy: LiveLossy) -> Account:
    return await lossy.person()


async def change_token(lossy: LiveLossy, who: Account, **moments: datetime) -> None:
    """Write into somebody's token, as time would."""
    async with lossy.core.database.write() as db:
        await db.exec(update(Token).where(col(Token.user_id) == who.user_id).values(**moments))


def words(packet: str) -> str:
    """Read the words of a refused connection."""
    kind, _, body = packet.partition(",")
    assert kind.startswith("44"), packet
    return str(json.loads(body)["message"])


@pytest.mark.parametrize("namespace", NAMESPACES)
async def test_each_namespace_lets_a_token_in(lossy: LiveLossy, ann: Account, namespace: str) -> None:
    async with lossy.raw() as raw:
        assert (await raw.connect(namespace, ann)).startswith(f"40{namespace},")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", None])
async def test_another_origin_or_none_gets_no_websocket(lossy: LiveLossy, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with lossy.raw(origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", None])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_origin_or_none_gets_no_polling(lossy: LiveLossy, origin: str | None, method: str) -> None:
    headers = {"Origin": origin} if origin else {}
    async with httpx.AsyncClient(base_url=lossy.url, headers=headers) as client:
        answer = await client.request(method, "/ws/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 403


async def test_polling_is_not_spoken_at_all(lossy: LiveLossy) -> None:
    async with httpx.AsyncClient(base_url=lossy.url, headers={"Origin": lossy.url}) as client:
        answer = await client.get("/ws/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 400


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ({"token": "nobody's"}, "not valid"),
        ({"protocol": PROTOCOL_VERSION - 1}, "This client is older than the server. Update it."),
        ({"protocol": PROTOCOL_VERSION + 1}, "This client is newer than the server. Update the server."),
        ({"token": 5}, "Sign in first."),
        ({"surprise": 1}, "Sign in first."),
        ({"protocol": None}, "Sign in first."),
    ],
)
async def test_whoever_may_not_connect_is_told_why(
    lossy: LiveLossy, ann: Account, namespace: str, auth: dict[str, Any], said: str
) -> None:
    async with lossy.raw() as raw:
        answer = words(await raw.connect(namespace, ann, **auth))
    assert said in answer or (said == "not valid" and "Sign in" in answer)


@pytest.mark.parametrize("packet", ["40/audio,", "40/audio,[]", '40/audio,"token"', "40/audio,null", "40/nowhere,{}"])
async def test_a_connect_packet_without_a_token_is_refused(lossy: LiveLossy, packet: str) -> None:
    async with lossy.raw() as raw:
        await raw.send(packet)
        assert (await raw.receive()).startswith("44/")


@pytest.mark.parametrize("change", [{"expires_at": timedelta(seconds=-1)}, {"revoked_at": timedelta()}])
async def test_an_expired_or_revoked_token_is_told_to_sign_in(
    lossy: LiveLossy, ann: Account, change: dict[str, timedelta]
) -> None:
    await change_token(lossy, ann, **{name: utc_now() + later for name, later in change.items()})
    with pytest.raises(NotSignedIn) as refused:
        async with lossy.connection(ann):
            pass
    assert "ign in" in refused.value.message


async def test_revoking_a_token_closes_its_connections_and_no_other(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.core.database.write() as db:
        other = Account(ann.user_id, ann.email, await users.issue_token(db, ann.user_id, "other"))
    async with lossy.raw() as first, lossy.raw() as second, lossy.connection(other) as kept:
        for namespace in NAMESPACES:
            await first.connect(namespace, ann)
        await second.connect("/user", ann)
        async with lossy.core.database.read() as db:
            token_id = (await users.identify(db, ann.token)).token_id
        async with lossy.core.database.write() as db:
            await users.revoke_tokens(db, ann.user_id, token_id)
        for raw in (first, second):
            packets = await raw.until_closed()
            assert any("You were signed out. Sign in again." in packet for packet in packets)
        Told(kept)
        await open_film(kept)


@pytest.fixture
async def watchful(tmp_path: Path) -> AsyncIterator[LiveLossy]:
    """Yield a server that looks often who is still signed in."""
    async with live(f"sqlite:///{tmp_path / 'lossy.db'}", tmp_path, look_every_seconds=0.05) as server:
        yield server


@pytest.mark.parametrize(
    "change", [{"expires_at": timedelta()}, {"used_at": -users.TOKEN_IDLE_LIMIT}, {"revoked_at": timedelta()}]
)
async def test_a_sign_in_that_ends_without_a_word_ends_its_connections(
    watchful: LiveLossy, change: dict[str, timedelta]
) -> None:
    ann, bob = await watchful.person(), await watchful.person("bob@example.org")
    async with watchful.raw() as hers, watchful.raw() as his:
        for namespace in NAMESPACES:
            await hers.connect(namespace, ann)
        await his.connect("/user", bob)
        await change_token(watchful, ann, **{name: utc_now() + later for name, later in change.items()})
        packets = await hers.until_closed()
        assert any("You were signed out. Sign in again." in packet for packet in packets)
        await his.emit("/user", "ask_since", {"seq": 0})
        assert (await his.receive()).startswith("43/user,0")


async def test_a_sign_out_whose_news_was_missed_ends_its_connections(tmp_path: Path) -> None:
    async with live(f"sqlite:///{tmp_path / 'lossy.db'}", tmp_path, look_every_seconds=3600) as lossy:
        ann = await lossy.person()
        async with lossy.raw() as raw:
            await raw.connect("/user", ann)
            await change_token(lossy, ann, revoked_at=utc_now())
            lossy.core.bus.tell_missed()
            await raw.until_closed()


async def test_a_look_that_fails_is_taken_again(watchful: LiveLossy, caplog: pytest.LogCaptureFixture) -> None:
    ann = await watchful.person()
    failed = asyncio.Event()

    def refuse(_connection: Connection) -> None:
        if not failed.is_set():
            failed.set()
            raise OSError("the database is away")

    async with watchful.raw() as raw:
        await raw.connect("/user", ann)
        event.listen(watchful.core.database.engine.sync_engine, "begin", refuse)
        async with asyncio.timeout(10):
            await failed.wait()
        await change_token(watchful, ann, expires_at=utc_now())
        await raw.until_closed()
    assert "looking again" in caplog.text


CHUNK = {"recording": "a" * 32, "seq": 0, "captured_at": 1.7e9}


@pytest.mark.parametrize(
    ("namespace", "parts"),
    [
        ("/user", ["no_such_event", {}]),
        ("/user", ["audio_chunk", CHUNK]),
        ("/audio", ["control_recording"]),
        ("/audio", ["control_recording", {"recording": "a" * 32}]),
        ("/audio", ["control_recording", {"recording": "a" * 32, "action": "stop", "surprise": 1}]),
        ("/audio", ["control_recording", {"recording": 5, "action": "stop"}]),
        ("/audio", ["control_recording", {"recording": "a" * 32, "action": "explode"}]),
        ("/audio", ["control_recording", {"recording": "a" * 32, "action": "stop"}, "more"]),
        ("/audio", ["audio_chunk", CHUNK]),
        ("/audio", ["audio_chunk", CHUNK, "not bytes", "more"]),
        ("/video", ["report_playback", {"session": "a" * 32, "reports": [{"at": float("nan"), "position": 1}]}]),
        ("/video", ["video_context", "https://example.org/"]),
        ("/user", ["connect", {"HTTP_ORIGIN": "http://127.0.0.1"}, {"token": "x"}]),
        ("/user", ["disconnect"]),
        ("/user", [{"event": 1}, {}]),
        ("/user", [5, {}]),
        ("/user", []),
    ],
)
async def test_a_malformed_message_closes_the_connection(
    lossy: LiveLossy, ann: Account, namespace: str, parts: list[Any]
) -> None:
    async with lossy.raw() as raw:
        await raw.connect(namespace, ann)
        await raw.emit(namespace, *parts)
        await raw.until_closed()
    async with lossy.raw() as raw:
        assert (await raw.connect(namespace, ann)).startswith("40")


async def test_what_was_malformed_is_told(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.raw() as raw:
        await raw.connect("/audio", ann)
        await raw.emit("/audio", "control_recording", {"recording": "a" * 32, "action": "stop", "chunks": -1})
        packets = await raw.until_closed()
    assert any("chunks: Input should be greater than or equal to 0" in packet for packet in packets)


@pytest.mark.parametrize(
    "packet",
    ["x", "", "b===", "4", "4x", "4" + "[" * 200_000, "42/user,{", "4599-/audio,[]", "44/user,{}", "47", "42/user,0"],
    ids=range(11),
)
async def test_a_packet_that_is_none_closes_the_connection(lossy: LiveLossy, ann: Account, packet: str) -> None:
    async with lossy.raw() as raw:
        await raw.connect("/user", ann)
        await raw.send(packet)
        await raw.until_closed()


async def test_more_than_two_attachments_close_the_connection_before_they_come(lossy: LiveLossy, ann: Account) -> None:
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(3))
    async with lossy.raw() as raw:
        await raw.connect("/audio", ann)
        await raw.send(f'453-/audio,0["audio_chunk",{json.dumps(CHUNK)},{places}]')
        await raw.until_closed()


async def test_two_attachments_are_one_too_many_for_a_chunk(lossy: LiveLossy, ann: Account) -> None:
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(2))
    async with lossy.raw() as raw:
        await raw.connect("/audio", ann)
        await raw.send(f'452-/audio,0["audio_chunk",{json.dumps(CHUNK)},{places}]')
        await raw.send(b"\0\0")
        await raw.send(b"\0\0")
        await raw.until_closed()


async def test_attachments_of_somebody_who_did_not_sign_in_are_refused(lossy: LiveLossy) -> None:
    async with lossy.raw() as raw:
        await raw.send(f'451-/audio,0["audio_chunk",{json.dumps(CHUNK)},{{"_placeholder":true,"num":0}}]')
        await raw.until_closed()


async def test_a_message_of_more_than_256_kib_closes_the_connection(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.raw() as raw:
        await raw.connect("/user", ann)
        await raw.send("42/user," + json.dumps(["ask_since", "x" * (256 * 1024)]))
        await raw.until_closed()


async def test_malformed_packets_are_logged_once_a_second(
    lossy: LiveLossy, ann: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for packet in ("4x", "x", "4x", "x", "4x"):
            async with lossy.raw() as raw:
                await raw.send(packet)
                await raw.until_closed()
    told = [record.created for record in caplog.records]
    assert told
    assert all(later - earlier >= 1 for earlier, later in pairwise(told))


async def test_a_ninth_connection_is_refused_in_words(lossy: LiveLossy, ann: Account) -> None:
    bob = await lossy.person("bob@example.org")
    async with lossy.raw() as raw:
        open_sockets: list[RawSocket] = []
        async with asyncio.TaskGroup() as group:
            done = asyncio.Event()

            async def keep() -> None:
                async with lossy.raw() as socket:
                    open_sockets.append(socket)
                    assert (await socket.connect("/user", ann)).startswith("40")
                    ready.release()
                    await done.wait()

            ready = asyncio.Semaphore(0)
            for _ in range(MAX_SOCKETS_PER_USER):
                group.create_task(keep())
            for _ in range(MAX_SOCKETS_PER_USER):
                await ready.acquire()
            assert words(await raw.connect("/user", ann)) == "Lossy is open in too many places. Close one of them."
            assert (await raw.connect("/audio", ann)).startswith("40")
            async with lossy.raw() as other:
                assert (await other.connect("/user", bob)).startswith("40")
            done.set()


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[LiveLossy]:
    """Yield a server that waits a moment only for somebody to sign in."""
    async with live(f"sqlite:///{tmp_path / 'lossy.db'}", tmp_path, authenticate_seconds=1) as server:
        yield server


async def test_a_connection_that_does_not_sign_in_is_closed(impatient: LiveLossy) -> None:
    ann = await impatient.person()
    async with impatient.raw() as silent, impatient.raw() as refused, impatient.raw() as signed_in:
        await refused.connect("/user", ann, token="wrong")
        await signed_in.connect("/user", ann)
        for raw in (silent, refused):
            await raw.until_closed()
        await signed_in.emit("/user", "ask_since", {"seq": 0})
        assert (await signed_in.receive()).startswith("43/user,0")


async def test_a_connection_that_goes_on_being_refused_is_closed(impatient: LiveLossy) -> None:
    ann = await impatient.person()
    with suppress(ConnectionClosed):
        async with impatient.raw() as guessing, asyncio.timeout(10):
            while True:
                await guessing.connect("/user", ann, token="wrong")


async def test_a_connection_whose_sign_in_takes_too_long_is_closed(impatient: LiveLossy) -> None:
    ann = await impatient.person()
    await change_token(impatient, ann, used_at=utc_now() - timedelta(hours=1))
    noting_its_use = impatient.core.database.write  # which waits for the one that runs already
    async with impatient.raw() as pending, noting_its_use():
        await pending.send(f"40/user,{json.dumps({'token': ann.token, 'protocol': PROTOCOL_VERSION})}")
        await pending.until_closed()


async def test_a_connection_that_leaves_every_namespace_is_closed(impatient: LiveLossy) -> None:
    ann = await impatient.person()
    async with impatient.raw() as raw:
        await raw.connect("/user", ann)
        await raw.send("41/user,")
        await raw.until_closed()


async def test_nothing_is_done_for_somebody_who_did_not_sign_in(lossy: LiveLossy) -> None:
    async with lossy.raw() as raw:
        await raw.emit("/user", "ask_since", {"seq": 0})
        await raw.send("40/nowhere,{}")
        assert (await raw.receive()).startswith("44/nowhere")
