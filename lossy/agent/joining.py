"""Joins a remark that was cut in two: its end was told too early, and the rest came as an utterance of its own.

The first part has a ghost note by then, or is about to. It takes the words of the rest and is written anew, under the
same note and time; the turn of the rest is over without a note. Both happen in one transaction.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from lossy.agent.machine import Effect, TurnInput, step
from lossy.agent.turn import MAX_TURN_SECONDS, LiveTurn
from lossy.db import notes
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.events import TurnState
from lossy.inference.clauses import goes_on, join_words
from lossy.inference.commands import parse_command
from lossy.inference.speech import SAMPLE_RATE, Transcript

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession
    from lossy.agent.turn_effects import Change

JOIN_SECONDS = 0.7
"""From the cut, which lies up to 0.3 s after the last word, to the first word of the rest: a second of silence."""
MAX_CHARACTERS = 1000
"""What is longer is no part of a sentence."""
_OPEN = (TurnState.STRUCTURING, TurnState.CONFIRMING)


def first_part(session: "AgentSession", turn: LiveTurn, text: str) -> LiveTurn | None:
    """Find the turn whose sentence these words of a later turn go on with."""
    if turn.onset_sample is None or parse_command(text) is not None or not goes_on(text):
        return None
    return next((other for other in session.turns.values() if _is_before(other, turn, turn.onset_sample)), None)


async def is_untouched(session: "AgentSession", first: LiveTurn) -> bool:
    """Whether nobody changed the ghost note of a first part, or deleted it."""
    async with session.faculties.database.read() as db:
        note = await notes.note_of_turn(db, first.id)
        return note is None or await notes.is_as_offered(db, note)


async def join(session: "AgentSession", first: LiveTurn, rest: LiveTurn, said: Transcript, tell: "Change") -> None:
    """Give the words of the rest to the first part; `tell` is what else belongs into the transaction."""
    words, end_sample, state = first.transcript, first.end_sample, rest.state
    if words is None:
        raise LookupError(f"turn {first.id} has no transcript")
    over, effects = step(rest.state, TurnInput.JOINED, rest.origin)

    async def take_over(db: Db) -> None:
        await tell(db)
        await store.save_turn(db, rest.id, **rest.facts())
        db.tell(session.turn_changed(rest, None))

    stage, rest_words = first.stage, rest.transcript
    first.transcript, first.end_sample = joined(words, said), rest.end_sample
    rest.state, rest.transcript = over, None
    try:
        await session.move(first, TurnInput.GOES_ON, take_over)
    except BaseException:
        if first.stage == stage:  # else it committed, and failed in what follows
            first.transcript, first.end_sample = words, end_sample
            rest.state, rest.transcript = state, rest_words
        raise
    first.speech_ended_at = rest.speech_ended_at
    rest.stage += 1
    rest.stop_work()
    await session.follow(rest, tuple(effect for effect in effects if effect is Effect.LET_GO))


def joined(first: Transcript, rest: Transcript) -> Transcript:
    """Make one transcript of two; the words of the rest keep the times that they have in their own audio."""
    many, more = len(first.text.split()), len(rest.text.split())
    return replace(
        first,
        text=join_words(first.text, rest.text),
        words=(*first.words, *rest.words),
        confidence=(many * first.confidence + more * rest.confidence) / (many + more),
        decode_seconds=first.decode_seconds + rest.decode_seconds,
    )


def _is_before(other: LiveTurn, turn: LiveTurn, onset_sample: int) -> bool:
    if other.recording_id != turn.recording_id or other.state not in _OPEN or other.end_sample is None:
        return False
    is_close = 0 <= onset_sample - other.end_sample <= JOIN_SECONDS * SAMPLE_RATE
    is_short = onset_sample - other.start_sample <= MAX_TURN_SECONDS * SAMPLE_RATE
    said = other.transcript.text if other.transcript else ""
    is_short &= len(said) <= MAX_CHARACTERS
    return is_close and is_short and bool(said) and parse_command(said) is None
