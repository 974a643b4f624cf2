"""A process that dies in any state: the next one goes on, and ends with the same note exactly once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from lossy.db import sessions as store
from lossy.db.models import RecordingMode
from lossy.errors import Conflict, LossyError
from lossy.events import MicrophoneChanged, MicrophoneState, NoteStatus, TurnState
from lossy.inference.speech import RecognitionFailed
from lossy.protocol import RecordingAction, TurnAction
from tests.agent.stage import (
    LAG_SECONDS,
    LOGO,
    MUSIC,
    ONSET_SECONDS,
    POSITION,
    SCRATCH,
    Microphone,
    Stage,
    voice,
)
from tests.db.failing import DiskFull, failing_commits

MID_SENTENCE = voice(MUSIC)[:24000]
REST = voice(MUSIC)[24000:]
HANDS_FREE = RecordingMode.HANDS_FREE

Reach = Callable[[Stage, Microphone], Awaitable[None]]


async def listening(stage: Stage, microphone: Microphone) -> None:
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")


async def listening_before_a_word(stage: Stage, microphone: Microphone) -> None:
    await microphone.hear(MID_SENTENCE[:4000])
    await stage.quiet()


async def paused(stage: Stage, microphone: Microphone) -> None:
    await listening(stage, microphone)
    await microphone.steer(RecordingAction.PAUSE)


async def transcribing(stage: Stage, microphone: Microphone) -> None:
    held = stage.transcriber.hold("never heard")
    await microphone.say(MUSIC)
    await stage.until_transcribing(held)


async def structuring(stage: Stage, microphone: Microphone) -> None:
    held = stage.structurer.hold()
    await microphone.say(MUSIC)
    await held.was_asked()


async def confirming(stage: Stage, microphone: Microphone) -> None:
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)


async def retrying(stage: Stage, microphone: Microphone) -> None:
    stage.transcriber.answers.append(RecognitionFailed("It broke."))
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.RETRYING)


async def error(stage: Stage, microphone: Microphone) -> None:
    await stage.run_jobs()
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * 6)
    await microphone.say(MUSIC)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    await stage.until_turn(TurnState.ERROR)


async def finish_speaking(stage: Stage, microphone: Microphone) -> None:
    opened = await microphone.open()
    assert opened.next_seq == microphone.seq
    await microphone.hear(voice(MUSIC)[microphone.samples :])
    await microphone.silence(1)


async def resume(stage: Stage, microphone: Microphone) -> None:
    await microphone.steer(RecordingAction.RESUME)
    await finish_speaking(stage, microphone)


async def wait_for_the_next_try(stage: Stage, microphone: Microphone) -> None:
    stage.clock.advance(1)


async def try_again(stage: Stage, microphone: Microphone) -> None:
    await stage.session.control_turn(TurnAction.RETRY)


async def nothing(stage: Stage, microphone: Microphone) -> None:
    await stage.quiet()


@pytest.mark.parametrize(
    ("state", "reach", "go_on"),
    [
        (TurnState.LISTENING, listening_before_a_word, finish_speaking),
        (TurnState.LISTENING, listening, finish_speaking),
        (TurnState.PAUSED, paused, resume),
        (TurnState.TRANSCRIBING, transcribing, nothing),
        (TurnState.STRUCTURING, structuring, nothing),
        (TurnState.CONFIRMING, confirming, nothing),
        (TurnState.RETRYING, retrying, wait_for_the_next_try),
        (TurnState.ERROR, error, try_again),
    ],
)
async def test_a_remark_survives_the_end_of_its_process(
    stage: Stage, state: TurnState, reach: Reach, go_on: Reach
) -> None:
    microphone = await stage.press()
    await reach(stage, microphone)
    (turn,) = await stage.turns()
    assert turn.state is state
    await stage.crash()
    assert stage.session.view.turn_id == turn.id
    await go_on(stage, microphone)
    if not await stage.notes():
        await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.until_microphone(MicrophoneState.OFF)
    (note,) = await stage.notes()
    assert (note.text, note.status, note.turn_id) == ("The music is too loud", NoteStatus.FIRMED, turn.id)
    assert note.start_seconds == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.25)
    assert await stage.chunks() == []


async def test_an_idle_session_comes_back_idle(stage: Stage) -> None:
    microphone = await stage.press()
    await confirming(stage, microphone)
    await stage.session.control_turn(TurnAction.CONFIRM)
    await stage.crash()
    assert (stage.session.microphone, stage.session.view.turn) == (MicrophoneState.OFF, TurnState.IDLE)
    assert len(await stage.notes()) == 1


async def test_a_cancelling_turn_ends_cancelled(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await confirming(stage, microphone)
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    (first, _) = await stage.turns()
    async with stage.database.write() as db:
        await store.save_turn(db, first.id, state=TurnState.CANCELLING)
    await stage.crash()
    await stage.quiet()
    assert [note.status for note in await stage.notes()] == [NoteStatus.CANCELLED]
    assert await stage.chunks() == list(range(microphone.seq))
    await stage.crash()
    await finish_second(stage, microphone)
    (second,) = await stage.notes(NoteStatus.GHOST)
    assert second.text == "The music is too loud"


async def finish_second(stage: Stage, microphone: Microphone) -> None:
    """Speak the rest of a second remark whose beginning was heard before the restart."""
    assert (await microphone.open()).next_seq == microphone.seq
    await microphone.hear(REST)
    await microphone.silence(1)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_command_that_was_under_way_is_carried_out_once(stage: Stage) -> None:
    stage.transcriber.answers.extend(["The music is too loud.", "The logo is too small.", "Scratch that."])
    microphone = await stage.press(HANDS_FREE)
    await confirming(stage, microphone)
    await microphone.say(LOGO)
    later = await stage.until_note(NoteStatus.GHOST)
    await microphone.say(SCRATCH)
    await stage.until_note(NoteStatus.CANCELLED)
    await stage.quiet()
    command = (await stage.turns())[-1]
    async with stage.database.write() as db:
        await store.save_turn(db, command.id, state=TurnState.EXECUTING_TOOL)
    await stage.crash()
    await stage.until_turn(TurnState.IDLE, command.id)
    assert [note.id for note in await stage.notes(NoteStatus.CANCELLED)] == [later.note.id]
    assert len(await stage.notes(NoteStatus.GHOST)) == 1


async def test_what_was_cancelled_is_not_heard_again(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await listening(stage, microphone)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.crash()
    await microphone.silence(2)
    await microphone.stop()
    await stage.until_microphone(MicrophoneState.OFF)
    assert stage.transcriber.heard == []


async def test_a_long_silence_is_not_heard_again(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await microphone.silence(45)
    await stage.quiet()
    (recording,) = await stage.recordings()
    assert recording.consumed_samples >= 24 * 16_000
    await stage.crash()
    began = await microphone.say(LOGO)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.start_seconds == pytest.approx(POSITION + began + ONSET_SECONDS - LAG_SECONDS, abs=0.25)


async def test_a_hole_in_the_audio_does_not_hide_what_came_after_it(stage: Stage) -> None:
    held = stage.transcriber.hold()
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    microphone.take(REST[:1600])
    await microphone.hear(REST[1600:])
    await microphone.steer(RecordingAction.DEVICE_LOST)
    await stage.until_transcribing(held)
    await stage.crash()
    await stage.until_note(NoteStatus.GHOST)
    before, after = stage.transcriber.heard
    assert (before == after).all()


async def test_speech_that_is_not_found_again_is_not_lost(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    (turn,) = await stage.turns()
    async with stage.database.write() as db:
        await store.save_turn(db, turn.id, onset_sample=8000)
    await stage.crash()
    await microphone.stop()
    await stage.until_note(NoteStatus.GHOST)


async def test_the_clock_still_stands_still_for_what_is_not_understood(stage: Stage) -> None:
    stage.transcriber.answers.append("The music is too loud.")
    microphone = await stage.press(HANDS_FREE)
    await confirming(stage, microphone)
    lost = stage.transcriber.hold("never heard")
    again = stage.transcriber.hold("Scratch that.")
    await microphone.say(SCRATCH)
    await stage.until_transcribing(lost)
    await stage.crash()
    await again.was_asked()
    stage.clock.advance(10)
    await stage.quiet()
    assert len(await stage.notes(NoteStatus.GHOST)) == 1
    again.go.set()
    await stage.until_note(NoteStatus.CANCELLED)


async def test_a_microphone_whose_recording_is_over_does_not_come_back_open(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    async with stage.database.write() as db:
        await store.close_recording(db, microphone.id)
    await stage.crash()
    assert stage.session.microphone is MicrophoneState.OFF


@pytest.mark.parametrize("commits", range(4))
async def test_whatever_of_a_stop_was_durable_everybody_learns_that_the_microphone_is_off(
    stage: Stage, commits: int
) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    with failing_commits(stage.database, after=commits), suppress(DiskFull):
        await microphone.stop()
    await stage.crash()
    if not (await microphone.open()).closed:
        await microphone.stop()
    told = [event for event in await stage.events() if isinstance(event, MicrophoneChanged)]
    assert [event.recording_id for event in told if event.state is MicrophoneState.OFF] == [microphone.id]


async def test_a_note_that_was_decided_still_closes_the_microphone(stage: Stage) -> None:
    microphone = await stage.press()
    await confirming(stage, microphone)
    ghost = (await stage.notes())[0]
    await stage.session.control_turn(TurnAction.CONFIRM)
    async with stage.database.write() as db:  # as if the process had died before it closed the recording
        row = await store.recording_of(db, stage.person.user_id, microphone.id)
        row.closed_at = None
        await store.save_microphone(db, stage.session.id, MicrophoneState.OPEN)
    await stage.crash()
    assert stage.session.microphone is MicrophoneState.OFF
    assert [note.id for note in await stage.notes(NoteStatus.FIRMED)] == [ghost.id]


async def test_audio_that_a_crash_kept_from_being_deleted_goes_at_the_next_start(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    (turn,) = await stage.turns()
    async with stage.database.write() as db:
        await store.save_turn(db, turn.id, state=TurnState.IDLE)
        await store.close_recording(db, microphone.id)
    await stage.crash()
    assert await stage.chunks() == []


async def test_a_former_leader_can_write_nothing_and_stops(stage: Stage) -> None:
    microphone = await stage.press()
    await confirming(stage, microphone)
    former_sessions, former = stage.sessions, stage.session
    stage.sessions = stage.registry()
    await stage.sessions.start()
    stage.session = await stage.sessions.open(stage.person.user_id, stage.person.video.id)
    with pytest.raises(Conflict):
        await former.control_turn(TurnAction.CANCEL)
    assert former.is_over
    with pytest.raises(LossyError):
        await former.control_turn(TurnAction.CONFIRM)
    assert [note.status for note in await stage.notes()] == [NoteStatus.GHOST]
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    (_,) = await stage.notes()
    await former_sessions.close()


async def test_another_instance_waits_until_the_lease_has_run_out(stage: Stage) -> None:
    elsewhere = stage.registry("elsewhere:4000")
    with pytest.raises(Conflict):
        await elsewhere.open(stage.person.user_id, stage.person.video.id)
    await stage.sessions.close()
    session = await elsewhere.open(stage.person.user_id, stage.person.video.id)
    assert session.id == stage.session.id
    await elsewhere.close()


async def test_a_second_crash_while_taking_up_loses_nothing(stage: Stage) -> None:
    microphone = await stage.press()
    await listening(stage, microphone)
    for _ in range(3):
        await stage.crash()
        await asyncio.sleep(0)
    await finish_speaking(stage, microphone)
    await stage.until_note(NoteStatus.GHOST)
    (note,) = await stage.notes()
    assert note.start_seconds == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.25)
