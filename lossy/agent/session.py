"""AgentSession: one user's review of one video, as an actor.

Everything that happens comes through the inbox, one input at a time. The loop asks the pure table what an input
means, commits the new state with its consequences and events in one fenced transaction, and only then starts what
takes long (recognition, structuring) as a child task whose result comes back as an input. So a cancel works at any
moment, and after kill -9 `restore` finds in the database what to go on with.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict

from lossy.agent import auto_post, dictation, inputs, turn_effects
from lossy.agent.background import background
from lossy.agent.clock import Clock, SystemClock
from lossy.agent.machine import (
    Effect,
    MicrophoneInput,
    TurnInput,
    step,
    step_microphone,
)
from lossy.agent.playback import Playbacks, Report
from lossy.agent.reaction import CORRECTIONS, DEFAULT_LAG_SECONDS, learnt_lag
from lossy.agent.turn import Deadline, LiveTurn
from lossy.db import notes, users
from lossy.db import sessions as store
from lossy.db.engine import Database, Db
from lossy.db.models import PlaybackReport, ReviewSession
from lossy.db.sessions import Lease
from lossy.errors import LossyError, NotFound, Unavailable
from lossy.events import MicrophoneChanged, MicrophoneState, TurnChanged, TurnState
from lossy.inference.notes import Structurer
from lossy.inference.speech import EngineChoice, Pcm, Transcript
from lossy.logs import about
from lossy.protocol import Playback, TurnAction

logger = logging.getLogger(__name__)

PLAYBACK_KEPT_SECONDS = 30 * 60.0
TRY_AGAIN_SECONDS = 1.0
"""What could not be carried out, the database being away, and nobody would ask for again, is tried after this long."""
_STEERED = {
    TurnAction.CONFIRM: TurnInput.CONFIRM,
    TurnAction.CANCEL: TurnInput.CANCEL,
    TurnAction.RETRY: TurnInput.RETRY,
    TurnAction.ACKNOWLEDGE: TurnInput.ACKNOWLEDGE,
}


class SpeechToText(Protocol):
    """Whatever turns an utterance into words: the router, or a recording fake in a test."""

    async def transcribe(self, pcm: Pcm, choice: EngineChoice) -> Transcript: ...

    async def foresee(self, pcm: Pcm) -> Transcript: ...

    async def transcribe_partial(self, pcm: Pcm) -> str | None: ...

    def order(self, choice: EngineChoice) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Faculties:
    """What a session needs of the world."""

    database: Database
    transcriber: SpeechToText
    structurer: Structurer
    clock: Clock = field(default_factory=SystemClock)
    job_after_seconds: float = 4.0
    """When the durable job begins that tries recognition again."""


class Whose(TypedDict):
    """Whom an event concerns."""

    user_id: str
    session_id: str
    video_id: str


@dataclass(frozen=True)
class SessionView:
    """A session as pages show it: the microphone, and the newest turn that is not idle."""

    microphone: MicrophoneState
    recording_id: str | None
    turn: TurnState
    turn_id: str | None
    deadline_seconds: float | None
    words: str
    message: str | None


class AgentSession:
    """The live session. Its public methods may be called by anybody in the process; they only post to the inbox."""

    def __init__(self, row: ReviewSession, lease: Lease, faculties: Faculties) -> None:
        from lossy.agent.listening import Listening  # noqa: PLC0415 -- brings numpy, which a start can do without

        self.id = row.id
        self.user_id = row.user_id
        self.video_id = row.video_id
        self.lease = lease
        self.faculties = faculties
        self.microphone = MicrophoneState.OFF
        self.turns: dict[str, LiveTurn] = {}
        self.playback = Playbacks()
        self.listening = Listening(self)
        self.message: str | None = None
        self.engine_choice = EngineChoice.AUTO
        self.lag_seconds = DEFAULT_LAG_SECONDS
        self.last_active = faculties.clock.monotonic()
        self._inbox: asyncio.Queue[inputs.Input] = asyncio.Queue()
        self._children: set[asyncio.Task[None]] = set()
        self._taking = asyncio.Lock()
        self._loop: asyncio.Task[None] | None = None
        self.is_over = False
        """It takes nothing more: it was closed, or another process leads it now."""

    @property
    def whose(self) -> Whose:
        """What every event of this session carries."""
        return Whose(user_id=self.user_id, session_id=self.id, video_id=self.video_id)

    # What others call

    @property
    def view(self) -> SessionView:
        """What to show of it now."""
        newest = next(reversed(self.turns.values()), None)
        deadline = newest.deadline if newest and not (newest.deadline and newest.deadline.is_held) else None
        return SessionView(
            microphone=self.microphone,
            recording_id=self.listening.recording.id if self.listening.recording else None,
            turn=newest.state if newest else TurnState.IDLE,
            turn_id=newest.id if newest else None,
            deadline_seconds=deadline.remaining_seconds if deadline else None,
            words=newest.transcript.text if newest and newest.transcript else "",
            message=self.message,
        )

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is going on, so that it may be let go."""
        at_rest = all(turn.is_put_aside for turn in self.turns.values())
        return at_rest and self.listening.recording is None and self._inbox.empty()

    def post(self, given: inputs.Input) -> None:
        """Put an input into the inbox; once it is over, whoever waits for an answer is refused."""
        if self.is_over:
            self._answer(given, Unavailable("This review was closed meanwhile. Open it again."))
            return
        self.last_active = self.faculties.clock.monotonic()
        self._inbox.put_nowait(given)

    async def control_turn(self, action: TurnAction, turn_id: str | None = None) -> None:
        """Confirm, cancel, retry or acknowledge a turn, else the newest that takes it; raises if none does."""
        given = inputs.TurnSteered(action, turn_id)
        self.post(given)
        await given.done

    async def report_playback(self, reports: tuple[Playback, ...], player: str = "") -> None:
        """Keep where a player stood; durable when this returns."""
        rows = [PlaybackReport(session_id=self.id, player=player, **report.model_dump()) for report in reports]
        self.playback.extend(player, (Report(row.at, row.position, row.rate, row.playing) for row in rows))
        async with self.write() as db:
            await store.store_playback(db, rows)
            await store.forget_playback(db, self.id, before=rows[-1].at - PLAYBACK_KEPT_SECONDS)
        self.playback.forget(rows[-1].at - PLAYBACK_KEPT_SECONDS)
        self.last_active = self.faculties.clock.monotonic()

    async def start(self) -> None:
        """Take up what a stop interrupted, then run."""
        await turn_effects.restore(self)
        self._loop = background(self._run(), f"session {self.id}", self.stop_acting)

    async def close(self) -> None:
        """Stop here; everything durable stays as it is, for whoever takes the lease next."""
        self.is_over = True
        running = [task for task in (self._loop, *self._children) if task is not None]
        async with self._taking:  # a write that is cut off in the middle may keep the database locked
            for task in running:
                task.cancel()
        self.stop_acting()
        await asyncio.gather(*running, return_exceptions=True)
        async with self.faculties.database.write() as db:
            await store.release_lease(db, self.lease)

    # What its own parts call

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Db]:
        """Open a transaction that fails if another process leads this session now."""
        async with self.faculties.database.write() as db:
            await store.hold(db, self.lease)
            yield db

    async def learn(self, db: Db) -> None:
        """Read what the reviewer chose, and how they react."""
        chosen = await users.settings_of(db, self.user_id)
        self.engine_choice = EngineChoice.read(chosen.get("engine"))
        self.lag_seconds = learnt_lag(await notes.asked_lags(db, self.user_id, CORRECTIONS))

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a child task that ends with the session."""
        task = background(work, name)
        self._children.add(task)
        task.add_done_callback(self._children.discard)
        return task

    async def move(self, turn: LiveTurn, given: TurnInput, change: turn_effects.Change | None = None) -> None:
        """Move a turn by the table: commit state, consequences and events, then start what follows."""
        state, effects = step(turn.state, given, turn.origin)
        before = (turn.state, turn.origin, turn.attempts, turn.failure)
        if state is TurnState.RETRYING:
            turn.origin, turn.attempts = turn.state, turn.attempts + 1
        elif given in (TurnInput.TRANSCRIPT, TurnInput.NOTE, TurnInput.RETRY):
            turn.attempts = 0
        turn.state = state
        deadline_seconds = turn_effects.deadline_seconds(turn)
        try:
            async with self.write() as db:
                if change is not None:
                    await change(db)
                await turn_effects.commit(self, db, turn, effects)
                await store.save_turn(db, turn.id, **turn.facts())
                db.tell(self.turn_changed(turn, deadline_seconds))
        except BaseException:
            turn.state, turn.origin, turn.attempts, turn.failure = before
            raise
        turn.stage += 1
        turn.stop_work()
        self.turns[turn.id] = turn
        self.arm(turn, deadline_seconds)
        await self.follow(turn, effects)

    async def follow(self, turn: LiveTurn, effects: tuple[Effect, ...]) -> None:
        """Start the long work of effects, let go of what is over, and let held clocks run again."""
        await turn_effects.begin(self, turn, effects)
        if Effect.LET_GO in effects:
            del self.turns[turn.id]
            await self.listening.turn_ended(turn)
        await self.watch_clocks()

    async def move_microphone(
        self, given: MicrophoneInput, reason: str | None = None, change: turn_effects.Change | None = None
    ) -> None:
        """Move the microphone by its table, and what changes with it, and tell everybody."""
        state = step_microphone(self.microphone, given)
        recording = self.listening.recording
        async with self.write() as db:
            if change is not None:
                await change(db)
            await store.save_microphone(db, self.id, state)
            db.tell(
                MicrophoneChanged(
                    **self.whose,
                    state=state,
                    recording_id=recording.id if recording else None,
                    reason=reason,
                )
            )
        self.microphone = state
        self.message = reason

    def turn_changed(self, turn: LiveTurn, deadline_seconds: float | None) -> TurnChanged:
        """Tell how a turn stands."""
        return TurnChanged(**self.whose, turn_id=turn.id, state=turn.state, deadline_seconds=deadline_seconds)

    def arm(self, turn: LiveTurn, seconds: float | None) -> None:
        """Give a turn its deadline for the state that it is in, instead of the one it has."""
        if turn.deadline is not None:
            turn.deadline.cancel()
        if seconds is not None:
            stage = turn.stage
            turn.deadline = Deadline(
                self.faculties.clock,
                seconds,
                lambda: self.post(inputs.TurnMoved(turn.id, stage, TurnInput.TIMEOUT)),
            )

    async def watch_clocks(self) -> None:
        """Let the clock of a note stand still while something said within it is not yet understood."""
        unresolved = any(turn.is_unresolved for turn in self.turns.values())
        for turn in list(self.turns.values()):
            if turn.state is not TurnState.CONFIRMING or turn.deadline is None or turn.deadline.is_held == unresolved:
                continue
            if unresolved:
                turn.deadline.hold()
            else:
                turn.deadline.go_on()
            async with self.write() as db:
                db.tell(self.turn_changed(turn, None if unresolved else turn.deadline.remaining_seconds))

    # The loop

    async def _run(self) -> None:
        with about(user_id=self.user_id, session_id=self.id):
            while not self.is_over:
                await self._take_next()

    async def _take_next(self) -> None:
        given = await self._inbox.get()
        try:
            async with self._taking:
                await self._take(given)
        except store.LeaseLost as refusal:
            logger.warning("Session %s is led elsewhere now.", self.id)
            self._answer(given, refusal)
            self.stop_acting()
        except LossyError as refusal:
            self._answer(given, refusal)
        except asyncio.CancelledError:
            self._answer(given, Unavailable("This review was closed meanwhile. Open it again."))
            raise
        except Exception as error:
            logger.exception("Session %s could not take %s.", self.id, type(given).__name__)
            self._answer(given, error)
            self._let_it_fall_due_again(given)

    def stop_acting(self) -> None:
        """Take nothing more; what is durable stays as it is."""
        self.is_over = True
        self.listening.close()
        for turn in self.turns.values():
            turn.stop_work()
        while not self._inbox.empty():
            self.post(self._inbox.get_nowait())

    def _let_it_fall_due_again(self, given: inputs.Input) -> None:
        if isinstance(given, inputs.TurnMoved) and given.given is TurnInput.TIMEOUT:
            turn = self.turns.get(given.turn_id)
            if turn is not None and turn.stage == given.stage:
                self.arm(turn, TRY_AGAIN_SECONDS)
        elif isinstance(given, inputs.ChunkArrived | inputs.RecordingSteered | inputs.RecordingOverdue):
            self.listening.try_again(given, TRY_AGAIN_SECONDS)
        elif isinstance(given, inputs.JobEnded):
            self.faculties.clock.call_later(TRY_AGAIN_SECONDS, lambda: self.post(given))

    async def _take(self, given: inputs.Input) -> None:
        match given:
            case inputs.ChunkArrived():
                await self.listening.hear(given)
            case inputs.WordsCame():
                await dictation.take_words(self, given.words)
                given.done.set_result(None)
            case inputs.RecordingAsked():
                given.done.set_result(await self.listening.open(given))
            case inputs.RecordingSteered():
                await self.listening.steer(given)
                given.done.set_result(None)
            case inputs.RecordingOverdue():
                await self.listening.overdue(given)
            case inputs.TurnSteered():
                await self._steer(given)
                given.done.set_result(None)
            case inputs.Heard() | inputs.Structured() | inputs.TurnMoved():
                await self._take_result(given)
            case inputs.EndForeseen():
                await self.listening.weigh_end(given)
            case inputs.JobEnded():
                await turn_effects.look_at_jobs(self)

    async def _take_result(self, given: inputs.Heard | inputs.Structured | inputs.TurnMoved) -> None:
        turn = self.turns.get(given.turn_id)
        if turn is not None and turn.stage == given.stage and not _came_too_late(turn, given):
            await turn_effects.take(self, turn, given)

    async def _steer(self, given: inputs.TurnSteered) -> None:
        wanted = _STEERED[given.action]
        for turn in reversed(list(self.turns.values())):
            if given.turn_id not in (None, turn.id):
                continue
            if _takes(turn, wanted) or given.turn_id is not None:
                await self.move(turn, await auto_post.kept(self, turn, wanted))
                return
        raise NotFound("There is nothing to " + given.action.value + " just now.")

    def _answer(self, given: inputs.Input, error: Exception) -> None:
        done = getattr(given, "done", None)
        if done is not None and not done.done():
            done.set_exception(error)
        elif isinstance(error, LossyError):
            logger.info("Session %s refused %s: %s", self.id, type(given).__name__, error.message)


def _came_too_late(turn: LiveTurn, given: inputs.Heard | inputs.Structured | inputs.TurnMoved) -> bool:
    """Whether the time that is over was stopped while this waited in the inbox; it falls due again."""
    is_timeout = isinstance(given, inputs.TurnMoved) and given.given is TurnInput.TIMEOUT
    return is_timeout and turn.deadline is not None and turn.deadline.is_held


def _takes(turn: LiveTurn, given: TurnInput) -> bool:
    try:
        step(turn.state, given, turn.origin)
    except LossyError:
        return False
    return True
