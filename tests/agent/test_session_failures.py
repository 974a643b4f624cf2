"""What a session does when recognition, structuring or the database fails or hangs."""

import pytest

from lossy.agent.listening import SILENCE_REASON
from lossy.errors import Conflict
from lossy.events import MicrophoneState, NoteStatus, TurnFailed, TurnState
from lossy.inference.speech import RecognitionFailed
from lossy.protocol import TurnAction
from tests.agent.stage import MUSIC, Stage
from tests.db.failing import failing_commits

ALL_TRIES = 6
"""Three of the session, three of the job."""


async def test_recognition_that_fails_once_is_tried_again(stage: Stage) -> None:
    stage.transcriber.answers.append(RecognitionFailed("It broke."))
    microphone = await stage.press()
    await microphone.say(MUSIC)
    retrying = await stage.until_turn(TurnState.RETRYING)
    assert retrying.deadline_seconds == 1
    stage.clock.advance(1)
    await stage.until_note(NoteStatus.GHOST)
    assert len(stage.transcriber.heard) == 2


async def test_the_pauses_between_tries_grow(stage: Stage) -> None:
    stage.transcriber.answers.extend([RecognitionFailed("It broke."), RecognitionFailed("It broke.")])
    microphone = await stage.press()
    await microphone.say(MUSIC)
    first = await stage.until_turn(TurnState.RETRYING)
    stage.clock.advance(1)
    second = await stage.until_turn(TurnState.RETRYING)
    assert (first.deadline_seconds, second.deadline_seconds) == (1, 2)


async def failed(stage: Stage) -> TurnFailed:
    """Speak a remark that recognition fails on, in the session and in the job."""
    await stage.run_jobs()
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * ALL_TRIES)
    microphone = await stage.press()
    await microphone.say(MUSIC)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    gone_wrong = await stage.until(TurnFailed)
    await stage.until_turn(TurnState.ERROR)
    await microphone.stop()
    return gone_wrong


async def test_when_nothing_helps_it_is_an_error_that_keeps_the_audio(stage: Stage) -> None:
    gone_wrong = await failed(stage)
    assert gone_wrong.message == "It broke. What you said is kept: try again, or leave it."
    assert stage.session.microphone is MicrophoneState.OFF
    assert stage.session.view.turn is TurnState.ERROR
    assert await stage.chunks() != []


async def test_a_failed_remark_can_be_tried_again(stage: Stage) -> None:
    gone_wrong = await failed(stage)
    await stage.session.control_turn(TurnAction.RETRY, gone_wrong.turn_id)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.turn_id == gone_wrong.turn_id
    assert (stage.transcriber.heard[ALL_TRIES] == stage.transcriber.heard[0]).all()
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    assert await stage.chunks() == []


async def test_a_failed_remark_has_three_tries_again(stage: Stage) -> None:
    await failed(stage)
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * 2)
    await stage.session.control_turn(TurnAction.RETRY)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    await stage.until_note(NoteStatus.GHOST)


async def test_leaving_a_failed_remark_lets_go_of_its_audio(stage: Stage) -> None:
    await failed(stage)
    await stage.session.control_turn(TurnAction.ACKNOWLEDGE)
    assert stage.session.view.turn is TurnState.IDLE
    assert await stage.chunks() == []
    assert await stage.notes() == []


async def test_a_failed_remark_does_not_keep_the_microphone_from_closing(stage: Stage) -> None:
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * 3)
    microphone = await stage.press()
    await microphone.say(MUSIC)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    await stage.until_turn(TurnState.RETRYING)
    with pytest.raises(Conflict):
        await microphone.silence(70)
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason == SILENCE_REASON


async def test_recognition_that_hangs_is_given_up_after_thirty_seconds(stage: Stage) -> None:
    held = stage.transcriber.hold()
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_transcribing(held)
    stage.clock.advance(30)
    await stage.until_turn(TurnState.RETRYING)
    stage.clock.advance(1)
    await stage.until_note(NoteStatus.GHOST)
    assert held.was_cancelled


async def test_a_model_that_hangs_gives_way_to_the_rules(stage: Stage) -> None:
    held = stage.structurer.hold()
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await held.was_asked()
    stage.clock.advance(30)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.engine == "fake/script+rules"
    assert held.was_cancelled


async def test_a_model_that_breaks_is_asked_again(stage: Stage) -> None:
    stage.structurer.answers.append(RuntimeError("broken"))
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.RETRYING)
    stage.clock.advance(1)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.engine == "fake/script+fake"
    assert len(stage.transcriber.heard) == 1


async def test_a_deadline_that_the_database_refused_comes_again(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    with failing_commits(stage.database, 1) as failures:
        stage.clock.advance(3)
        await stage.quiet()
    assert failures.count == 1
    assert len(await stage.notes(NoteStatus.GHOST)) == 1
    stage.clock.advance(5)
    await stage.until_note(NoteStatus.FIRMED)


async def test_a_microphone_that_the_database_kept_open_closes_at_the_next_try(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    with failing_commits(stage.database, 1), pytest.raises(Exception, match="disk"):
        await microphone.stop()
    await microphone.stop()
    await stage.until_microphone(MicrophoneState.OFF)


async def test_a_microphone_that_the_database_kept_open_closes_by_itself(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.quiet()
    with failing_commits(stage.database, 1), pytest.raises(Exception, match="disk"):
        await microphone.stop()
    assert stage.session.microphone is MicrophoneState.OPEN
    stage.clock.advance(1)
    await stage.until_microphone(MicrophoneState.OFF)


async def test_a_move_that_the_database_refused_leaves_the_turn_as_it_was(stage: Stage) -> None:
    stage.transcriber.answers.append(RecognitionFailed("It broke."))
    held = stage.transcriber.hold()
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_turn(TurnState.RETRYING)
    with failing_commits(stage.database, 1):
        stage.clock.advance(1)
        await stage.quiet()
    stage.clock.advance(5)
    await held.was_asked()
    (turn,) = await stage.turns()
    assert (turn.state, turn.attempts) == (TurnState.TRANSCRIBING, 1)
