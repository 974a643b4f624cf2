"""What the moves of a turn bring about: notes in the database, recognition, structuring, tools, retries.

`commit` runs inside the transaction of the move; `begin` starts what takes long; `take` turns its result into the
next input. Everything here may run twice: a turn makes at most one note, however often a stage is repeated.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lossy import telemetry
from lossy.agent import auto_post, inputs, joining, retries, tools
from lossy.agent.machine import DEADLINE_SECONDS, Effect, TurnInput
from lossy.agent.playback import Report
from lossy.agent.ranges import open_range
from lossy.agent.turn import MAX_ATTEMPTS, LiveTurn
from lossy.db import notes
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.db.models import NoteRow, Video
from lossy.errors import LossyError
from lossy.events import (
    AsrFinal,
    Intent,
    ModelDelta,
    NoteStatus,
    ToolResult,
    ToolStart,
    TurnFailed,
    TurnState,
)
from lossy.inference.commands import Command, parse_command
from lossy.inference.notes import NoteContext, StructuredNote
from lossy.inference.prompts import MAX_LAST_NOTES
from lossy.inference.rules import RULES, structure_by_rules
from lossy.inference.speech import EngineChoice, Transcript

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession

logger = logging.getLogger(__name__)

BACKOFF_SECONDS = 1.0

Change = Callable[[Db], Awaitable[None]]
_RESUMED = {
    TurnState.TRANSCRIBING: Effect.TRANSCRIBE,
    TurnState.STRUCTURING: Effect.STRUCTURE,
    TurnState.EXECUTING_TOOL: Effect.RUN_TOOL,
    TurnState.CANCELLING: Effect.WITHDRAW,
}
"""What a turn that is found in a state, after a restart or a retry, has to begin again."""


def deadline_seconds(turn: LiveTurn) -> float | None:
    """Tell how long a turn may stay in its state; retries wait longer each time."""
    if turn.waits_for_job:
        return None
    if turn.state is TurnState.RETRYING:
        return float(BACKOFF_SECONDS * 2 ** (turn.attempts - 1))
    return DEADLINE_SECONDS[turn.state]


async def commit(session: "AgentSession", db: Db, turn: LiveTurn, effects: tuple[Effect, ...]) -> None:
    """Do the part of effects that belongs into the transaction of the move."""
    if Effect.FIRM_NOTE in effects:
        note = await notes.note_of_turn(db, turn.id)
        if note is not None and note.status is NoteStatus.GHOST:
            await notes.move_note(db, note, session.user_id, NoteStatus.FIRMED)
            telemetry.notes.labels(NoteStatus.FIRMED).inc()
    if Effect.BACK_OFF in effects and turn.waits_for_job:
        await retries.wait_for_job(db, session, turn)
    if Effect.REPORT_FAILURE in effects:
        turn.failure = turn.failure or "This did not work, even after several tries."
        failed = TurnFailed(
            **session.whose,
            turn_id=turn.id,
            code="turn_failed",
            message=turn.failure + " What you said is kept: try again, or leave it.",
        )
        db.tell(failed)


async def begin(session: "AgentSession", turn: LiveTurn, effects: tuple[Effect, ...]) -> None:
    """Start what a move asks for beyond its transaction."""
    for effect in effects:
        match effect:
            case Effect.TRANSCRIBE:
                turn.work = session.spawn(_transcribe(session, turn, turn.stage), f"transcribe {turn.id}")
            case Effect.STRUCTURE:
                turn.work = session.spawn(_structure(session, turn, turn.stage), f"structure {turn.id}")
            case Effect.STRUCTURE_BY_RULES:
                session.post(inputs.Structured(turn.id, turn.stage, structure_by_rules(_said(turn))))
            case Effect.RUN_TOOL:
                await tools.run_tool(session, turn, _said(turn).text)
            case Effect.WITHDRAW:
                await _withdraw(session, turn)
            case Effect.FIRM_NOTE:
                session.listening.note_decided(turn)
            case Effect.RESUME_ORIGIN:
                await begin(session, turn, (_RESUMED[turn.state],))
            case Effect.BACK_OFF if turn.attempts >= MAX_ATTEMPTS and not turn.waits_for_job:
                session.post(inputs.TurnMoved(turn.id, turn.stage, TurnInput.ATTEMPTS_SPENT))
            case _:
                pass


async def take(
    session: "AgentSession", turn: LiveTurn, given: inputs.Heard | inputs.Structured | inputs.TurnMoved
) -> None:
    """Take what a stage delivered."""
    match given:
        case inputs.Heard():
            await _take_transcript(session, turn, given.transcript)
        case inputs.Structured():
            await _take_note(session, turn, given.note)
        case inputs.TurnMoved():
            if given.given is TurnInput.TIMEOUT and turn.state in (TurnState.LISTENING, TurnState.PAUSED):
                await session.listening.time_over(turn)
                return
            turn.failure = given.message or turn.failure
            await session.move(turn, await auto_post.kept(session, turn, given.given))


async def look_at_jobs(session: "AgentSession") -> None:
    """Go on with the turns whose job ended."""
    for turn in [turn for turn in session.turns.values() if retries.may_get_words(turn)]:
        match await retries.outcome(session, turn):
            case Transcript() as transcript if turn.state is TurnState.ERROR:
                turn.transcript = transcript
                await session.move(turn, TurnInput.RETRY)
            case Transcript() as transcript:
                await _take_transcript(session, turn, transcript)
            case TurnInput() as given if turn.waits_for_job:
                await session.move(turn, given)


async def restore(session: "AgentSession") -> None:
    """Rebuild the live state from the database and begin again what was interrupted."""
    async with session.faculties.database.read() as db:
        recording = await store.live_recording(db, session.id)
        chunks = await store.chunks_of(db, recording.id) if recording is not None else ()
        rows = await store.open_turns(db, session.id)
        reports = await store.playback_of(db, session.id, since=0)
        row = await store.require_session(db, session.user_id, session.id)
        has_made_a_note = recording is not None and await store.has_decided_note(db, recording.id)
        await session.learn(db)
    session.microphone = row.microphone
    for each in reports:
        session.playback.extend(each.player, [Report(each.at, each.position, each.rate, each.playing)])
    listening = None
    for turn in map(LiveTurn.from_row, rows):
        session.turns[turn.id] = turn
        session.arm(turn, deadline_seconds(turn))
        if turn.state in (TurnState.LISTENING, TurnState.PAUSED):
            listening = turn
    if recording is not None:
        session.listening.restore(recording, chunks, listening, has_made_a_note=has_made_a_note)
    for turn in list(session.turns.values()):
        if turn.state in _RESUMED:
            await begin(session, turn, (_RESUMED[turn.state],))
    if recording is None and listening is not None:
        await session.move(listening, TurnInput.STOP if listening.onset_sample is not None else TurnInput.STOP_EMPTY)
    await look_at_jobs(session)
    await session.listening.go_on()
    await session.watch_clocks()


async def _transcribe(session: "AgentSession", turn: LiveTurn, stage: int) -> None:
    try:
        # Known already are the words that a browser or a job brought.
        choice = session.engine_choice
        transcript = turn.transcript
        if transcript is None and turn.foresight is not None:
            transcript = await _foreseen(session, turn)
            choice = EngineChoice.CLOUD  # the engine that failed just now is asked last
        if transcript is None:
            pcm = await session.listening.audio_of(turn)
            transcript = await session.faculties.transcriber.transcribe(pcm, choice)
    except LossyError as error:
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, error.message))
    except Exception:
        logger.exception("Turn %s could not be recognised.", turn.id)
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, "The speech could not be recognised."))
    else:
        session.post(inputs.Heard(turn.id, stage, transcript))


async def _foreseen(session: "AgentSession", turn: LiveTurn) -> Transcript | None:
    """Give the words of an early decode; None if other engines are to try after it failed."""
    foresight, turn.foresight = turn.foresight, None
    if foresight is None:
        return None
    others = set(session.faculties.transcriber.order(session.engine_choice)) - {"native"}
    try:
        return await foresight.outcome()
    except LossyError:
        if not others:
            raise
        return None


async def _structure(session: "AgentSession", turn: LiveTurn, stage: int) -> None:
    def tell(text: str) -> None:
        session.faculties.database.bus.publish(
            ModelDelta(
                **session.whose,
                turn_id=turn.id,
                text=text,
            )
        )

    began = time.perf_counter()
    try:
        note = await _same_as_last(session, turn)
        if note is None:
            context = await _context(session)
            note = await session.faculties.structurer.structure(_said(turn), context, on_delta=tell)
            by = "rules" if note.engine == RULES else "model"
            telemetry.structuring_seconds.labels(by).observe(time.perf_counter() - began)
    except LossyError as error:
        logger.warning("Turn %s falls back to the rules: %s", turn.id, error.message)
        note = structure_by_rules(_said(turn))
    except Exception:
        logger.exception("Turn %s could not be structured.", turn.id)
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, "The note could not be written."))
        return
    session.post(inputs.Structured(turn.id, stage, note))


async def _context(session: "AgentSession") -> NoteContext:
    async with session.faculties.database.read() as db:
        video = await db.get(Video, session.video_id)
        mine = await notes.last_notes(db, session.user_id, session.video_id, MAX_LAST_NOTES)
    return NoteContext(video.title if video else "", tuple(note.text for note in reversed(mine)))


async def _same_as_last(session: "AgentSession", turn: LiveTurn) -> StructuredNote | None:
    order = parse_command(_said(turn).text)
    if order is None or order.command is not Command.SAME_AS_LAST:
        return None
    async with session.faculties.database.read() as db:
        last = await notes.last_notes(db, session.user_id, session.video_id)
    return StructuredNote(last[0].text, last[0].category, last[0].confidence, "same as last") if last else None


async def _take_transcript(session: "AgentSession", turn: LiveTurn, transcript: Transcript) -> None:
    order = parse_command(transcript.text)
    is_note = order is None or order.command is Command.SAME_AS_LAST
    heard = AsrFinal(
        **session.whose,
        turn_id=turn.id,
        text=transcript.text,
        confidence=transcript.confidence,
        engine=transcript.engine,
        model=transcript.model,
        decode_seconds=transcript.decode_seconds,
    )
    meant = Intent(
        **session.whose,
        turn_id=turn.id,
        intent=order.command.value if order else "note",
        fired_by=order.words if order else "no command",
    )

    async def tell(db: Db) -> None:
        db.tell(heard)
        if transcript.text:
            db.tell(meant)

    if (waited := _since_speech(session, turn)) is not None:
        telemetry.transcription_seconds.labels(transcript.engine).observe(waited)
    first = joining.first_part(session, turn, transcript.text)
    if first is not None and await joining.is_untouched(session, first):
        await joining.join(session, first, turn, transcript, tell)
        return
    turn.transcript = transcript
    if not transcript.text:
        await session.move(turn, TurnInput.NO_WORDS, tell)
    else:
        await session.move(turn, TurnInput.TRANSCRIPT if is_note else TurnInput.COMMAND, tell)


async def _take_note(session: "AgentSession", turn: LiveTurn, structured: StructuredNote) -> None:
    said = _said(turn)

    async def offer(db: Db) -> None:
        offered = await notes.note_of_turn(db, turn.id)
        if offered is not None:
            if offered.raw_transcript != said.text:
                await notes.rewrite_note(
                    db,
                    offered,
                    text=structured.text,
                    raw_transcript=said.text,
                    category=structured.category,
                    confidence=structured.confidence,
                )
            return
        start, end = turn.seen_seconds or 0.0, None
        begun = open_range(await store.said_before(db, session.id, turn.id))
        if begun is not None and begun.end_seconds is not None:
            start, end = sorted((begun.start_seconds, begun.end_seconds))
        note = NoteRow(
            video_id=session.video_id,
            session_id=session.id,
            turn_id=turn.id,
            author_id=session.user_id,
            text=structured.text,
            raw_transcript=said.text,
            start_seconds=round(start, 3),
            end_seconds=None if end is None else round(end, 3),
            category=structured.category,
            confidence=structured.confidence,
            status=NoteStatus.GHOST,
            engine=f"{said.engine}/{said.model}+{structured.engine}",
        )
        await notes.create_note(db, note)

    await session.move(turn, TurnInput.NOTE, offer)
    telemetry.notes.labels(NoteStatus.GHOST).inc()
    if (waited := _since_speech(session, turn)) is not None:
        telemetry.ghost_note_seconds.observe(waited)


async def _withdraw(session: "AgentSession", turn: LiveTurn) -> None:
    session.listening.note_decided(turn)

    async def cancel_note(db: Db) -> None:
        note = await notes.note_of_turn(db, turn.id)
        if note is None or note.status is NoteStatus.CANCELLED:
            return
        db.tell(
            ToolStart(
                **session.whose,
                turn_id=turn.id,
                tool="cancel",
                note_id=note.id,
            )
        )
        await notes.move_note(db, note, session.user_id, NoteStatus.CANCELLED)
        telemetry.notes.labels(NoteStatus.CANCELLED).inc()
        db.tell(ToolResult(**session.whose, turn_id=turn.id, tool="cancel", succeeded=True, note_id=note.id))

    await session.move(turn, TurnInput.CANCELLED, cancel_note)


def _since_speech(session: "AgentSession", turn: LiveTurn) -> float | None:
    """Give the seconds since the end of speech, if a restart has not forgotten it."""
    return None if turn.speech_ended_at is None else session.faculties.clock.monotonic() - turn.speech_ended_at


def _said(turn: LiveTurn) -> Transcript:
    if turn.transcript is None:
        raise LookupError(f"turn {turn.id} has no transcript")
    return turn.transcript
