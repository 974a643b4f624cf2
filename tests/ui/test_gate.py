"""NiceGUI's websocket: whose it is, and that what the gate reaches into is still there."""

import asyncio
import inspect
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nicegui
import pytest
import socketio
from nicegui import Client
from nicegui import core as nicegui_core

from lossy.ui import gate
from tests.e2e.server import LivePerson, LiveServer

PATIENCE_SECONDS = 5.0


@dataclass
class Page:
    """A page that was fetched: its client and the element that takes tickets."""

    url: str
    client_id: str
    lock_id: int
    listener_id: str
    document_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tab_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def ticket_event(self, ticket: str) -> dict[str, Any]:
        """Write the event that unlocks this page for whoever the ticket belongs to."""
        return {
            "client_id": self.client_id,
            "id": self.lock_id,
            "listener_id": self.listener_id,
            "args": [f'{{"ticket":"{ticket}"}}'],
        }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "data").start()
    yield live
    live.stop()


@pytest.fixture
def ann(server: LiveServer) -> LivePerson:
    return server.person("ann@example.org")


def fetch(server: LiveServer) -> Page:
    text = httpx.get(f"{server.url}/").text
    client_id = re.search(r"'client_id': '([0-9a-f-]+)'", text)
    lock = re.search(r'"(\d+)":\{"tag":"nicegui-lock".*?"listener_id":"([0-9a-f-]+)"', text)
    assert client_id is not None
    assert lock is not None
    return Page(server.url, client_id[1], int(lock[1]), lock[2])


def ticket_of(person: LivePerson) -> str:
    return str(person.api.post("/tickets").raise_for_status().json()["ticket"])


@asynccontextmanager
async def socket(page: Page, *, origin: str | None = "own", **claims: str) -> AsyncIterator[socketio.AsyncClient]:
    """Connect as the page's script does, with other claims where they are given."""
    query = {
        "client_id": page.client_id,
        "document_id": page.document_id,
        "tab_id": page.tab_id,
        "next_message_id": "0",
        "implicit_handshake": "true",
    } | claims
    client = socketio.AsyncClient(reconnection=False)
    headers = {"Origin": page.url if origin == "own" else origin} if origin else {}
    address = page.url + "?" + "&".join(f"{name}={value}" for name, value in query.items())
    path = "/_nicegui_ws/socket.io"
    try:
        await client.connect(address, headers=headers, transports=["websocket"], socketio_path=path, wait_timeout=5)
        yield client
    finally:
        await client.disconnect()


def heard(client: socketio.AsyncClient) -> asyncio.Queue[str]:
    """Collect the updates that a socket gets."""
    updates: asyncio.Queue[str] = asyncio.Queue()
    client.on("update", lambda message: updates.put_nowait(str(message)))
    return updates


async def until(updates: asyncio.Queue[str], words: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while words not in await updates.get():
            pass


def test_nicegui_is_the_one_that_the_gate_was_written_for() -> None:
    assert nicegui.__version__ == "3.18.0", "read lossy/ui/gate.py against the new version first"


def test_what_the_gate_reaches_into_is_still_there() -> None:
    handlers = nicegui_core.sio.handlers["/"]
    assert {"connect", "handshake", "disconnect", *gate.OWNED_EVENTS} == set(handlers), "a handler without a check"
    assert hasattr(nicegui_core.sio.manager, "get_participants")
    assert hasattr(nicegui_core.sio.manager, "eio_sid_from_sid")
    assert isinstance(nicegui_core.sio.eio.sockets, dict)
    assert isinstance(Client.instances, dict)
    assert "client_id" in inspect.getsource(Client.accept_handshake)


def test_the_checks_stand_before_every_handler() -> None:
    gate.guard_sockets()
    handlers = nicegui_core.sio.handlers["/"]
    before = dict(handlers)
    gate.guard_sockets()

    assert all(handlers[event].guarded for event in ("connect", "handshake", *gate.OWNED_EVENTS))
    assert dict(handlers) == before, "guarding twice changes nothing"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_a_foreign_or_missing_origin_is_refused(server: LiveServer, origin: str | None) -> None:
    page = fetch(server)
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with socket(page, origin=origin):
            pass


async def test_the_page_itself_may_connect(server: LiveServer, ann: LivePerson) -> None:
    page = fetch(server)
    async with socket(page) as own:
        updates = heard(own)
        await own.emit("event", page.ticket_event(ticket_of(ann)))
        await until(updates, "ann@example.org")


async def test_another_document_may_not_take_a_client(server: LiveServer) -> None:
    page = fetch(server)
    async with socket(page):
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with socket(page, document_id=str(uuid.uuid4())):
                pass


async def test_a_socket_without_a_document_is_refused(server: LiveServer) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with socket(fetch(server), document_id=""):
            pass


async def test_the_page_may_come_back_while_its_old_socket_hangs(server: LiveServer, ann: LivePerson) -> None:
    page = fetch(server)
    async with socket(page) as old:
        gone = asyncio.Event()
        old.on("disconnect", lambda *_: gone.set())
        async with socket(page) as new:
            await asyncio.wait_for(gone.wait(), PATIENCE_SECONDS)
            updates = heard(new)
            await new.emit("event", page.ticket_event(ticket_of(ann)))
            await until(updates, "ann@example.org")


async def test_an_event_for_another_client_is_dropped(server: LiveServer, ann: LivePerson) -> None:
    ben = server.person("ben@example.org")
    victim, attacker = fetch(server), fetch(server)
    async with socket(victim) as victims, socket(attacker) as attackers:
        updates, own = heard(victims), heard(attackers)
        await attackers.emit("event", victim.ticket_event(ticket_of(ben)))
        await attackers.emit("event", attacker.ticket_event(ticket_of(ben)))
        await until(own, "ben@example.org")  # so the first of the two was looked at
        await victims.emit("event", victim.ticket_event(ticket_of(ann)))
        await until(updates, "ann@example.org")


async def test_a_later_handshake_can_not_enter_another_client(server: LiveServer, ann: LivePerson) -> None:
    victim, attacker = fetch(server), fetch(server)
    async with socket(victim) as victims, socket(attacker) as attackers:
        claim = {
            "client_id": victim.client_id,
            "document_id": attacker.document_id,
            "tab_id": victim.tab_id,
            "next_message_id": 0,
        }
        assert await attackers.call("handshake", claim, timeout=PATIENCE_SECONDS) is False
        overheard, updates = heard(attackers), heard(victims)
        await victims.emit("event", victim.ticket_event(ticket_of(ann)))
        await until(updates, "ann@example.org")
        assert overheard.empty()


def test_pages_set_no_cookie_and_may_be_framed_by_nobody_else(server: LiveServer) -> None:
    for path in ("/", "/signin", "/settings", "/nothing"):
        answer = httpx.get(server.url + path)
        assert "set-cookie" not in answer.headers
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def closed(page: Page, *messages: Any) -> bool:
    """Tell whether the server closes the page's own socket when it sends these as events."""
    gone = asyncio.Event()
    async with socket(page) as own:
        own.on("disconnect", lambda *_: gone.set())
        for message in messages:
            await own.emit("event", message)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await gone.wait()
        except TimeoutError:
            return False
    return True


async def test_a_page_that_tries_ticket_after_ticket_is_cut_off(server: LiveServer) -> None:
    page = fetch(server)
    assert await closed(page, *(page.ticket_event(f"guess-{number}") for number in range(200)))


async def test_a_malformed_event_costs_its_sender_the_connection(server: LiveServer) -> None:
    page = fetch(server)
    assert await closed(page, {"client_id": page.client_id})
    assert sum("Traceback" in line for line in server.lines) == 0


async def test_a_packet_with_many_attachments_is_not_collected(server: LiveServer) -> None:
    page = fetch(server)
    assert await closed(page, {"client_id": page.client_id, "args": [b"a", b"b", b"c"]})
