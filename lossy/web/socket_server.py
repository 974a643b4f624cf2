"""The Socket.IO server of our own protocol, apart from NiceGUI's: exact origins, small limits, websocket only.

A connection belongs to an identity, named by the token in the connect payload. Input that is not in the protocol
closes it; a message that is understood but can't be carried out is answered with a `Refusal`.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import socketio
from pydantic import BaseModel, ValidationError
from socketio.exceptions import ConnectionRefusedError as RefusedConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from lossy import telemetry
from lossy.agent.accounts import identify_token
from lossy.agent.background import background
from lossy.agent.core import Core
from lossy.db.users import Identity
from lossy.errors import InvalidInput, LossyError, NotSignedIn, Unavailable
from lossy.protocol import EXCHANGES, MAX_FRAME_BYTES, PROTOCOL_VERSION, AudioChunk, ConnectAuth, Refusal, VideoFrame

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + 128 * 1024
MAX_ATTACHMENTS = 2
MAX_SOCKETS_PER_USER = 8
AUTHENTICATE_SECONDS = 5.0
CLOSE_PROTOCOL_ERROR = 1002
RESERVED_EVENTS = frozenset({"connect", "connect_error", "disconnect", "__disconnect_final"})
"""What python-socketio calls by itself; it would call it for a client too."""
_WITH_ATTACHMENT = (AudioChunk, VideoFrame)
_CLIENT_MESSAGES = {(e.namespace, e.event): e.message for e in EXCHANGES if e.sender == "client"}


class SmallPacket(socketio.packet.Packet):  # type: ignore[misc]
    """A packet with few attachments, none of them the server's: python-socketio itself sets no limit."""

    def decode(self, encoded_packet: str) -> int:
        """Read the text part; more attachments than the protocol knows are refused before they come."""
        count: int = super().decode(encoded_packet)
        if count > MAX_ATTACHMENTS:
            raise ValueError(f"{count} attachments")
        return count

    @classmethod
    def data_is_binary(cls, data: Any) -> bool:
        """Tell without a look: the server sends no attachments, and the search is a fifth of what telling costs."""
        return False


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """Closes connections that send rubbish, or that do not say who they are in time."""

    authenticate_seconds = AUTHENTICATE_SECONDS
    _told_at = 0.0

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self.expect_sign_in(eio_sid)

    def expect_sign_in(self, eio_sid: str) -> None:
        """Close the connection soon, unless somebody has signed in on it by then."""
        background(self._close_stranger(eio_sid), "close stranger")

    async def hang_up(self, eio_sid: str) -> None:
        """Close a connection. Engine.IO itself only asks the client to, and goes on listening."""
        connection = self.eio.sockets.pop(eio_sid, None)
        if connection is not None:
            await connection.close(wait=False)
            await connection.queue.put(None)  # its writer closes the websocket once the rest is sent

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        if eio_sid not in self.eio.sockets:
            return
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:  # noqa: BLE001  # whatever a hostile packet breaks, its sender goes
            self.tell_malformed(error)
            await self.hang_up(eio_sid)

    def tell_malformed(self, error: Exception) -> None:
        """Log that a connection was closed, at most once a second."""
        if time.monotonic() - self._told_at > 1:
            self._told_at = time.monotonic()
            logger.warning("Closed a connection that sent a malformed packet (%s).", type(error).__name__)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002
        if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] in RESERVED_EVENTS:
            raise ValueError("no event of the protocol")
        await super()._handle_event(eio_sid, namespace, id, data)

    def is_signed_in(self, eio_sid: str) -> bool:
        """Tell whether somebody is known to be at the other end; being about to be does not count."""
        guarded: Iterable[Guarded] = self.namespace_handlers.values()
        return any(peer.eio_sid == eio_sid for namespace in guarded for peer in namespace.peers.values())

    async def _close_stranger(self, eio_sid: str) -> None:
        await asyncio.sleep(self.authenticate_seconds)
        if not self.is_signed_in(eio_sid):
            await self.hang_up(eio_sid)


class Contained:
    """Ends the websocket whose packet Engine.IO itself stumbles over, and nothing else."""

    def __init__(self, app: ASGIApp, server: SocketServer) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "websocket":
                raise
            self._server.tell_malformed(error)
            await send({"type": "websocket.close", "code": CLOSE_PROTOCOL_ERROR})


@dataclass(frozen=True)
class Peer:
    """Who is at the other end of a namespace's connection."""

    identity: Identity
    eio_sid: str


class Guarded(socketio.AsyncNamespace):  # type: ignore[misc]
    """A namespace whose messages are checked against the protocol before a method named `take_EVENT` sees them."""

    def __init__(self, namespace: str, core: Core) -> None:
        super().__init__(namespace)
        self.core = core
        self.peers: dict[str, Peer] = {}

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Route an event; what the protocol does not know closes the connection."""
        if event == "connect":
            return await self._connect(*args)
        if event == "disconnect":
            return await self._disconnect(args[0])
        return await self._take(event, args[0], args[1:])

    async def arrived(self, sid: str, peer: Peer) -> None:
        """Do what a new connection needs."""

    async def left(self, sid: str, peer: Peer) -> None:
        """Undo it."""

    async def end_connections(self, token_ids: frozenset[str]) -> None:
        """Close the connections that signed in with these tokens."""
        for sid, peer in list(self.peers.items()):
            if peer.identity.token_id in token_ids:
                refusal = Refusal(code=NotSignedIn.code, message="You were signed out. Sign in again.")
                await self._hang_up(sid, peer, refusal)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        origins = self.core.settings.own_origins | set(self.core.settings.extension_origins)
        if environ.get("HTTP_ORIGIN") not in origins:
            raise RefusedConnection("This page may not connect to Lossy.")
        try:
            given = ConnectAuth.model_validate(auth)
            if given.protocol != PROTOCOL_VERSION:
                raise NotSignedIn(_version_words(given.protocol))
            identity = await identify_token(self.core, given.token)
        except ValidationError as error:
            raise RefusedConnection("Sign in first.") from error
        except LossyError as refusal:
            raise RefusedConnection(refusal.message) from refusal
        if sum(peer.identity.user_id == identity.user_id for peer in self.peers.values()) >= MAX_SOCKETS_PER_USER:
            raise RefusedConnection("Lossy is open in too many places. Close one of them.")
        eio_sid = self.server.manager.eio_sid_from_sid(sid, self.namespace)
        if eio_sid not in self.server.eio.sockets:
            raise RefusedConnection("The connection was closed meanwhile.")
        self.peers[sid] = Peer(identity, eio_sid)
        telemetry.sockets_opened.labels(self.namespace).inc()
        telemetry.sockets_open.labels(self.namespace).inc()
        await self.arrived(sid, self.peers[sid])

    async def _disconnect(self, sid: str) -> None:
        peer = self.peers.pop(sid, None)
        if peer is None:
            return
        telemetry.sockets_open.labels(self.namespace).dec()
        if not self.server.is_signed_in(peer.eio_sid):
            self.server.expect_sign_in(peer.eio_sid)
        await self.left(sid, peer)

    async def _take(self, event: str, sid: str, args: tuple[Any, ...]) -> dict[str, Any] | None:
        peer = self.peers.get(sid)
        if peer is None:
            return None
        try:
            message = self._message(event, args)
        except InvalidInput as problem:
            await self._hang_up(sid, peer, Refusal(code="malformed", message=problem.message))
            return None
        method: Callable[..., Awaitable[BaseModel]] = getattr(self, f"take_{event}")
        try:
            answer = await method(sid, peer, message, *args[1:])
        except LossyError as refusal:
            return _refused(refusal)
        except Exception:
            logger.exception("%s %s could not be carried out.", self.namespace, event)
            return _refused(Unavailable("This did not work just now. Try it again in a moment."))
        return answer.model_dump(mode="json")

    def _message(self, event: str, args: tuple[Any, ...]) -> BaseModel:
        model = _CLIENT_MESSAGES.get((self.namespace, event))
        if model is None:
            raise InvalidInput("The protocol has no such message.")
        if len(args) != (2 if model in _WITH_ATTACHMENT else 1):
            raise InvalidInput("The message has the wrong number of parts.")
        try:
            return model.model_validate(args[0])
        except ValidationError as error:
            raise InvalidInput(_first_problem(error)) from error

    async def _hang_up(self, sid: str, peer: Peer, refusal: Refusal) -> None:
        await self.emit("refused", refusal.model_dump(), to=sid)
        await self.disconnect(sid)
        await self.server.hang_up(peer.eio_sid)


class ByteBudget:
    """Lets a user send so many bytes a second, with room for a burst after a lost connection.

    Connecting again is no way round it.
    """

    def __init__(self, bytes_per_second: float, burst_bytes: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = bytes_per_second
        self._burst = burst_bytes
        self._now = now
        self._left: defaultdict[str, tuple[float, float]] = defaultdict(lambda: (burst_bytes, now()))

    def take(self, key: str, count: int) -> bool:
        """Spend bytes; False if there are not enough left now."""
        left, at = self._left[key]
        now = self._now()
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= count
        self._left[key] = (left - count if allowed else left, now)
        return allowed

    def forget_whole(self) -> None:
        """Drop the accounts that time has filled up again: new ones would be the same."""
        now = self._now()
        whole = [key for key, (left, at) in self._left.items() if left + (now - at) * self._rate >= self._burst]
        for key in whole:
            del self._left[key]

    def __len__(self) -> int:
        return len(self._left)


def _refused(error: LossyError) -> dict[str, Any]:
    return {"error": Refusal(code=error.code, message=error.message).model_dump()}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])


def _version_words(theirs: int) -> str:
    who = (
        "This client is older than the server. Update it."
        if theirs < PROTOCOL_VERSION
        else ("This client is newer than the server. Update the server.")
    )
    return f"{who} (It speaks protocol {theirs}, the server {PROTOCOL_VERSION}.)"
