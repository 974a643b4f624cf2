"""What the three namespaces do with their messages: audio, video, user."""

import asyncio
from typing import Any

import socketio

from lossy import telemetry
from lossy.agent.background import background
from lossy.agent.core import Core
from lossy.bus import Missed, Subscription
from lossy.db import events, users
from lossy.db.models import AudioChunk as AudioChunkRow
from lossy.db.models import RecordingMode
from lossy.errors import InvalidInput, NotAllowed, TooMany
from lossy.events import EVERYBODY_TOPIC
from lossy.protocol import (
    MAX_CHUNK_BYTES,
    MAX_CREDIT_BYTES,
    MAX_FRAME_BYTES,
    AskSince,
    AudioChunk,
    AudioGap,
    BrowserTranscript,
    ChunkStored,
    ClientHealth,
    ControlRecording,
    ControlTurn,
    Done,
    EventsSince,
    FrameTaken,
    OpenRecording,
    RecordingOpened,
    ReportPlayback,
    VideoContext,
    VideoFrame,
    VideoOpened,
)
from lossy.web.open_video import open_video
from lossy.web.sign_in_watch import LOOK_EVERY_SECONDS, end_unsigned
from lossy.web.socket_server import (
    AUTHENTICATE_SECONDS,
    MAX_MESSAGE_BYTES,
    ByteBudget,
    Contained,
    Guarded,
    Peer,
    SmallPacket,
    SocketServer,
)

AUDIO_BYTES_PER_SECOND = 256 * 1024
AUDIO_BURST_BYTES = 4 * 1024 * 1024
OPUS_COSTS_BYTES = 3200
"""At least, of that budget: what a decoder takes does not shrink with the packets."""
PARTIAL_COSTS_BYTES = 4 * 1024
FINAL_COSTS_BYTES = 64 * 1024
"""Words instead of audio: each final makes a turn, a note and perhaps a question to a model."""
FRAME_BYTES_PER_SECOND = 512 * 1024
FRAME_BURST_BYTES = 8 * 1024 * 1024
FRAME_COSTS_BYTES = 128 * 1024
"""At the least: a small file may unpack to a large picture."""


class AudioNamespace(Guarded):
    """Recordings and their chunks."""

    def __init__(self, core: Core) -> None:
        super().__init__("/audio", core)
        self._budget = ByteBudget(AUDIO_BYTES_PER_SECOND, AUDIO_BURST_BYTES)

    async def left(self, sid: str, peer: Peer) -> None:
        """Forget budgets that are whole again; the recording waits for its client to come back."""
        self._budget.forget_whole()

    async def take_open_recording(self, sid: str, peer: Peer, message: OpenRecording) -> RecordingOpened:
        """Begin a recording or take it up again."""

        def ask_again(first: int, last: int) -> None:
            gap = AudioGap(recording=message.recording, first=first, last=last)
            background(self.emit("audio_gap", gap.model_dump(), to=sid), "ask for missing audio")

        mode = RecordingMode(message.mode)
        return await self.core.sessions.open_recording(
            peer.identity.user_id,
            message.session,
            message.recording,
            mode,
            ask_again,
            player=message.player,
            brings_audio=message.recognised_by == "server",
        )

    async def take_audio_chunk(self, sid: str, peer: Peer, message: AudioChunk, pcm: Any) -> ChunkStored:
        """Store a chunk; the answer means that it is durable."""
        if not isinstance(pcm, bytes) or not pcm or (message.encoding == "pcm16" and len(pcm) % 2):
            raise InvalidInput("An audio chunk is 16-bit samples in one binary attachment.")
        if len(pcm) > MAX_CHUNK_BYTES:
            raise TooMany(f"An audio chunk has at most {MAX_CHUNK_BYTES} bytes.")
        least = OPUS_COSTS_BYTES if message.encoding == "opus" else 0
        if not self._budget.take(peer.identity.user_id, max(len(pcm), 2 * message.samples, least)):
            raise TooMany("Audio comes faster than it can have been spoken. Wait a moment, then send it again.")
        captured_at = message.captured_at
        if message.encoding == "opus":
            pcm, captured_at = await _unpacked(message, pcm)
        row = AudioChunkRow(recording_id=message.recording, seq=message.seq, captured_at=captured_at, pcm=pcm)
        await self.core.sessions.add_chunk(peer.identity.user_id, row)
        return ChunkStored(seq=message.seq, credit_bytes=MAX_CREDIT_BYTES)

    async def take_transcript(self, sid: str, peer: Peer, message: BrowserTranscript) -> Done:
        """Take words instead of audio; the answer to final ones means that they are durable."""
        cost = FINAL_COSTS_BYTES if message.is_final else PARTIAL_COSTS_BYTES
        if not self._budget.take(peer.identity.user_id, cost):
            raise TooMany("Words come faster than they can have been spoken. Wait a moment, then send them again.")
        await self.core.sessions.add_words(peer.identity.user_id, message)
        return Done()

    async def take_control_recording(self, sid: str, peer: Peer, message: ControlRecording) -> Done:
        """Steer a recording."""
        await self.core.sessions.control_recording(
            peer.identity.user_id, message.recording, message.action, message.chunks
        )
        return Done()


async def _unpacked(message: AudioChunk, packets: bytes) -> tuple[bytes, float]:
    """Give the samples of an Opus chunk, and when the first of them was recorded."""
    from lossy import opus  # noqa: PLC0415 -- brings numpy, which a start can do without

    pcm = await asyncio.to_thread(opus.decode, packets, message.lead_samples, message.samples)
    shift_seconds = opus.SHIFT_SAMPLES / opus.SAMPLE_RATE if message.lead_samples else 0.0
    return pcm.tobytes(), message.captured_at - shift_seconds


class VideoNamespace(Guarded):
    """Which video is in front of the reviewer, and where it stands."""

    def __init__(self, core: Core, user_namespace: "UserNamespace") -> None:
        super().__init__("/video", core)
        self._budget = ByteBudget(FRAME_BYTES_PER_SECOND, FRAME_BURST_BYTES)
        self._user_namespace = user_namespace

    async def left(self, sid: str, peer: Peer) -> None:
        """Forget budgets that are whole again."""
        self._budget.forget_whole()

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

    async def take_video_frame(self, sid: str, peer: Peer, message: VideoFrame, webp: Any) -> FrameTaken:
        """Keep a picture of the video."""
        if not isinstance(webp, bytes):
            raise InvalidInput("A video frame is a WebP picture in one binary attachment.")
        if len(webp) > MAX_FRAME_BYTES:
            raise TooMany(f"A video frame has at most {MAX_FRAME_BYTES} bytes.")
        if not self._budget.take(peer.identity.user_id, max(len(webp), FRAME_COSTS_BYTES)):
            raise TooMany("Video frames come too fast. Wait a moment, then send it again.")
        return await self.core.frames.take(peer.identity.user_id, message, webp)


class UserNamespace(Guarded):
    """Everything that concerns the user, as it happens."""

    def __init__(self, core: Core) -> None:
        super().__init__("/user", core)
        self._news: dict[str, Subscription] = {}

    async def arrived(self, sid: str, peer: Peer) -> None:
        """Begin to tell events."""
        news = self.core.bus.subscribe(f"user:{peer.identity.user_id}", EVERYBODY_TOPIC)
        self._news[sid] = news
        # Without its news a client would be wrong and not know; connecting again, it asks for what it missed.
        background(self._tell(sid, news), "tell events", lambda: self._cut_off(peer))

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

    async def take_report_health(self, sid: str, peer: Peer, message: ClientHealth) -> Done:
        """Count how a client fared, if its user allows that."""
        async with self.core.database.read() as db:
            chosen = await users.settings_of(db, peer.identity.user_id)
        if chosen.get("report_health") is not True:
            raise NotAllowed("Allow it in the settings first: how the extension fares is told.")
        telemetry.client_trouble.labels("reconnect").inc(message.reconnects)
        telemetry.client_trouble.labels("audio_gap").inc(message.audio_gaps)
        telemetry.client_trouble.labels("dropped_frame").inc(message.dropped_frames)
        for seconds in message.inference_seconds:
            telemetry.client_inference_seconds.observe(seconds)
        return Done()

    async def take_ask_since(self, sid: str, peer: Peer, message: AskSince) -> EventsSince:
        """Replay stored events."""
        async with self.core.database.read() as db:
            found = await events.events_since(db, peer.identity.user_id, message.seq, session_id=message.session)
        return EventsSince(events=tuple(found), more=len(found) >= events.PAGE)

    def _cut_off(self, peer: Peer) -> None:
        background(self.server.hang_up(peer.eio_sid), "cut off whoever can't be told")

    async def _tell(self, sid: str, news: Subscription) -> None:
        async for item in news:
            if isinstance(item, Missed):
                await self.emit("missed", {"count": item.count}, to=sid)
            else:
                await self.emit("event", item.model_dump(mode="json"), to=sid)


class Sockets:
    """The Socket.IO server with its namespaces, as an ASGI app for `/ws`."""

    def __init__(
        self,
        core: Core,
        *,
        authenticate_seconds: float = AUTHENTICATE_SECONDS,
        look_every_seconds: float = LOOK_EVERY_SECONDS,
    ) -> None:
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
        self.namespaces: list[Guarded] = [AudioNamespace(core), VideoNamespace(core, user), user]
        for namespace in self.namespaces:
            self.server.register_namespace(namespace)
        self.app = Contained(socketio.ASGIApp(self.server, socketio_path="/ws/socket.io"), self.server)
        self._look_every_seconds = look_every_seconds
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch whether everybody is still signed in."""
        watch = end_unsigned(self._core, self.namespaces, self._look_every_seconds)
        self._watch = background(watch, "end connections without a sign-in")

    async def close(self) -> None:
        """Say goodbye to every connection."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.server.shutdown()
