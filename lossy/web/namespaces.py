"""What the three namespaces do with their messages: audio, video, user."""

import asyncio
from typing import Any

import socketio

from lossy.agent.core import Core
from lossy.bus import Missed, Subscription
from lossy.db import events
from lossy.db.models import AudioChunk as AudioChunkRow
from lossy.db.models import RecordingMode
from lossy.errors import InvalidInput, TooMany
from lossy.events import EVERYBODY_TOPIC
from lossy.protocol import (
    MAX_CHUNK_BYTES,
    MAX_CREDIT_BYTES,
    AskSince,
    AudioChunk,
    AudioGap,
    ChunkStored,
    ControlRecording,
    ControlTurn,
    Done,
    EventsSince,
    OpenRecording,
    RecordingOpened,
    ReportPlayback,
    VideoContext,
    VideoOpened,
)
from lossy.web.open_video import open_video
from lossy.web.socket_server import (
    AUTHENTICATE_SECONDS,
    MAX_MESSAGE_BYTES,
    ByteBudget,
    Contained,
    Guarded,
    Peer,
    SmallPacket,
    SocketServer,
    end_revoked,
)

AUDIO_BYTES_PER_SECOND = 256 * 1024
AUDIO_BURST_BYTES = 4 * 1024 * 1024


class AudioNamespace(Guarded):
    """Recordings and their chunks."""

    def __init__(self, core: Core) -> None:
        super().__init__("/audio", core)
        self._budget = ByteBudget(AUDIO_BYTES_PER_SECOND, AUDIO_BURST_BYTES)

    async def left(self, sid: str, peer: Peer) -> None:
        """Forget the connection's budget; its recording waits for it to come back."""
        self._budget.forget(sid)

    async def take_open_recording(self, sid: str, peer: Peer, message: OpenRecording) -> RecordingOpened:
        """Begin a recording or take it up again."""

        def ask_again(first: int, last: int) -> None:
            gap = AudioGap(recording=message.recording, first=first, last=last)
            self.server.start_background_task(self.emit, "audio_gap", gap.model_dump(), to=sid)

        mode = RecordingMode(message.mode)
        return await self.core.sessions.open_recording(
            peer.identity.user_id, message.session, message.recording, mode, ask_again, player=message.player
        )

    async def take_audio_chunk(self, sid: str, peer: Peer, message: AudioChunk, pcm: Any) -> ChunkStored:
        """Store a chunk; the answer means that it is durable."""
        if not isinstance(pcm, bytes) or not pcm or len(pcm) % 2:
            raise InvalidInput("An audio chunk is 16-bit samples in one binary attachment.")
        if len(pcm) > MAX_CHUNK_BYTES:
            raise TooMany(f"An audio chunk has at most {MAX_CHUNK_BYTES} bytes.")
        if not self._budget.take(sid, len(pcm)):
            raise TooMany("Audio comes faster than it can have been spoken. Wait a moment, then send it again.")
        row = AudioChunkRow(recording_id=message.recording, seq=message.seq, captured_at=message.captured_at, pcm=pcm)
        await self.core.sessions.add_chunk(peer.identity.user_id, row)
        return ChunkStored(seq=message.seq, credit_bytes=MAX_CREDIT_BYTES)

    async def take_control_recording(self, sid: str, peer: Peer, message: ControlRecording) -> Done:
        """Steer a recording."""
        await self.core.sessions.control_recording(
            peer.identity.user_id, message.recording, message.action, message.chunks
        )
        return Done()


class VideoNamespace(Guarded):
    """Which video is in front of the reviewer, and where it stands."""

    def __init__(self, core: Core, user_namespace: "UserNamespace") -> None:
        super().__init__("/video", core)
        self._user_namespace = user_namespace

    async def take_video_context(self, sid: str, peer: Peer, message: VideoContext) -> VideoOpened:
        """Switch to a video: its notes come with the answer, and its topic replaces the one before."""
        opened = await open_video(self.core, peer.identity.user_id, message)
        self._user_namespace.follow_video(peer.eio_sid, opened.video)
        return opened

    async def take_report_playback(self, sid: str, peer: Peer, message: ReportPlayback) -> Done:
        """Keep where the player stood."""
        session = await self.core.sessions.of_user(peer.identity.user_id, message.session)
        await session.report_playback(message.reports, message.player)
        return Done()


class UserNamespace(Guarded):
    """Everything that concerns the user, as it happens."""

    def __init__(self, core: Core) -> None:
        super().__init__("/user", core)
        self._news: dict[str, Subscription] = {}

    async def arrived(self, sid: str, peer: Peer) -> None:
        """Begin to tell events."""
        news = self.core.bus.subscribe(f"user:{peer.identity.user_id}", EVERYBODY_TOPIC)
        self._news[sid] = news
        self.server.start_background_task(self._tell, sid, news)

    async def left(self, sid: str, peer: Peer) -> None:
        """Stop telling."""
        news = self._news.pop(sid, None)
        if news is not None:
            news.close()

    def follow_video(self, eio_sid: str, video_id: str) -> None:
        """Tell what others do on this video too, instead of the one before."""
        for sid, peer in self.peers.items():
            if peer.eio_sid == eio_sid and sid in self._news:
                topics = {f"user:{peer.identity.user_id}", EVERYBODY_TOPIC, f"video:{video_id}"}
                self._news[sid].swap(frozenset(topics))

    async def take_control_turn(self, sid: str, peer: Peer, message: ControlTurn) -> Done:
        """Confirm, cancel, retry or acknowledge a turn."""
        session = await self.core.sessions.of_user(peer.identity.user_id, message.session)
        await session.control_turn(message.action, message.turn)
        return Done()

    async def take_ask_since(self, sid: str, peer: Peer, message: AskSince) -> EventsSince:
        """Replay stored events."""
        async with self.core.database.read() as db:
            found = await events.events_since(db, peer.identity.user_id, message.seq, session_id=message.session)
        return EventsSince(events=tuple(found), more=len(found) >= events.PAGE)

    async def _tell(self, sid: str, news: Subscription) -> None:
        async for item in news:
            if isinstance(item, Missed):
                await self.emit("missed", {"count": item.count}, to=sid)
            else:
                await self.emit("event", item.model_dump(mode="json"), to=sid)


class Sockets:
    """The Socket.IO server with its namespaces, as an ASGI app for `/ws`."""

    def __init__(self, core: Core, *, authenticate_seconds: float = AUTHENTICATE_SECONDS) -> None:
        origins = sorted(core.settings.own_origins | set(core.settings.extension_origins))
        self.server = SocketServer(
            async_mode="asgi",
            cors_allowed_origins=origins,
            transports=["websocket"],
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            serializer=SmallPacket,
            ping_interval=25,
            ping_timeout=20,
        )
        self.server.authenticate_seconds = authenticate_seconds
        user = UserNamespace(core)
        self._core = core
        self._namespaces: list[Guarded] = [AudioNamespace(core), VideoNamespace(core, user), user]
        for namespace in self._namespaces:
            self.server.register_namespace(namespace)
        self.app = Contained(socketio.ASGIApp(self.server, socketio_path="/ws/socket.io"), self.server)
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch for sign-outs."""
        self._watch = asyncio.create_task(end_revoked(self._core, self._namespaces), name="end revoked connections")

    async def close(self) -> None:
        """Say goodbye to every connection."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.server.shutdown()
