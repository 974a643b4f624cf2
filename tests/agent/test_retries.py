"""A remark that no engine understands waits for a durable job, and becomes one note whoever ends in between."""

import pytest
from sqlmodel import select

from lossy.db import jobs
from lossy.db.models import Job, RecordingMode
from lossy.events import JobChanged, JobState, MicrophoneState, NoteStatus, TurnFailed, TurnState
from lossy.inference.speech import RecognitionFailed
from lossy.protocol import TurnAction
from tests.agent.stage import LOGO, MUSIC, Microphone, Stage


async def given_up_by_the_session(stage: Stage, mode: RecordingMode = RecordingMode.ONE_NOTE) -> Microphone:
    """Speak a remark that recognition fails on three times."""
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * 3)
    microphone = await stage.press(mode)
    await microphone.say(MUSIC)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    waits = await stage.until_turn(TurnState.RETRYING)
    assert waits.deadline_seconds is None
    return microphone


async def all_jobs(stage: Stage) -> list[Job]:
    async with stage.database.read() as db:
        return list((await db.exec(select(Job))).all())


async def test_the_job_is_there_with_the_state_that_waits_for_it(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    (job,) = await all_jobs(stage)
    (turn,) = await stage.turns()
    assert (job.queue, job.name, job.payload) == ("transcription", "transcribe", {"turn": turn.id})
    assert (turn.state, turn.origin) == (TurnState.RETRYING, TurnState.TRANSCRIBING)
    assert await stage.chunks() != [], "the audio waits too"


async def test_the_words_of_the_job_become_the_note_at_its_time(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    await stage.run_jobs()
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.text == "The music is too loud"
    (turn,) = await stage.turns()
    assert ghost.note.start_seconds == pytest.approx(turn.seen_seconds, abs=0.001)
    assert (stage.transcriber.heard[3] == stage.transcriber.heard[2]).all(), "the same samples"


async def test_it_goes_on_where_the_session_ended_meanwhile(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    ears = stage.database.bus.subscribe("jobs:*")
    await stage.sessions.close()
    await stage.run_jobs()
    while not any(isinstance(news, JobChanged) and news.state is JobState.DONE for news in await ears.batch()):
        pass
    assert await stage.notes() == []
    stage.sessions = stage.registry()
    await stage.sessions.start()
    stage.session = await stage.sessions.open(stage.person.user_id, stage.person.video.id)
    await stage.until_note(NoteStatus.GHOST)
    assert len(await stage.notes()) == 1


async def test_it_goes_on_after_a_crash_while_the_job_waits(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    await stage.crash()
    await stage.run_jobs()
    await stage.until_note(NoteStatus.GHOST)
    assert (len(await stage.notes()), len(await all_jobs(stage))) == (1, 1)


async def test_an_order_that_was_understood_late_is_carried_out(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    stage.transcriber.answers.append("Stop listening.")
    await stage.run_jobs()
    await stage.until_microphone(MicrophoneState.OFF)
    assert await stage.notes() == []


async def test_nothing_said_after_all_ends_it(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    stage.transcriber.answers.append("")
    await stage.run_jobs()
    await stage.until_turn(TurnState.IDLE)
    assert await stage.notes() == []


async def test_a_job_that_is_dead_is_an_error_with_its_reason(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    stage.transcriber.answers.extend([RecognitionFailed("The engine is away.")] * 3)
    await stage.run_jobs()
    failed = await stage.until(TurnFailed)
    assert failed.message.startswith("The engine is away.")
    assert await stage.chunks() != []


async def test_a_job_that_somebody_discards_leaves_the_remark_to_the_reviewer(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    (job,) = await all_jobs(stage)
    async with stage.database.write() as db:
        await jobs.discard_job(db, job.id)
    await stage.until_turn(TurnState.ERROR)
    await stage.session.control_turn(TurnAction.RETRY)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_remark_that_was_cancelled_meanwhile_stays_cancelled(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until_turn(TurnState.IDLE)
    await stage.run_jobs()
    await stage.until(JobChanged, lambda event: event.state is JobState.DONE)
    assert len(stage.transcriber.heard) == 3, "not recognised once more"
    assert await stage.notes() == []


async def test_other_remarks_do_not_wait_for_it(stage: Stage) -> None:
    microphone = await given_up_by_the_session(stage, RecordingMode.HANDS_FREE)
    stage.transcriber.answers.append("The logo is too small.")
    await microphone.say(LOGO)
    later = await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.run_jobs()
    earlier = await stage.until_note(NoteStatus.GHOST)
    assert (later.note.text, earlier.note.text) == ("The logo is too small", "The music is too loud")
    assert earlier.note.start_seconds < later.note.start_seconds


async def test_a_dead_job_that_begins_anew_brings_the_remark_back(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    stage.transcriber.answers.extend([RecognitionFailed("The engine is away.")] * 3)
    await stage.run_jobs()
    await stage.until(TurnFailed)
    (job,) = await all_jobs(stage)
    async with stage.database.write() as db:
        await jobs.retry_job(db, job.id)
    assert (await stage.until_note(NoteStatus.GHOST)).note.text == "The music is too loud"
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    assert await stage.chunks() == []


async def test_a_dead_job_that_begins_anew_while_nobody_looks_brings_it_back_later(stage: Stage) -> None:
    await given_up_by_the_session(stage)
    stage.transcriber.answers.extend([RecognitionFailed("The engine is away.")] * 3)
    await stage.run_jobs()
    await stage.until(TurnFailed)
    ears = stage.database.bus.subscribe("jobs:*")
    await stage.sessions.close()
    (job,) = await all_jobs(stage)
    async with stage.database.write() as db:
        await jobs.retry_job(db, job.id)
    while not any(isinstance(news, JobChanged) and news.state is JobState.DONE for news in await ears.batch()):
        pass
    stage.sessions = stage.registry()
    await stage.sessions.start()
    stage.session = await stage.sessions.open(stage.person.user_id, stage.person.video.id)
    await stage.until_note(NoteStatus.GHOST)
    assert len(await stage.notes()) == 1
