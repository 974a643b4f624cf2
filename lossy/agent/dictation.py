"""Words that the browser recognised by itself: they come instead of audio and take the same way to a note.

A turn's final words commit with its end, so a stop right after that loses nothing. What was had before is told by the
recording's samples: words that begin before what is dealt with are old.
"""

from typing import TYPE_CHECKING

from lossy.agent.machine import DEADLINE_SECONDS, TurnInput
from lossy.agent.turn import LISTENS, LiveTurn
from lossy.db import sessions as store
from lossy.db.engine import Db
from lossy.errors import Conflict
from lossy.events import AsrPartial, TurnState
from lossy.inference.speech import Transcript
from lossy.inference.topics import TopicOfSpeech
from lossy.protocol import BrowserTranscript

if TYPE_CHECKING:
    from lossy.agent.recording import LiveRecording
    from lossy.agent.session import AgentSession

ENGINE = "wasm"


async def take_words(session: "AgentSession", words: BrowserTranscript) -> None:
    """Show words, or make a turn's final ones durable; `Conflict` if the recording ended before they were said."""
    live = session.listening.recording
    if live is None or live.id != words.recording:
        await _refuse_unless_old(session, words)
        return
    if words.first_sample < live.consumed_samples:
        return
    turn = await _turn_of(session, live, words)
    live.heard_samples = max(live.heard_samples, _end_sample(words))
    if words.is_final:
        await _end(session, live, turn, words)
    elif turn.state is TurnState.LISTENING:
        turn.dictated = words
        _show(session, turn, words)


async def end_early(session: "AgentSession", live: "LiveRecording", turn: LiveTurn) -> bool:
    """End a turn with the words that were shown last, where no final ones will come; false where there are none."""
    words = turn.dictated
    if words is None or not (said := f"{words.stable} {words.unstable}".strip()):
        return False
    await _end(session, live, turn, words.model_copy(update={"stable": said, "unstable": "", "is_final": True}))
    return True


def _end_sample(words: BrowserTranscript) -> int:
    return words.first_sample + words.samples


async def _refuse_unless_old(session: "AgentSession", words: BrowserTranscript) -> None:
    async with session.faculties.database.read() as db:
        row = await store.find_recording(db, session.id, words.recording)
    if row is None or words.first_sample >= row.consumed_samples:
        raise Conflict("This recording is over.")


async def _turn_of(session: "AgentSession", live: "LiveRecording", words: BrowserTranscript) -> LiveTurn:
    if live.turn is None:
        live.turn = await session.listening.begin_turn(live, words.first_sample)
    turn = live.turn
    if turn.onset_sample is None:
        turn.start_sample = turn.onset_sample = words.first_sample
        session.listening.place(live, turn, words.captured_at)
        position = session.playback.position_at(live.player, words.captured_at)
        async with session.write() as db:
            await store.save_turn(db, turn.id, **turn.facts())
            db.tell(session.listening.speech_heard(turn, "began", position))
        await session.watch_clocks()
    if turn.state is TurnState.LISTENING:
        session.arm(turn, DEADLINE_SECONDS[turn.state])
    return turn


def _show(session: "AgentSession", turn: LiveTurn, words: BrowserTranscript) -> None:
    turn.topic = turn.topic or TopicOfSpeech(session.faculties.clock.monotonic)
    topic = turn.topic.take(f"{words.stable} {words.unstable}")
    told = AsrPartial(**session.whose, turn_id=turn.id, stable=words.stable, unstable=words.unstable, topic=topic)
    session.faculties.database.bus.publish(told)


async def _end(session: "AgentSession", live: "LiveRecording", turn: LiveTurn, words: BrowserTranscript) -> None:
    text = " ".join(words.stable.split())
    turn.end_sample = _end_sample(words)
    turn.speech_ended_at = session.faculties.clock.monotonic()
    turn.transcript = Transcript(
        text=text if any(character.isalnum() for character in text) else "",
        words=(),
        confidence=words.confidence,
        no_speech_probability=0.0 if text else 1.0,
        language="en",
        engine=ENGINE,
        model=words.model,
        decode_seconds=words.decode_seconds,
    )
    told = session.listening.speech_heard(turn, "ended", None)

    async def consume(db: Db) -> None:
        await store.consume(db, live.id, _end_sample(words))
        db.tell(told)

    try:
        # A microphone that pauses may do so while the browser still works on what was said before.
        given = TurnInput.STOP if turn.state is TurnState.PAUSED else TurnInput.SPEECH_ENDED
        await session.move(turn, given, consume)
    finally:
        if turn.state in LISTENS:
            turn.transcript = turn.end_sample = None
        else:
            live.turn = None
            live.consumed_samples = live.quiet_since = _end_sample(words)
