"""Remarks that come whole and late: typed ones, and those that a browser recognised while no server could be reached.

Each becomes a firmed note under the id that its browser gave it, once, however often it is sent. What was an order and
no remark is kept as a cancelled note, so that it is known when it comes again; only "scratch that" still has a meaning.
"""

import logging
from datetime import UTC, datetime

from lossy.agent.core import Core
from lossy.agent.reaction import CORRECTIONS, learnt_lag
from lossy.db import notes, sessions
from lossy.db.engine import Db
from lossy.db.models import NoteRow, Video
from lossy.db.types import utc_now
from lossy.errors import Conflict, InvalidInput, LossyError
from lossy.events import Note, NoteStatus
from lossy.inference.commands import Command, parse_command
from lossy.inference.notes import MAX_NOTE_CHARACTERS, NoteContext, StructuredNote
from lossy.inference.rules import structure_by_rules
from lossy.inference.speech import Transcript
from lossy.protocol import Remark

logger = logging.getLogger(__name__)

TYPED = "typed"
ENGINE = "wasm"
MAX_LAST_NOTES = 5
_SCRATCHES = (Command.CANCEL, Command.UNDO)


async def take_remark(core: Core, user_id: str, video_id: str, session_id: str, remark: Remark) -> Note | None:
    """Make a note of a remark, or find the one that was made; None if it was had in another way, or was an order."""
    said = " ".join(remark.text.split())
    if not said:
        raise InvalidInput("A note needs some words.")
    if not remark.model and len(said) > MAX_NOTE_CHARACTERS:
        raise InvalidInput(f"A note has at most {MAX_NOTE_CHARACTERS} characters; this has {len(said)}.")
    async with core.database.read() as db:
        known = await db.get(NoteRow, remark.id)
        was_had = await _had_as(db, user_id, remark)
        corrections = await notes.asked_lags(db, user_id, CORRECTIONS)
    if known is not None:
        return _known(known, user_id)
    if was_had is not None and was_had.raw_transcript == said:
        return Note.model_validate(was_had)
    structured = await _structured(core, user_id, video_id, remark, said)
    if was_had is not None:
        return await _complete(core, was_had.id, said, structured)
    lag = learnt_lag(corrections) if remark.model else 0.0
    note = NoteRow(
        id=remark.id,
        video_id=video_id,
        session_id=session_id,
        author_id=user_id,
        text=structured.text,
        raw_transcript=said,
        start_seconds=round(max(0.0, remark.position - lag * remark.rate), 3),
        category=structured.category,
        confidence=structured.confidence,
        status=NoteStatus.FIRMED,
        engine=f"{ENGINE}/{remark.model}+{structured.engine}" if remark.model else TYPED,
        created_at=min(datetime.fromtimestamp(remark.said_at, UTC), utc_now()),
    )
    order = parse_command(said) if remark.model else None
    is_note = order is None or order.command is Command.SAME_AS_LAST
    async with core.database.write() as db:
        known = await db.get(NoteRow, remark.id)
        if known is not None:
            return _known(known, user_id)
        if is_note:
            return await notes.create_note(db, note)
        note.status = NoteStatus.CANCELLED
        await notes.create_note(db, note)
        if order is not None and order.command in _SCRATCHES:
            await _scratch_last(db, user_id, video_id)
    return None


def _known(note: NoteRow, user_id: str) -> Note | None:
    if note.author_id != user_id:
        raise Conflict("This remark was had before.")
    return None if note.status is NoteStatus.CANCELLED else Note.model_validate(note)


async def _had_as(db: Db, user_id: str, remark: Remark) -> NoteRow | None:
    """Give the note that its recording brought already: with all its words, or with those that were there by then."""
    if remark.recording is None or remark.first_sample is None:
        return None
    turn = await sessions.turn_at(db, user_id, remark.recording, remark.first_sample)
    return None if turn is None else await notes.note_of_turn(db, turn.id)


async def _complete(core: Core, note_id: str, said: str, structured: StructuredNote) -> Note:
    """Give a note that was made of a remark's first words all of them."""
    async with core.database.write() as db:
        note = await db.get_one(NoteRow, note_id)
        return await notes.complete_note(
            db,
            note,
            text=structured.text,
            raw_transcript=said,
            category=structured.category,
            confidence=structured.confidence,
        )


async def _structured(core: Core, user_id: str, video_id: str, remark: Remark, said: str) -> StructuredNote:
    transcript = Transcript(
        text=said, words=(), confidence=remark.confidence, no_speech_probability=0.0, language="en",
        engine=ENGINE, model=remark.model, decode_seconds=0.0,
    )  # fmt: skip
    if not remark.model:
        guessed = structure_by_rules(transcript)
        return StructuredNote(said, guessed.category, 1.0, TYPED)
    async with core.database.read() as db:
        video = await db.get(Video, video_id)
        mine = await notes.last_notes(db, user_id, video_id, MAX_LAST_NOTES)
    order = parse_command(said)
    if order is not None and order.command is Command.SAME_AS_LAST and mine:
        return StructuredNote(mine[0].text, mine[0].category, mine[0].confidence, "same as last")
    context = NoteContext(video.title if video else "", tuple(note.text for note in reversed(mine)))
    try:
        return await core.structurer.structure(transcript, context)
    except LossyError as error:
        logger.warning("A remark falls back to the rules: %s", error.message)
        return structure_by_rules(transcript)


async def _scratch_last(db: Db, user_id: str, video_id: str) -> None:
    newest = await notes.last_notes(db, user_id, video_id)
    if newest and newest[0].status in (NoteStatus.GHOST, NoteStatus.FIRMED):
        await notes.move_note(db, newest[0], user_id, NoteStatus.CANCELLED)
