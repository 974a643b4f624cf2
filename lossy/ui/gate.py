"""Who may speak on NiceGUI's own websocket.

NiceGUI takes an event for any client from any socket. Here a client belongs to the page that first shook hands for it:
the page's `document_id`, which nobody else knows, is remembered, and a handshake with another one is refused. The page
itself may come back on a new socket; the old one is then closed. An event counts only from a socket that is in its
client's room. Origins are checked before all this, by the server's guard in front of every websocket.

This reaches into NiceGUI 3.18.0: `tests/ui/test_gate.py` fails if what it touches has moved.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from nicegui import Client, core

OWNED_EVENTS = ("event", "javascript_response", "ack", "log")
MAX_BACKLOG_PACKETS = 2000

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


def _owned(original: Callable[[str, dict[str, Any]], None]) -> Callable[[str, Any], None]:
    def take(sid: str, message: Any) -> None:
        if isinstance(message, dict) and message.get("client_id") in core.sio.rooms(sid):
            original(sid, message)

    return take


def _sockets_of(client_id: str) -> list[str]:
    return [sid for sid, _ in core.sio.manager.get_participants("/", client_id)]


def _guarded(handler: Any) -> Any:
    handler.guarded = True
    return handler
