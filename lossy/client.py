"""The Python client of our own sockets and REST: `lossy say`, the benchmarks and the tests speak through it.

It keeps what the server has not acknowledged and sends it again after a lost connection, so that a server that was
killed in mid-sentence and came back still hears every word.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import socketio
from pydantic import BaseModel
from socketio.exceptions import ConnectionError as NoConnection

from lossy.errors import InvalidInput, LossyError, NotFound, NotSignedIn, TooMany, Unavailable
from lossy.events import EVENT, AnyEvent, Note
from lossy.protocol import (
    PROTOCOL_VERSION,
    AskSince,
    AudioChunk,
    AudioGap,
    ChunkStored,
    ControlRecording,
    Done,
    Encoding,
    EventsSince,
    NotesListed,
    OpenRecording,
    Playback,
    RecordingAction,
    RecordingOpened,
    ReportPlayback,
    VideoContext,
    VideoOpened,
)

CALL_SECONDS = 10.0
CONNECT_SECONDS = 10.0
RETRY_SECONDS = 0.5
PASSING = frozenset({Unavailable.code, TooMany.code})
"""Refusals of an audio chunk that hold for now only: it is kept and sent again."""
NAMESPACES = ("/audio", "/video", "/user")

A = TypeVar("A", bound=BaseModel)
OnEvent = Callable[[AnyEvent], None]


class Refused(LossyError):
    """The server said no; `code` is the server's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]


class Connection:
    """A signed-in connection with its three namespaces; comes back by itself when it is lost."""

    def __init__(self, server: str, token: str, *, client: str = "python/0.1") -> None:
        self.server = _checked_address(server)
        self.token = token
        self.player = uuid4().hex
        self._auth = {"token": token, "protocol": PROTOCOL_VERSION, "client": client}
        self.socket = socketio.AsyncClient(
            reconnection_delay=0.2, reconnection_delay_max=2, randomization_factor=0.2, handle_sigint=False
        )
        self.on_event: OnEvent = lambda event: None
        self.on_back: Callable[[], None] = lambda: None
        self.on_gap: Callable[[AudioGap], None] = lambda gap: None
        self.last_seq = 0
        self.refusal: str | None = None
        self._connected_before = False
        self._held: list[AnyEvent] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self.socket.on("event", self._take_event, namespace="/user")
        self.socket.on("missed", self._take_missed, namespace="/user")
        self.socket.on("disconnect", self._lost, namespace="/user")
        self.socket.on("audio_gap", self._take_gap, namespace="/audio")
        for name in NAMESPACES:
            self.socket.on("refused", self._take_refusal, namespace=name)
            self.socket.on("connect_error", self._take_connect_error, namespace=name)
            self.socket.on("connect", self._connected, namespace=name)

    async def __aenter__(self) -> Self:
        try:
            await self.socket.connect(
                self.server,
                headers={"Origin": self.server},
                auth=self._auth,
                namespaces=list(NAMESPACES),
                transports=["websocket"],
                socketio_path="/ws/socket.io",
                wait_timeout=CONNECT_SECONDS,
            )
        except NoConnection as error:
            await self._close_http()
            if self.refusal is not None:
                raise NotSignedIn(self.refusal) from error
            raise Unavailable(f"No Lossy server answers at {self.server}. Start it with: make run") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)
        await self.socket.shutdown()
        await self._close_http()

    async def _close_http(self) -> None:
        session = self.socket.eio.http
        if session is not None and not session.closed:
            await session.close()

    async def call(self, namespace: str, event: str, message: BaseModel, answer: type[A], *attached: bytes) -> A:
        """Send a message and wait for its answer; `Refused` if the server can't, `Unavailable` if it is away."""
        body = message.model_dump(mode="json")
        try:
            given = await self.socket.call(event, (body, *attached), namespace=namespace, timeout=CALL_SECONDS)
        except (socketio.exceptions.SocketIOError, ConnectionError) as error:
            raise Unavailable("The connection to the server was lost.") from error
        return _answer(given, answer)

    async def open_video(self, context: VideoContext) -> VideoOpened:
        """Put a video in front of the reviewer."""
        opened = await self.call("/video", "video_context", context, VideoOpened)
        if not self.last_seq:
            self.last_seq = opened.seq
        return opened

    async def report_playback(self, session: str, *reports: Playback) -> None:
        """Tell where the player stands."""
        message = ReportPlayback(session=session, reports=reports, player=self.player)
        await self.call("/video", "report_playback", message, Done)

    async def _take_event(self, body: dict[str, Any]) -> None:
        event = EVENT.validate_python(body)
        if self._held is not None and event.seq is not None:
            self._held.append(event)  # it must not overtake those that were missed
        else:
            self._tell(event)

    async def _take_missed(self, _body: dict[str, Any]) -> None:
        await self._lost()
        self._begin_to_catch_up()

    async def _take_gap(self, body: dict[str, Any]) -> None:
        self.on_gap(AudioGap.model_validate(body))

    async def _lost(self, _reason: str = "") -> None:
        if self._held is None:
            self._held = []

    def _begin_to_catch_up(self) -> None:
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up(), name="catch up")

    async def _catch_up(self) -> None:
        while self._held is not None:
            try:
                missed = await self.call("/user", "ask_since", AskSince(seq=self.last_seq), EventsSince)
            except (Unavailable, Refused):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for event in missed.events:
                self._tell(event)
            if not missed.more:
                held, self._held = self._held, None
                for event in held:
                    self._tell(event)

    def _tell(self, event: AnyEvent) -> None:
        if event.seq is not None:
            if event.seq <= self.last_seq:
                return
            self.last_seq = event.seq
        self.on_event(event)

    async def _take_refusal(self, body: dict[str, Any]) -> None:
        self.refusal = str(body.get("message"))

    async def _take_connect_error(self, data: Any) -> None:
        self.refusal = str(data.get("message")) if isinstance(data, dict) else None

    async def _connected(self) -> None:
        if any(name not in self.socket.namespaces for name in NAMESPACES):
            return
        if self._connected_before:
            self._begin_to_catch_up()
            self.on_back()
        self._connected_before = True


class RecordingStream:
    """One recording on its way to the server: what is not acknowledged is kept and sent again."""

    def __init__(
        self, connection: Connection, session: str, mode: str = "one_note", encoding: Encoding = "pcm16"
    ) -> None:
        self.id = uuid4().hex
        self._encoding = encoding
        self._said = b""
        self._connection = connection
        self._opening = OpenRecording.model_validate(
            {"recording": self.id, "session": session, "mode": mode, "player": connection.player}
        )
        self._pending: dict[int, tuple[AudioChunk, bytes]] = {}
        self._next_seq = 0
        self._is_open = False
        self._tasks: set[asyncio.Task[None]] = set()
        connection.on_gap = self._fill
        self.is_over = False
        """The server wants no more of it."""
        self.ack_seconds: list[float] = []

    async def open(self) -> None:
        """Begin, or take up again after the connection was lost and send what it lacks."""
        opened = await self._connection.call("/audio", "open_recording", self._opening, RecordingOpened)
        self._is_open, self.is_over = True, opened.closed
        for seq in sorted(self._pending):
            if seq < opened.next_seq:
                del self._pending[seq]
            else:
                self._send(seq)

    def add(self, pcm: bytes, captured_at: float) -> None:
        """Send the next chunk, PCM16, captured at a wall-clock moment."""
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        self._pending[seq] = self._packed(seq, pcm, captured_at)
        if self._is_open and not self.is_over:
            self._send(seq)

    async def stop(self) -> None:
        """Say that this was all."""
        stop = ControlRecording(recording=self.id, action=RecordingAction.STOP, chunks=self._next_seq)
        await self._connection.call("/audio", "control_recording", stop, Done)

    def _packed(self, seq: int, pcm: bytes, captured_at: float) -> tuple[AudioChunk, bytes]:
        chunk = AudioChunk(recording=self.id, seq=seq, captured_at=captured_at)
        if self._encoding == "pcm16":
            return chunk, pcm
        from lossy import opus  # noqa: PLC0415 -- brings numpy

        lead, self._said = opus.lead_of(self._said), pcm
        facts = {"encoding": "opus", "lead_samples": len(lead), "samples": len(pcm) // 2}
        return chunk.model_copy(update=facts), opus.encode(lead, opus.samples_of(pcm))

    def _send(self, seq: int) -> None:
        task = asyncio.create_task(self._deliver(seq))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, seq: int) -> None:
        while seq in self._pending and not self.is_over:
            chunk, pcm = self._pending[seq]
            sent_at = time.perf_counter()
            try:
                await self._connection.call("/audio", "audio_chunk", chunk, ChunkStored, pcm)
            except Refused as refusal:
                if refusal.code not in PASSING:
                    self.is_over = True
                    return
                await asyncio.sleep(RETRY_SECONDS)
            except Unavailable:
                return  # sent again once the connection is back, or when the server asks for it
            else:
                self.ack_seconds.append(time.perf_counter() - sent_at)
                self._pending.pop(seq, None)

    def _fill(self, gap: AudioGap) -> None:
        for seq in range(gap.first, gap.last + 1):
            if gap.recording == self.id and seq in self._pending:
                self._send(seq)


@asynccontextmanager
async def api(server: str, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Open the REST client; errors of the server become `Refused`, an absent server `Unavailable`."""
    headers = {"Origin": server.rstrip("/")} | ({"Authorization": f"Bearer {token}"} if token else {})
    hooks = {"response": [_raise_refusal]}
    async with httpx.AsyncClient(base_url=server, headers=headers, timeout=CALL_SECONDS, event_hooks=hooks) as client:
        try:
            yield client
        except httpx.TransportError as error:
            raise Unavailable(f"No Lossy server answers at {server}. Start it with: make run") from error


async def notes_on(client: httpx.AsyncClient, video: str) -> list[Note]:
    """List the caller's notes on a video in its order; none if they never opened it."""
    listed: list[Note] = []
    more = True
    while more:
        try:
            answer = await client.get("/api/notes", params={"video": video, "offset": len(listed)})
        except Refused as refusal:
            if refusal.code == NotFound.code:
                return []
            raise
        page = NotesListed.model_validate(answer.json())
        listed += page.notes
        more = page.more
    return listed


async def _raise_refusal(response: httpx.Response) -> None:
    if response.is_error:
        await response.aread()
        try:
            error = response.json()["error"]
            refusal = Refused(str(error["code"]), str(error["message"]))
        except (json.JSONDecodeError, KeyError, TypeError):
            refusal = Refused("unexpected_answer", f"The server answered {response.status_code}.")
        raise refusal


def _checked_address(server: str) -> str:
    try:
        parts = urlsplit(server)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidInput(f"{server} is not the address of a server: it has to be like http://127.0.0.1:4000.")
    return server.rstrip("/")


def _answer(given: Any, answer: type[A]) -> A:
    if isinstance(given, dict) and "error" in given:
        raise Refused(str(given["error"].get("code")), str(given["error"].get("message")))
    return answer.model_validate(given)
