"""What comes of a spoken remark, from the press to the firmed note, and what the reviewer may do on the way."""

import numpy as np
import pytest

from lossy.agent.inputs import ChunkArrived
from lossy.agent.machine import Refused
from lossy.db import notes
from lossy.db.models import RecordingMode
from lossy.errors import LossyError, NotFound
from lossy.events import (
    AsrFinal,
    MicrophoneState,
    ModelDelta,
    NoteChanged,
    NoteStatus,
    ToolResult,
    TurnChanged,
    TurnState,
)
from lossy.inference.speech import SAMPLE_RATE, samples_from_bytes
from lossy.protocol import RecordingAction, TurnAction
from tests.agent.stage import LAG_SECONDS, LOGO, MUSIC, ONSET_SECONDS, POSITION, SCRATCH, Stage, voice

HANDS_FREE = RecordingMode.HANDS_FREE
MID_SENTENCE = voice(MUSIC)[:24000]


async def test_a_remark_becomes_a_note_that_is_firmed_after_three_seconds(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    ghost = await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(2.9)
    await stage.quiet()
    assert [note.status for note in await stage.notes()] == [NoteStatus.GHOST]
    stage.clock.advance(0.2)
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason is None
    (note,) = await stage.notes(NoteStatus.FIRMED)
    assert (note.id, note.text, note.category) == (ghost.note.id, "The music is too loud", "audio")
    assert note.start_seconds == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.25)
    assert await stage.chunks() == []


async def test_the_story_is_told_in_order(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await stage.session.control_turn(TurnAction.CONFIRM)
    await stage.until_microphone(MicrophoneState.OFF)
    story = [
        getattr(event, "state", None) or getattr(event, "edge", None) or event.type
        for event in stage.told
        if not isinstance(event, ModelDelta)
    ]
    expected = "opening listening open began ended transcribing asr_final intent structuring video_changed"
    expected += " note_changed confirming note_changed idle off"
    assert [word for word in story if word != "video_changed"] == [
        word for word in expected.split() if word != "video_changed"
    ]


async def test_the_first_word_is_not_cut(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(2)
    await microphone.say(MUSIC)
    await stage.until(AsrFinal)
    (heard,) = stage.transcriber.heard
    first_word = heard.tobytes().find(voice(MUSIC)[8000:24000].tobytes()) / 2 / SAMPLE_RATE
    assert first_word >= 0.4


async def test_confirming_firms_at_once(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await stage.session.control_turn(TurnAction.CONFIRM)
    assert len(await stage.notes(NoteStatus.FIRMED)) == 1
    assert stage.session.microphone is MicrophoneState.OFF


async def test_cancelling_while_listening_makes_no_note_and_closes_the_microphone(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    await stage.session.control_turn(TurnAction.CANCEL)
    assert stage.session.microphone is MicrophoneState.OFF
    assert stage.transcriber.heard == []
    assert await stage.chunks() == []


async def test_cancelling_while_paused_makes_no_note(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await microphone.steer(RecordingAction.PAUSE)
    await stage.session.control_turn(TurnAction.CANCEL)
    assert stage.session.microphone is MicrophoneState.OFF
    assert await stage.notes() == []


async def test_cancelling_while_recognition_runs_ends_it(stage: Stage) -> None:
    held = stage.transcriber.hold()
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_transcribing(held)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until_microphone(MicrophoneState.OFF)
    assert held.was_cancelled
    assert await stage.notes() == []


async def test_cancelling_while_the_note_is_written_ends_that(stage: Stage) -> None:
    held = stage.structurer.hold()
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await held.was_asked()
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until_microphone(MicrophoneState.OFF)
    assert held.was_cancelled
    assert await stage.notes() == []


async def test_cancelling_a_ghost_takes_it_back(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await stage.session.control_turn(TurnAction.CANCEL)
    assert [note.status for note in await stage.notes()] == [NoteStatus.CANCELLED]
    assert stage.session.microphone is MicrophoneState.OFF
    assert await stage.chunks() == []


async def test_cancelling_while_it_waits_to_try_again(stage: Stage) -> None:
    stage.transcriber.answers.append(RuntimeError("broken"))
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.RETRYING)
    await stage.session.control_turn(TurnAction.CANCEL)
    stage.clock.advance(60)
    await stage.quiet()
    assert len(stage.transcriber.heard) == 1
    assert stage.session.microphone is MicrophoneState.OFF


async def test_scratch_that_cancels_the_note_before(stage: Stage) -> None:
    stage.transcriber.answers.extend(["The music is too loud.", "Scratch that."])
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.say(SCRATCH)
    scratched = await stage.until(ToolResult, lambda event: event.tool == "scratch")
    assert scratched.succeeded
    await stage.until_note(NoteStatus.CANCELLED)
    await stage.until_microphone(MicrophoneState.OFF)
    assert [note.status for note in await stage.notes()] == [NoteStatus.CANCELLED]


async def test_scratch_that_means_what_was_said_before_it_not_after(stage: Stage) -> None:
    stage.transcriber.answers.append("The music is too loud.")
    slow = stage.transcriber.hold("Scratch that.")
    stage.transcriber.answers.append("The logo is too small.")
    microphone = await stage.press(HANDS_FREE)
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.say(SCRATCH)
    await slow.was_asked()
    await microphone.say(LOGO)
    later = await stage.until_note(NoteStatus.GHOST)
    slow.go.set()
    cancelled = await stage.until_note(NoteStatus.CANCELLED)
    assert cancelled.note.text == "The music is too loud"
    assert [note.id for note in await stage.notes(NoteStatus.GHOST)] == [later.note.id]


async def test_scratch_that_with_nothing_to_scratch_says_so(stage: Stage) -> None:
    stage.transcriber.answers.append("Scratch that.")
    microphone = await stage.press(HANDS_FREE)
    await microphone.say(SCRATCH)
    result = await stage.until(ToolResult)
    assert (result.succeeded, result.message) == (False, "There was nothing to scratch.")


async def test_the_clock_of_a_note_stands_still_while_more_is_said(stage: Stage) -> None:
    stage.transcriber.answers.append("The music is too loud.")
    second = stage.transcriber.hold("The logo is too small.")
    microphone = await stage.press(HANDS_FREE)
    await microphone.say(MUSIC)
    first = await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(1)
    await microphone.say(LOGO)
    await second.was_asked()
    held = await stage.until(TurnChanged, lambda event: event.deadline_seconds is None)
    assert (held.state, held.turn_id) == (TurnState.CONFIRMING, first.note.turn_id)
    stage.clock.advance(29)
    await stage.quiet()
    assert len(await stage.notes(NoteStatus.GHOST)) == 1
    second.go.set()
    going_on = await stage.until(TurnChanged, lambda event: event.turn_id == first.note.turn_id)
    assert going_on.deadline_seconds == pytest.approx(2)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(2)
    firmed = await stage.until_note(NoteStatus.FIRMED)
    assert firmed.note.id == first.note.id
    assert len(await stage.notes(NoteStatus.GHOST)) == 1


async def test_a_clock_that_is_stopped_as_it_runs_out_firms_nothing(stage: Stage) -> None:
    stage.transcriber.answers.append("The music is too loud.")
    second = stage.transcriber.hold("Scratch that.")
    microphone = await stage.press(HANDS_FREE)
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    chunk = microphone.take(np.concatenate([voice(SCRATCH), np.zeros(SAMPLE_RATE, np.int16)]))
    heard = ChunkArrived(microphone.id, chunk.seq, chunk.captured_at, samples_from_bytes(chunk.pcm))
    stage.session.post(heard)
    stage.clock.advance(3)
    await second.was_asked()
    await stage.quiet()
    assert len(await stage.notes(NoteStatus.GHOST)) == 1
    second.go.set()
    await stage.until_note(NoteStatus.CANCELLED)


async def test_a_note_that_was_deleted_before_it_was_firmed_does_not_come_back(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    ghost = await stage.until_note(NoteStatus.GHOST)
    async with stage.database.write() as db:
        await notes.delete_note(db, stage.person.user_id, ghost.note.id)
    stage.clock.advance(3)
    await stage.until_microphone(MicrophoneState.OFF)
    told = [event.note.status for event in stage.told if isinstance(event, NoteChanged)]
    assert told == [NoteStatus.GHOST]
    async with stage.database.write() as db:
        assert (await notes.restore_note(db, stage.person.user_id, ghost.note.id)).status is NoteStatus.FIRMED


async def test_the_clock_goes_on_after_noise(stage: Stage) -> None:
    stage.transcriber.answers.extend(["The music is too loud.", ""])
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(1)
    await microphone.say(SCRATCH)
    await stage.until_turn(TurnState.IDLE)
    assert len(await stage.notes(NoteStatus.GHOST)) == 1
    stage.clock.advance(2)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.until_microphone(MicrophoneState.OFF)


async def test_noise_makes_no_note_and_leaves_the_microphone_open(stage: Stage) -> None:
    stage.transcriber.answers.append("")
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.IDLE)
    assert stage.session.microphone is MicrophoneState.OPEN
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    assert len(await stage.notes()) == 1


async def test_a_refused_input_changes_nothing(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    began = await stage.until_speech("began")
    before = (stage.session.view, await stage.turns(), len(await stage.events()))
    for action in (TurnAction.CONFIRM, TurnAction.RETRY, TurnAction.ACKNOWLEDGE):
        with pytest.raises(Refused):
            await stage.session.control_turn(action, began.turn_id)
        with pytest.raises(NotFound):
            await stage.session.control_turn(action)
    with pytest.raises(Refused):
        await microphone.steer(RecordingAction.RESUME)
    assert (stage.session.view, await stage.turns(), len(await stage.events())) == before


async def test_late_news_of_a_stage_that_is_over_is_not_taken(stage: Stage) -> None:
    stage.transcriber.answers.append(RuntimeError("broken"))
    slow = stage.transcriber.hold("The logo is too small.")
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.RETRYING)
    stage.clock.advance(1)
    await slow.was_asked()
    stage.clock.advance(30)
    await stage.until_turn(TurnState.RETRYING)
    slow.go.set()
    stage.clock.advance(2)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.text == "The music is too loud"
    assert len(await stage.notes()) == 1


async def test_hands_free_stays_open_until_it_is_switched_off(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    for _ in range(2):
        await microphone.say(MUSIC)
        await stage.until_note(NoteStatus.GHOST)
        stage.clock.advance(3)
        await stage.until_note(NoteStatus.FIRMED)
    await microphone.silence(70)
    await stage.quiet()
    assert stage.session.microphone is MicrophoneState.OPEN
    await microphone.stop()
    await stage.until_microphone(MicrophoneState.OFF)
    assert len(await stage.notes(NoteStatus.FIRMED)) == 2
    assert await stage.chunks() == []


async def test_remarks_that_overlap_keep_their_own_times(stage: Stage) -> None:
    first_waits = stage.structurer.hold()
    stage.transcriber.answers.extend(["The music is too loud.", "The logo is too small."])
    microphone = await stage.press(HANDS_FREE)
    first = await microphone.say(MUSIC)
    await first_waits.was_asked()
    second = await microphone.say(LOGO)
    later = await stage.until_note(NoteStatus.GHOST)
    assert later.note.text == "The logo is too small"
    first_waits.go.set()
    earlier = await stage.until_note(NoteStatus.GHOST)
    expected = [POSITION + began + ONSET_SECONDS - LAG_SECONDS for began in (first, second)]
    assert [earlier.note.start_seconds, later.note.start_seconds] == pytest.approx(expected, abs=0.25)


async def test_a_session_answers_whoever_waits_when_it_closes(stage: Stage) -> None:
    await stage.session.close()
    with pytest.raises(LossyError):
        await stage.session.control_turn(TurnAction.CONFIRM)


async def test_whoever_words_the_note_knows_the_video_and_the_notes_before(stage: Stage) -> None:
    stage.transcriber.answers.append("The music is too loud.")
    microphone = await stage.press(HANDS_FREE)
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.say(LOGO)
    await stage.until_note(NoteStatus.GHOST)
    first, second = stage.structurer.contexts
    assert (first.title, first.last_notes) == (stage.person.video.title, ())
    assert second.last_notes == ("The music is too loud",)
