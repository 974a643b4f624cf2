"""The registry of live sessions: one per user and video, opened when somebody looks, let go when nothing goes on.

Whatever a session was doing is in the database, so letting go costs nothing: it comes back when its user does. After
a restart `recover` brings back those that were interrupted, without waiting for anybody.
"""

import asyncio
import logging
from collections import defaultdict

from lossy.agent import inputs
from lossy.agent.background import background
from lossy.agent.chunk_writer import ChunkWriter
from lossy.agent.clock import sleep
from lossy.agent.inputs import OnGap
from lossy.agent.retries import may_get_words
from lossy.agent.session import AgentSession, Faculties
from lossy.db import sessions as store
from lossy.db import videos
from lossy.db.models import AudioChunk, RecordingMode, Role
from lossy.errors import Conflict, NotFound, TooMany, Unavailable
from lossy.events import JOBS_TOPIC, JobChanged, JobState
from lossy.inference.speech import samples_from_bytes
from lossy.protocol import BrowserTranscript, RecordingAction, RecordingOpened

logger = logging.getLogger(__name__)

MAX_BUSY_PER_USER = 3
MAX_SESSIONS_PER_USER = 12
"""Those that are only looked at included: opening one costs more than keeping it."""
IDLE_SECONDS = 15 * 60.0
SWEEP_SECONDS = 10.0


class Sessions:
    """Live sessions of this process, by user and video."""

    def __init__(self, faculties: Faculties, instance: str) -> None:
        self._faculties = faculties
        self._instance = instance
        self._live: dict[tuple[str, str], AgentSession] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recordings: dict[str, AgentSession] = {}
        self._writer: ChunkWriter | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._sweeping = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up what a stop interrupted and begin to sweep."""
        self._writer = ChunkWriter(self._faculties.database)
        async with self._faculties.database.write() as db:
            await store.delete_finished_chunks(db)
            rows = await store.unfinished_sessions(db, self._instance)
        for row in rows:
            await self._recover(row.user_id, row.video_id)
        self._sweeper = background(self._sweep(), "session sweeper")
        self._follower = background(self._follow_jobs(), "jobs of sessions")

    async def close(self) -> None:
        """Let go of every session; all of them can be taken up again."""
        if self._sweeper is not None:
            async with self._sweeping:  # a write that is cut off in the middle may keep the database locked
                self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        if self._writer is not None:
            await self._writer.close()
        for session in list(self._live.values()):
            await self._let_go(session)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def open(self, user_id: str, video_id: str) -> AgentSession:
        """Give the user's session on a video that they may comment on; a quiet one makes room for it."""
        async with self._opening[user_id]:
            live = self._live.get((user_id, video_id))
            if live is not None and not live.is_over:
                return live
            if live is not None:
                await self._let_go(live)
            async with self._faculties.database.write() as db:
                await videos.require_video(db, user_id, video_id, Role.COMMENTER)
                await self._make_room(user_id)
                row = await store.open_session(db, user_id, video_id)
                lease = await store.take_lease(db, row.id, self._instance)
            session = AgentSession(row, lease, self._faculties)
            await session.start()
            self._live[user_id, video_id] = session
            if session.listening.recording is not None:
                self._recordings[session.listening.recording.id] = session
            return session

    async def of_user(self, user_id: str, session_id: str) -> AgentSession:
        """Give the user's own session by its id, opening it if it was let go."""
        for session in self._live.values():
            if session.id == session_id and session.user_id == user_id and not session.is_over:
                return session
        async with self._faculties.database.read() as db:
            row = await store.require_session(db, user_id, session_id)
        return await self.open(user_id, row.video_id)

    async def delete_video(self, user_id: str, video_id: str) -> None:
        """Delete a video with everything on it, as its owner, and end the sessions that were open on it."""
        async with self._faculties.database.write() as db:
            await videos.delete_video(db, user_id, video_id)
        for session in self.live:
            if session.video_id == video_id:
                await self._let_go(session)

    async def open_recording(
        self,
        user_id: str,
        session_id: str,
        recording_id: str,
        mode: RecordingMode,
        on_gap: OnGap | None,
        *,
        player: str = "",
        brings_audio: bool = True,
    ) -> RecordingOpened:
        """Begin a recording in the user's session, or take it up again; `TooMany` beside three busy ones."""
        session = await self.of_user(user_id, session_id)
        async with self._opening[user_id]:
            busy = [other for other in self._of(user_id) if other is not session and not other.is_quiet]
            if session.is_quiet and len(busy) >= MAX_BUSY_PER_USER:
                raise TooMany("Three of your reviews are recording or working at the moment. Finish one first.")
            asked = inputs.RecordingAsked(recording_id, mode, on_gap, player, brings_audio)
            session.post(asked)
            opened = await asked.done
        if not opened.closed:
            self._recordings[recording_id] = session
        return opened

    async def add_chunk(self, user_id: str, chunk: AudioChunk) -> None:
        """Make a chunk durable and let its session hear it; `NotFound` if its recording is not the user's."""
        session = await self._recording(user_id, chunk.recording_id)
        live = session.listening.recording
        if live is None or live.id != chunk.recording_id or live.is_closed:
            raise Conflict("This recording is over.")
        if self._writer is None:
            raise Conflict("Lossy is not running yet.")
        try:
            await self._writer.store(chunk, session.lease)
        except store.LeaseLost as lost:
            session.stop_acting()
            raise Unavailable("The review moved on meanwhile. The audio is kept and sent again.") from lost
        pcm = samples_from_bytes(chunk.pcm)
        session.post(inputs.ChunkArrived(chunk.recording_id, chunk.seq, chunk.captured_at, pcm))

    async def add_words(self, user_id: str, words: BrowserTranscript) -> None:
        """Take what the browser recognised; final words are durable when this returns."""
        session = await self._recording(user_id, words.recording)
        given = inputs.WordsCame(words)
        session.post(given)
        await given.done

    async def control_recording(
        self, user_id: str, recording_id: str, action: RecordingAction, chunks: int | None = None
    ) -> None:
        """Stop, pause, resume or cancel the user's recording."""
        session = await self._recording(user_id, recording_id)
        given = inputs.RecordingSteered(recording_id, action, chunks)
        session.post(given)
        await given.done

    @property
    def live(self) -> tuple[AgentSession, ...]:
        """Every live session."""
        return tuple(self._live.values())

    async def _recording(self, user_id: str, recording_id: str) -> AgentSession:
        session = self._recordings.get(recording_id)
        if session is not None and session.user_id == user_id and not session.is_over:
            return session
        async with self._faculties.database.read() as db:
            row = await store.recording_of(db, user_id, recording_id)
        session = await self.of_user(user_id, row.session_id)
        if row.closed_at is None:
            self._recordings[recording_id] = session
        return session

    async def _recover(self, user_id: str, video_id: str) -> None:
        try:
            session = await self.open(user_id, video_id)
        except (Conflict, NotFound, TooMany) as refusal:
            logger.warning("A session could not be taken up: %s", refusal.message)
        else:
            logger.info("Took up session %s.", session.id)

    async def _make_room(self, user_id: str) -> None:
        mine = self._of(user_id)
        quiet = [session for session in mine if session.is_quiet]
        if len(mine) >= MAX_SESSIONS_PER_USER and quiet:
            self._drop(min(quiet, key=lambda session: session.last_active))

    def _of(self, user_id: str) -> list[AgentSession]:
        return [session for session in self._live.values() if session.user_id == user_id]

    def _drop(self, session: AgentSession) -> None:
        self._live.pop((session.user_id, session.video_id), None)
        self._recordings = {key: other for key, other in self._recordings.items() if other is not session}
        task = background(session.close(), f"let go of {session.id}")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _let_go(self, session: AgentSession) -> None:
        self._live.pop((session.user_id, session.video_id), None)
        self._recordings = {key: other for key, other in self._recordings.items() if other is not session}
        await session.close()

    async def _sweep(self) -> None:
        while True:
            await sleep(self._faculties.clock, SWEEP_SECONDS)
            async with self._sweeping:
                for session in self.live:
                    try:
                        await self._look_after(session)
                    except Exception:
                        logger.exception("Session %s could not be looked after.", session.id)

    async def _follow_jobs(self) -> None:
        """Wake the sessions that wait for a job when one ended, or when news of it may have been missed."""
        with self._faculties.database.bus.subscribe(JOBS_TOPIC) as news:
            async for item in news:
                if isinstance(item, JobChanged) and item.state in (JobState.READY, JobState.RUNNING):
                    continue
                for session in self.live:
                    if not session.is_over and any(map(may_get_words, session.turns.values())):
                        session.post(inputs.JobEnded())

    async def _look_after(self, session: AgentSession) -> None:
        recording = session.listening.recording
        if self._faculties.clock.monotonic() - session.last_active <= IDLE_SECONDS:
            await self._renew(session)
        elif recording is not None:
            session.post(inputs.RecordingSteered(recording.id, RecordingAction.DEVICE_LOST, None))
        else:
            await self._let_go(session)

    async def _renew(self, session: AgentSession) -> None:
        try:
            async with session.write():
                pass
        except store.LeaseLost:
            logger.warning("Session %s is led elsewhere now.", session.id)
            await self._let_go(session)
