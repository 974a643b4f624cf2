"""What the moves of a turn bring about: notes in the database, recognition, structuring, tools, retries.

`commit` runs inside the transaction of the move; `begin` starts what takes long; `take` turns its result into the
next input. Everything here may run twice: a turn makes at most one note, however often a stage is repeated.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lossy.agent import inputs
from lossy.agent.machine import DEADLINE_SECONDS, Effect, TurnInput
from lossy.agent.playback import Report
from lossy.agent.turn import LiveTurn
from lossy.db import events, notes
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.db.models import NoteRow
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
from lossy.inference.notes import StructuredNote
from lossy.inference.rules import structure_by_rules
from lossy.inference.speech import Transcript

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
BACKOFF_SECONDS = 1.0

Change = Callable[[Db], Awaitable[None]]
_CANCELLABLE = (TurnState.CONFIRMING, TurnState.STRUCTURING, TurnState.TRANSCRIBING, TurnState.RETRYING)
_RESUMED = {
    TurnState.TRANSCRIBING: Effect.TRANSCRIBE,
    TurnState.STRUCTURING: Effect.STRUCTURE,
    TurnState.EXECUTING_TOOL: Effect.RUN_TOOL,
    TurnState.CANCELLING: Effect.WITHDRAW,
}
"""What a turn that is found in a state, after a restart or a retry, has to begin again."""


def deadline_seconds(turn: LiveTurn) -> float | None:
    """Tell how long a turn may stay in its state; retries wait longer each time."""
    if turn.state is TurnState.RETRYING:
        return float(BACKOFF_SECONDS * 2 ** (turn.attempts - 1))
    return DEADLINE_SECONDS[turn.state]


async def commit(session: "AgentSession", db: Db, turn: LiveTurn, effects: tuple[Effect, ...]) -> None:
    """Do the part of effects that belongs into the transaction of the move."""
    if Effect.FIRM_NOTE in effects:
        note = await notes.note_of_turn(db, turn.id)
        if note is not None and note.status is NoteStatus.GHOST:
            await notes.move_note(db, note, session.user_id, NoteStatus.FIRMED)
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
                await _run_tool(session, turn)
            case Effect.WITHDRAW:
                await _withdraw(session, turn)
            case Effect.FIRM_NOTE:
                session.listening.note_decided(turn)
            case Effect.RESUME_ORIGIN:
                await begin(session, turn, (_RESUMED[turn.state],))
            case Effect.BACK_OFF if turn.attempts >= MAX_ATTEMPTS:
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
            await session.move(turn, given.given)


async def restore(session: "AgentSession") -> None:
    """Rebuild the live state from the database and begin again what was interrupted."""
    async with session.faculties.database.read() as db:
        recording = await store.live_recording(db, session.id)
        chunks = await store.chunks_of(db, recording.id) if recording is not None else ()
        rows = await store.open_turns(db, session.id)
        reports = await store.playback_of(db, session.id, since=0)
        row = await store.require_session(db, session.user_id, session.id)
        has_made_a_note = recording is not None and await store.has_decided_note(db, recording.id)
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
    await session.listening.go_on()
    await session.watch_clocks()


async def _transcribe(session: "AgentSession", turn: LiveTurn, stage: int) -> None:
    try:
        transcript = await session.faculties.transcriber.transcribe(await session.listening.audio_of(turn))
    except LossyError as error:
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, error.message))
    except Exception:
        logger.exception("Turn %s could not be recognised.", turn.id)
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, "The speech could not be recognised."))
    else:
        session.post(inputs.Heard(turn.id, stage, transcript))


async def _structure(session: "AgentSession", turn: LiveTurn, stage: int) -> None:
    def tell(text: str) -> None:
        session.faculties.database.bus.publish(
            ModelDelta(
                **session.whose,
                turn_id=turn.id,
                text=text,
            )
        )

    try:
        note = await session.faculties.structurer.structure(_said(turn), on_delta=tell)
    except LossyError as error:
        logger.warning("Turn %s falls back to the rules: %s", turn.id, error.message)
        note = structure_by_rules(_said(turn))
    except Exception:
        logger.exception("Turn %s could not be structured.", turn.id)
        session.post(inputs.TurnMoved(turn.id, stage, TurnInput.FAILED, "The note could not be written."))
        return
    session.post(inputs.Structured(turn.id, stage, note))


async def _take_transcript(session: "AgentSession", turn: LiveTurn, transcript: Transcript) -> None:
    command = parse_command(transcript.text)
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
        intent=command.value if command else "note",
        fired_by="the whole utterance" if command else "no command",
    )

    async def tell(db: Db) -> None:
        db.tell(heard)
        if transcript.text:
            db.tell(meant)

    turn.transcript = transcript
    if not transcript.text:
        await session.move(turn, TurnInput.NO_WORDS, tell)
    else:
        await session.move(turn, TurnInput.COMMAND if command else TurnInput.TRANSCRIPT, tell)


async def _take_note(session: "AgentSession", turn: LiveTurn, structured: StructuredNote) -> None:
    said = _said(turn)

    async def offer(db: Db) -> None:
        if await notes.note_of_turn(db, turn.id) is not None:
            return
        note = NoteRow(
            video_id=session.video_id,
            session_id=session.id,
            turn_id=turn.id,
            author_id=session.user_id,
            text=structured.text,
            raw_transcript=said.text,
            start_seconds=round(turn.seen_seconds or 0.0, 3),
            category=structured.category,
            confidence=structured.confidence,
            status=NoteStatus.GHOST,
            engine=f"{said.engine}/{said.model}+{structured.engine}",
        )
        await notes.create_note(db, note)

    await session.move(turn, TurnInput.NOTE, offer)


async def _run_tool(session: "AgentSession", turn: LiveTurn) -> None:
    command = parse_command(_said(turn).text)
    if command is Command.CANCEL:
        await _scratch(session, turn)
    else:
        await session.move(turn, TurnInput.TOOL_DONE)


async def _scratch(session: "AgentSession", turn: LiveTurn) -> None:
    async with session.faculties.database.read() as db:
        has_scratched = await events.has_used(db, session.id, turn.id, "scratch")
    known = list(session.turns.values())
    earlier = [other for other in known[: known.index(turn)] if other.state in _CANCELLABLE]

    async def tell(db: Db) -> None:
        message = None if earlier else "There was nothing to scratch."
        db.tell(_result(session, turn, "scratch", succeeded=bool(earlier), message=message))

    # Told with the cancelling itself: found again, the command must not scratch what was said before that.
    if earlier and not has_scratched:
        await session.move(earlier[-1], TurnInput.CANCEL, tell)
        has_scratched = True
    await session.move(turn, TurnInput.TOOL_DONE, None if has_scratched else tell)


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
        db.tell(_result(session, turn, "cancel", succeeded=True, note_id=note.id))

    await session.move(turn, TurnInput.CANCELLED, cancel_note)


def _result(
    session: "AgentSession",
    turn: LiveTurn,
    tool: str,
    *,
    succeeded: bool,
    note_id: str | None = None,
    message: str | None = None,
) -> ToolResult:
    return ToolResult(
        **session.whose,
        turn_id=turn.id,
        tool=tool,
        succeeded=succeeded,
        note_id=note_id,
        message=message,
    )


def _said(turn: LiveTurn) -> Transcript:
    if turn.transcript is None:
        raise LookupError(f"turn {turn.id} has no transcript")
    return turn.transcript
