"""A session on a real database with a clock that is moved by hand, and a microphone that is fed shipped voices."""

import asyncio
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

import numpy as np
from sqlmodel import col, select

from lossy.agent.retries import transcription
from lossy.agent.session import AgentSession, Faculties
from lossy.agent.sessions import Sessions
from lossy.bus import Missed
from lossy.db.engine import Database
from lossy.db.models import AudioChunk, EventRow, NoteRow, Recording, RecordingMode, Turn, Video
from lossy.db.types import new_id
from lossy.demo import UTTERANCES
from lossy.errors import NotFound
from lossy.events import (
    EVENT,
    AnyEvent,
    Event,
    MicrophoneChanged,
    MicrophoneState,
    NoteChanged,
    NoteStatus,
    SpeechHeard,
    TurnChanged,
    TurnState,
)
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.jobs import Jobs
from lossy.protocol import Playback, RecordingAction, RecordingOpened, TurnAction
from tests.db.rows import Reviewer, reviewer
from tests.fakes import FakeClock, FakeStructurer, FakeTranscriber, Heard, Held

MUSIC = "01-the-music-is-too-loud.wav"
LOGO = "12-the-logo-is-too-small.wav"
SCRATCH = "scratch-that.wav"
ONSET_SECONDS = 0.5
LAG_SECONDS = 0.6
PRESSED_AT = 1_700_000_000.0
POSITION = 12.5
WAIT_SECONDS = 10.0
INSTANCE = "here:4000"

E = TypeVar("E", bound=Event)


@dataclass
class Stage:
    """What a test drives: people, sessions, time, and everything that was told."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    transcriber: FakeTranscriber = field(default_factory=FakeTranscriber)
    structurer: FakeStructurer = field(default_factory=FakeStructurer)

    def __post_init__(self) -> None:
        self.sessions = self.registry()
        self.jobs: Jobs | None = None
        self.told: list[AnyEvent] = []

    def registry(self, instance: str = INSTANCE) -> Sessions:
        """Make a process's sessions."""
        faculties = Faculties(self.database, self.transcriber, self.structurer, self.clock, job_after_seconds=0)
        return Sessions(faculties, instance)

    async def run_jobs(self) -> None:
        """Let the durable work be done from now on."""
        kind = transcription(self.database, self.transcriber, again_seconds=(0.01, 0.01))
        self.jobs = Jobs(self.database, [kind], lease_seconds=1)
        await self.jobs.start()

    async def start(self) -> None:
        """Make a person, and their session on a video."""
        self.person = await reviewer(self.database)
        self.ears = self.database.bus.subscribe(f"user:{self.person.user_id}")
        await self.sessions.start()
        self.session = await self.sessions.open(self.person.user_id, self.person.video.id)

    async def put_online(self) -> None:
        """Let the video be on a page."""
        async with self.database.write() as db:
            video = await db.get_one(Video, self.person.video.id)
            video.platform, video.external_id = "web", "https://films.example/one"
            video.url = video.external_id

    async def press(
        self, mode: RecordingMode = RecordingMode.ONE_NOTE, *, position: float = POSITION, playing: bool = True
    ) -> "Microphone":
        """Open a microphone while the video plays, or stands still."""
        await self.session.report_playback((Playback(at=PRESSED_AT, position=position, playing=playing),))
        microphone = Microphone(self, mode)
        await microphone.open()
        return microphone

    async def until(self, kind: type[E], wanted: Callable[[E], bool] = lambda event: True) -> E:
        """Wait for an event, and for what it brings about in the session; those before it are in `told`."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                if not self._unread:
                    self._unread.extend(await self.ears.batch())
                event = self._unread.pop(0)
                if isinstance(event, Missed):
                    raise LookupError("events were missed")
                self.told.append(EVENT.validate_python(event.model_dump()))
                if isinstance(event, kind) and wanted(event):
                    await self.quiet()
                    return event

    _unread: list[Event | Missed] = field(default_factory=list)

    async def until_turn(self, state: TurnState, turn_id: str | None = None) -> TurnChanged:
        """Wait for a turn to come into a state."""
        return await self.until(
            TurnChanged, lambda event: event.state is state and (turn_id is None or event.turn_id == turn_id)
        )

    async def until_transcribing(self, held: Held[Heard]) -> None:
        """Wait for a held decode of a turn that is over; one that is only foreseen is asked for before that."""
        await held.was_asked()
        await self.until_turn(TurnState.TRANSCRIBING)

    async def until_speech(self, edge: str) -> SpeechHeard:
        """Wait for speech to begin or end."""
        return await self.until(SpeechHeard, lambda event: event.edge == edge)

    async def until_note(self, status: NoteStatus) -> NoteChanged:
        """Wait for a note to get a status."""
        return await self.until(NoteChanged, lambda event: event.note.status is status)

    async def until_microphone(self, state: MicrophoneState) -> MicrophoneChanged:
        """Wait for the microphone to come into a state."""
        return await self.until(MicrophoneChanged, lambda event: event.state is state)

    async def quiet(self) -> None:
        """Wait until the session has taken everything that it was given up to now."""
        try:
            await self.session.control_turn(TurnAction.ACKNOWLEDGE, "nothing-of-the-kind")
        except NotFound:
            return

    async def events(self) -> list[AnyEvent]:
        """Read every stored event."""
        async with self.database.read() as db:
            rows = (await db.exec(select(EventRow).order_by(col(EventRow.seq)))).all()
        return [EVENT.validate_python({**row.body, "seq": row.seq}) for row in rows]

    async def notes(self, *statuses: NoteStatus) -> list[NoteRow]:
        """Read the notes with these statuses, or all, in the order of the video."""
        async with self.database.read() as db:
            rows = (await db.exec(select(NoteRow).order_by(col(NoteRow.start_seconds)))).all()
        return [row for row in rows if not statuses or row.status in statuses]

    async def turns(self) -> list[Turn]:
        """Read every turn."""
        async with self.database.read() as db:
            return list((await db.exec(select(Turn).order_by(col(Turn.created_at)))).all())

    async def chunks(self) -> list[int]:
        """Read the sequence numbers of the audio that is kept."""
        async with self.database.read() as db:
            return list((await db.exec(select(AudioChunk.seq).order_by(col(AudioChunk.seq)))).all())

    async def recordings(self) -> list[Recording]:
        """Read every recording."""
        async with self.database.read() as db:
            return list((await db.exec(select(Recording))).all())

    async def crash(self) -> None:
        """Leave the process as SIGKILL would: nothing is told, written or let go, and a new one starts."""
        abandoned = self.sessions
        self.sessions = self.registry()
        self._unread.clear()
        await abandon(abandoned)
        await self.sessions.start()
        self.session = await self.sessions.open(self.person.user_id, self.person.video.id)

    async def end(self) -> None:
        """Close everything, and see that nothing is left running."""
        if self.jobs is not None:
            await self.jobs.close(drain_seconds=0)
        await self.sessions.close()


class Microphone:
    """A client's recording, fed with samples as fast as they are taken."""

    def __init__(self, stage: Stage, mode: RecordingMode, who: Reviewer | None = None) -> None:
        self.id = new_id()
        self.mode = mode
        self.seq = 0
        self.samples = 0
        self._stage = stage
        self._user_id = (who or stage.person).user_id

    async def open(self, on_gap: Callable[[int, int], None] | None = None) -> RecordingOpened:
        return await self._stage.sessions.open_recording(
            self._user_id, self._stage.session.id, self.id, self.mode, on_gap
        )

    async def say(self, file: str, silence_seconds: float = 1.0) -> float:
        """Speak an utterance and pause; give the second of the recording at which it began."""
        began = self.samples / SAMPLE_RATE
        await self.hear(voice(file))
        await self.silence(silence_seconds)
        return began

    async def silence(self, seconds: float) -> None:
        await self.hear(np.zeros(int(seconds * SAMPLE_RATE), np.int16), chunk_samples=24_000)

    async def hear(self, pcm: Pcm, chunk_samples: int = 8000) -> None:
        for offset in range(0, len(pcm), chunk_samples):
            await self.send(self.take(pcm[offset : offset + chunk_samples]))

    def take(self, pcm: Pcm) -> AudioChunk:
        """Make the next chunk without sending it."""
        captured_at = PRESSED_AT + self.samples / SAMPLE_RATE
        chunk = AudioChunk(recording_id=self.id, seq=self.seq, captured_at=captured_at, pcm=pcm.tobytes())
        self.seq += 1
        self.samples += len(pcm)
        return chunk

    async def send(self, chunk: AudioChunk) -> None:
        await self._stage.sessions.add_chunk(self._user_id, AudioChunk(**chunk.model_dump()))

    async def steer(self, action: RecordingAction, chunks: int | None = None) -> None:
        await self._stage.sessions.control_recording(self._user_id, self.id, action, chunks)

    async def stop(self) -> None:
        await self.steer(RecordingAction.STOP, self.seq)


async def abandon(sessions: Sessions) -> None:
    """Stop a process's tasks and timers where they stand, so that nothing of it ever acts again."""
    for session in sessions.live:
        silence(session)
    current = asyncio.current_task()
    names = (
        "session ",
        "jobs of sessions",
        "audio chunk writer",
        "transcribe ",
        "structure ",
        "foresee ",
        "live words ",
    )
    tasks = [task for task in asyncio.all_tasks() if task is not current and task.get_name().startswith(names)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def silence(session: AgentSession) -> None:
    """Take a session's timers away."""
    session.listening.close()
    for turn in session.turns.values():
        turn.stop_work()


@lru_cache
def voice(file: str) -> Pcm:
    """Read a shipped utterance."""
    with wave.open(str(UTTERANCES / file), "rb") as wav:
        return np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
