"""Words that the browser recognised by itself become notes like audio does, at their time, once."""

from typing import Any

import pytest

from lossy.db.models import RecordingMode
from lossy.errors import Conflict
from lossy.events import (
    AsrFinal,
    AsrPartial,
    MicrophoneState,
    NoteStatus,
    SpeechHeard,
    ToolResult,
    Topic,
    TurnChanged,
    TurnState,
)
from lossy.inference.speech import SAMPLE_RATE
from lossy.protocol import BrowserTranscript, Playback, RecordingAction, TurnAction
from tests.agent.stage import LAG_SECONDS, POSITION, PRESSED_AT, Stage

RECORDING = "recording-of-a-browser"


async def open_microphone(stage: Stage, mode: RecordingMode = RecordingMode.HANDS_FREE) -> None:
    await stage.session.report_playback((Playback(at=PRESSED_AT, position=POSITION, playing=True),))
    await stage.sessions.open_recording(
        stage.person.user_id, stage.session.id, RECORDING, mode, None, brings_audio=False
    )


async def tell(stage: Stage, stable: str, *, at: float = 2.0, seconds: float = 1.5, **more: Any) -> None:
    """Send words that were spoken from second `at` of the recording on."""
    facts = {
        "recording": RECORDING,
        "first_sample": round(at * SAMPLE_RATE),
        "samples": round(seconds * SAMPLE_RATE),
        "captured_at": PRESSED_AT + at,
        "stable": stable,
        "is_final": True,
        "confidence": 0.9,
        "model": "whisper-tiny",
    }
    await stage.sessions.add_words(stage.person.user_id, BrowserTranscript.model_validate(facts | more))


async def test_stopping_before_the_final_words_keeps_those_that_were_shown(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "the music is", unstable="too loud", is_final=False)
    await stage.until(AsrPartial)
    await stage.sessions.control_recording(stage.person.user_id, RECORDING, RecordingAction.STOP, 0)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.raw_transcript == "the music is too loud"
    await tell(stage, "The music is too loud.")
    assert len(await stage.notes()) == 1, "what comes after is old"
    assert stage.transcriber.heard == [], "no engine is asked for silence"


async def test_words_show_while_they_are_spoken_and_become_a_note_at_their_time(stage: Stage) -> None:
    await open_microphone(stage, RecordingMode.ONE_NOTE)
    assert stage.session.microphone is MicrophoneState.OPEN, "it hears, though no audio comes"
    await tell(stage, "the music", seconds=0.5, unstable="is", is_final=False)
    began = await stage.until_speech("began")
    assert began.position_seconds == pytest.approx(POSITION + 2)
    shown = await stage.until(AsrPartial)
    assert (shown.stable, shown.unstable, shown.topic) == ("the music", "is", Topic.AUDIO)
    await tell(stage, "The music is too loud.")
    final = await stage.until(AsrFinal)
    assert (final.engine, final.model, final.confidence) == ("wasm", "whisper-tiny", 0.9)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    note = (await stage.until_note(NoteStatus.FIRMED)).note
    assert (note.text, note.engine) == ("The music is too loud", "wasm/whisper-tiny+fake")
    assert note.start_seconds == pytest.approx(POSITION + 2 - LAG_SECONDS)
    await stage.until_microphone(MicrophoneState.OFF)
    assert stage.transcriber.heard == [], "nothing was recognised here"
    assert await stage.chunks() == []


async def test_words_that_come_twice_make_one_note(stage: Stage) -> None:
    await open_microphone(stage)
    for _ in range(3):
        await tell(stage, "The music is too loud.")
    await tell(stage, "The music", seconds=0.5, is_final=False)
    await stage.until_note(NoteStatus.GHOST)
    await tell(stage, "The logo is too small.", at=6)
    await stage.until_note(NoteStatus.GHOST)
    assert [note.text for note in await stage.notes()] == ["The music is too loud", "The logo is too small"]
    assert len([event for event in await stage.events() if isinstance(event, SpeechHeard)]) == 4


async def test_killed_between_the_words_and_the_note_it_is_the_same_note_once(stage: Stage) -> None:
    await open_microphone(stage)
    writing = stage.structurer.hold()
    await tell(stage, "The music is too loud.")
    await writing.was_asked()
    await stage.crash()
    await tell(stage, "The music is too loud.")
    await stage.until_note(NoteStatus.GHOST)
    (note,) = await stage.notes()
    assert note.start_seconds == pytest.approx(POSITION + 2 - LAG_SECONDS)


async def test_killed_in_the_middle_of_words_the_rest_still_makes_one_note(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "the music", seconds=0.5, is_final=False)
    await stage.until(AsrPartial)
    await stage.crash()
    await tell(stage, "The music is too loud.")
    await stage.until_note(NoteStatus.GHOST)
    assert len(await stage.turns()) == 1


async def test_what_was_no_speech_is_no_note(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, " … ", unstable="")
    await stage.until(TurnChanged, lambda event: event.state is TurnState.IDLE)
    await tell(stage, "The logo is too small.", at=6)
    await stage.until_note(NoteStatus.GHOST)
    assert len(await stage.notes()) == 1


async def test_an_order_is_carried_out(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "The music is too loud.")
    await stage.until_note(NoteStatus.GHOST)
    await tell(stage, "Scratch that.", at=6)
    assert (await stage.until(ToolResult)).succeeded
    assert [note.status for note in await stage.notes()] == [NoteStatus.CANCELLED]


async def test_words_of_a_turn_that_was_cancelled_are_not_taken(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "the music", is_final=False)
    await stage.until(AsrPartial)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until(TurnChanged, lambda event: event.state is TurnState.IDLE)
    await tell(stage, "The music is too loud.", seconds=2.5)
    await stage.quiet()
    assert await stage.notes() == []


async def test_words_said_before_a_pause_still_become_a_note(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "the music", seconds=0.5, is_final=False)
    await stage.sessions.control_recording(stage.person.user_id, RECORDING, RecordingAction.PAUSE)
    await tell(stage, "The music is too loud.")
    await stage.until_note(NoteStatus.GHOST)


async def test_words_for_a_recording_that_is_over_are_refused_unless_it_had_them(stage: Stage) -> None:
    await open_microphone(stage)
    await tell(stage, "The music is too loud.")
    await stage.until_note(NoteStatus.GHOST)
    await stage.sessions.control_recording(stage.person.user_id, RECORDING, RecordingAction.STOP, 0)
    await stage.until_microphone(MicrophoneState.OFF)
    await tell(stage, "The music is too loud.")
    with pytest.raises(Conflict, match="over"):
        await tell(stage, "The logo is too small.", at=6)


async def test_a_whole_review_may_come_afterwards(stage: Stage) -> None:
    await open_microphone(stage)
    for number in range(10):
        await tell(stage, f"Shot number {number + 1} is too dark.", at=5.0 * (number + 1))
        await stage.until_note(NoteStatus.GHOST)
    notes = await stage.notes()
    assert [note.start_seconds for note in notes] == pytest.approx(
        [POSITION + 5 * n - LAG_SECONDS for n in range(1, 11)]
    )
