"""Who may speak on NiceGUI's own websocket.

NiceGUI takes an event for any client from any socket. Here a client belongs to the page that first shook hands for it:
the page's `document_id`, which nobody else knows, is remembered, and a handshake with another one is refused. The page
itself may come back on a new socket; the old one is then closed. An event counts only from a socket that is in its
client's room. Origins are checked before all this, by the server's guard in front of every websocket.

This reaches into NiceGUI 3.18.0: `tests/ui/test_gate.py` fails if what it touches has moved.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from nicegui import Client, core

logger = logging.getLogger(__name__)

OWNED_EVENTS = ("event", "javascript_response", "ack", "log")
MAX_BACKLOG_PACKETS = 2000

MAX_ATTACHMENTS = 2
_told_at = 0.0

_documents: WeakKeyDictionary[Client, str] = WeakKeyDictionary()


def guard_sockets() -> None:
    """Put the checks before NiceGUI's handlers; doing it twice changes nothing."""
    handlers = core.sio.handlers["/"]
    if getattr(handlers["connect"], "guarded", False):
        return
    handlers["connect"] = _guarded(_checked_connect(handlers["connect"]))
    handlers["handshake"] = _guarded(_checked_handshake(handlers["handshake"]))
    for event in OWNED_EVENTS:
        handlers[event] = _guarded(_owned(handlers[event]))
    core.sio.packet_class = _small(core.sio.packet_class)
    core.sio.eio.on("message", _contained(core.sio.eio.handlers["message"]))


def may_take(client_id: str, document_id: str) -> bool:
    """Bind a client to the document that first asks for it; False for any other document."""
    client = Client.instances.get(client_id)
    return client is None or _documents.setdefault(client, document_id) == document_id


def backlog_packets(client: Client) -> int:
    """Count what waits to be sent to a client; NiceGUI itself sets no limit."""
    waiting = 0
    for sid, eio_sid in core.sio.manager.get_participants("/", client.id):
        socket = core.sio.eio.sockets.get(eio_sid or core.sio.manager.eio_sid_from_sid(sid, "/"))
        waiting = max(waiting, socket.queue.qsize() if socket is not None else 0)
    return waiting


async def cut_off(client: Client) -> None:
    """Close a client's sockets; its page reloads and starts afresh."""
    for sid, _ in list(core.sio.manager.get_participants("/", client.id)):
        await core.sio.disconnect(sid)


def _checked_connect(original: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[Any]]:
    async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        client_id, document_id = query.get("client_id", ""), query.get("document_id", "")
        if not document_id or not may_take(client_id, document_id):
            return False
        before = _sockets_of(client_id)
        await original(sid, environ, auth)
        for old in before:
            await core.sio.disconnect(old)
        return None

    return connect


def _checked_handshake(original: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    async def handshake(sid: str, data: Any) -> bool:
        if not isinstance(data, dict):
            return False
        client_id, document_id = data.get("client_id"), data.get("document_id")
        if not isinstance(client_id, str) or not isinstance(document_id, str) or not document_id:
            return False
        if not may_take(client_id, document_id):
            return False
        return await original(sid, data)

    return handshake


def _owned(original: Callable[[str, dict[str, Any]], None]) -> Callable[[str, Any], Awaitable[None]]:
    async def take(sid: str, message: Any) -> None:
        if not isinstance(message, dict) or message.get("client_id") not in core.sio.rooms(sid):
            return
        try:
            original(sid, message)
        except Exception as error:  # noqa: BLE001  # whatever a malformed event breaks, its sender goes
            _tell_malformed(error)
            await core.sio.disconnect(sid)

    return take


def _small(packet: Any) -> Any:
    """Refuse packets with attachments, which NiceGUI's pages never send and which it would keep without limit."""

    class SmallPacket(packet):  # type: ignore[misc]
        def decode(self, encoded_packet: str) -> int:
            count: int = super().decode(encoded_packet)
            if count > MAX_ATTACHMENTS:
                raise ValueError(f"{count} attachments")
            return count

    return SmallPacket


def _contained(original: Callable[[str, Any], Awaitable[None]]) -> Callable[[str, Any], Awaitable[None]]:
    async def take(eio_sid: str, data: Any) -> None:
        try:
            await original(eio_sid, data)
        except Exception as error:  # noqa: BLE001  # as in `_owned`
            _tell_malformed(error)
            await core.sio.eio.disconnect(eio_sid)

    return take


def _tell_malformed(error: Exception) -> None:
    global _told_at  # noqa: PLW0603
    if time.monotonic() - _told_at > 1:
        _told_at = time.monotonic()
        logger.warning("Closed a page's connection that sent a malformed packet (%s).", type(error).__name__)


def _sockets_of(client_id: str) -> list[str]:
    return [sid for sid, _ in core.sio.manager.get_participants("/", client_id)]


def _guarded(handler: Any) -> Any:
    handler.guarded = True
    return handler
