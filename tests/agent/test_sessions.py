"""The registry: one live session per user and video, let go when nothing goes on, and nobody else's."""

import asyncio

import pytest

from lossy.agent.sessions import MAX_BUSY_PER_USER, MAX_SESSIONS_PER_USER
from lossy.db import videos
from lossy.db.models import AudioChunk, RecordingMode, Role
from lossy.db.sessions import LeaseLost
from lossy.errors import NotFound, TooMany, Unavailable
from lossy.events import MicrophoneState, NoteStatus, TurnState
from lossy.inference.speech import RecognitionFailed
from lossy.protocol import Playback, RecordingAction
from tests.agent.stage import MUSIC, PRESSED_AT, Microphone, Stage
from tests.db.failing import failing_commits
from tests.db.rows import Reviewer, opened, reviewer

MINUTE = 60


async def more_videos(stage: Stage, count: int) -> list[str]:
    async with stage.database.write() as db:
        return [(await opened(db, stage.person.user_id, f"more{number}")).id for number in range(count)]


async def pass_minutes(stage: Stage, minutes: int) -> None:
    """Let time pass in steps in which the sweeper can do its work."""
    for _ in range(minutes * MINUTE // 10):
        await stage.clock.advance_until_armed(10)


async def test_opening_twice_gives_the_same_session(stage: Stage) -> None:
    opened_at_once = await asyncio.gather(
        *(stage.sessions.open(stage.person.user_id, stage.person.video.id) for _ in range(10))
    )
    assert {id(session) for session in opened_at_once} == {id(stage.session)}


async def test_opening_a_new_video_ten_times_at_once_makes_one_session(stage: Stage) -> None:
    (video_id,) = await more_videos(stage, 1)
    sessions = await asyncio.gather(*(stage.sessions.open(stage.person.user_id, video_id) for _ in range(10)))
    assert len({id(session) for session in sessions}) == 1
    assert len(stage.sessions.live) == 2


async def test_a_session_that_nobody_uses_is_let_go_after_fifteen_minutes(stage: Stage) -> None:
    await pass_minutes(stage, 14)
    assert list(stage.sessions.live) == [stage.session]
    await pass_minutes(stage, 2)
    assert list(stage.sessions.live) == []
    again = await stage.sessions.of_user(stage.person.user_id, stage.session.id)
    assert again is not stage.session


async def test_a_session_whose_player_reports_is_kept(stage: Stage) -> None:
    for minute in range(20):
        await pass_minutes(stage, 1)
        await stage.session.report_playback((Playback(at=PRESSED_AT + minute, position=1, playing=True),))
    assert stage.sessions.live == (stage.session,)


async def test_a_microphone_that_was_left_open_is_closed(stage: Stage) -> None:
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    await microphone.silence(1)
    await pass_minutes(stage, 16)
    await stage.until_microphone(MicrophoneState.OFF)


async def test_the_lease_is_renewed_while_the_session_lives(stage: Stage) -> None:
    async with stage.database.read() as db:
        before = (await db.get_one(type(stage.person.session), stage.session.id)).lease_expires_at
    await pass_minutes(stage, 1)
    async with stage.database.read() as db:
        after = (await db.get_one(type(stage.person.session), stage.session.id)).lease_expires_at
    assert before is not None
    assert after is not None
    assert after > before


async def test_a_database_that_fails_does_not_end_the_sweeping(stage: Stage) -> None:
    with failing_commits(stage.database, 1) as failures:
        await stage.clock.advance_until_armed(10)
    assert failures.count == 1
    await pass_minutes(stage, 16)
    assert stage.sessions.live == ()


async def test_a_quiet_session_makes_room_for_another(stage: Stage) -> None:
    for video_id in await more_videos(stage, MAX_SESSIONS_PER_USER + 1):
        stage.clock.advance(1)
        await stage.sessions.open(stage.person.user_id, video_id)
    assert len(stage.sessions.live) == MAX_SESSIONS_PER_USER
    assert stage.session not in stage.sessions.live


async def test_a_fourth_recording_at_a_time_is_refused(stage: Stage) -> None:
    *three, fourth = await more_videos(stage, MAX_BUSY_PER_USER + 1)
    for video_id in three:
        stage.session = await stage.sessions.open(stage.person.user_id, video_id)
        microphone = await stage.press()
    last = stage.session
    stage.session = await stage.sessions.open(stage.person.user_id, fourth)
    with pytest.raises(TooMany):
        await stage.press()
    assert stage.session.microphone is MicrophoneState.OFF
    stage.session = last
    assert not (await microphone.open()).closed


async def test_quiet_sessions_that_are_looked_at_do_not_push_each_other_out(stage: Stage) -> None:
    for video_id in await more_videos(stage, MAX_BUSY_PER_USER + 1):
        await stage.sessions.open(stage.person.user_id, video_id)
    assert len(stage.sessions.live) == MAX_BUSY_PER_USER + 2
    assert stage.session in stage.sessions.live


async def test_a_session_with_a_failed_remark_may_be_let_go_and_keeps_it(stage: Stage) -> None:
    await stage.run_jobs()
    stage.transcriber.answers.extend([RecognitionFailed("It broke.")] * 6)
    microphone = await stage.press()
    await microphone.say(MUSIC)
    for seconds in (1, 2):
        await stage.until_turn(TurnState.RETRYING)
        stage.clock.advance(seconds)
    await stage.until_turn(TurnState.ERROR)
    await microphone.stop()
    await pass_minutes(stage, 16)
    assert stage.sessions.live == ()
    stage.session = await stage.sessions.open(stage.person.user_id, stage.person.video.id)
    assert stage.session.view.turn is TurnState.ERROR


async def test_closing_and_opening_again_goes_on_with_the_recording(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await stage.sessions.close()
    stage.sessions = stage.registry()
    await stage.sessions.start()
    stage.session = stage.sessions.live[0]
    assert (await microphone.open()).next_seq == microphone.seq
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)


@pytest.fixture
async def stranger(stage: Stage) -> Reviewer:
    return await reviewer(stage.database, "b@example.org")


async def test_a_stranger_cannot_open_the_video_or_the_session(stage: Stage, stranger: Reviewer) -> None:
    with pytest.raises(NotFound):
        await stage.sessions.open(stranger.user_id, stage.person.video.id)
    with pytest.raises(NotFound):
        await stage.sessions.of_user(stranger.user_id, stage.session.id)


async def test_a_viewer_cannot_open_a_session(stage: Stage, stranger: Reviewer) -> None:
    async with stage.database.write() as db:
        await videos.add_member(db, stage.person.user_id, stage.person.video.id, stranger.email, Role.VIEWER)
    with pytest.raises(Exception, match=r"\w"):
        await stage.sessions.open(stranger.user_id, stage.person.video.id)


async def test_a_stranger_cannot_feed_or_steer_a_recording(stage: Stage, stranger: Reviewer) -> None:
    microphone = await stage.press()
    chunk = AudioChunk(recording_id=microphone.id, seq=0, captured_at=PRESSED_AT, pcm=b"\0\0")
    with pytest.raises(NotFound):
        await stage.sessions.add_chunk(stranger.user_id, chunk)
    for action in RecordingAction:
        with pytest.raises(NotFound):
            await stage.sessions.control_recording(stranger.user_id, microphone.id, action)
    assert await stage.chunks() == []
    assert stage.session.microphone is MicrophoneState.OPENING


async def test_a_stranger_cannot_record_into_a_session_or_under_a_known_name(stage: Stage, stranger: Reviewer) -> None:
    microphone = await stage.press()
    with pytest.raises(NotFound):
        await Microphone(stage, RecordingMode.ONE_NOTE, stranger).open()
    theirs = await stage.sessions.open(stranger.user_id, stranger.video.id)
    with pytest.raises(NotFound):
        await stage.sessions.open_recording(stranger.user_id, theirs.id, microphone.id, RecordingMode.ONE_NOTE, None)
    assert stage.session.view.recording_id == microphone.id


async def test_audio_for_no_recording_is_not_found(stage: Stage) -> None:
    chunk = AudioChunk(recording_id="no-such-recording", seq=0, captured_at=PRESSED_AT, pcm=b"\0\0")
    with pytest.raises(NotFound):
        await stage.sessions.add_chunk(stage.person.user_id, chunk)


async def test_audio_for_a_session_that_is_led_anew_is_sent_again_and_heard_there(stage: Stage) -> None:
    microphone = await stage.press()
    await stage.sessions.close()
    former = stage.session
    stage.sessions = stage.registry()
    await stage.sessions.start()
    stage.session = stage.sessions.live[0]
    with pytest.raises(LeaseLost):
        await former.report_playback((Playback(at=PRESSED_AT, position=1, playing=True),))
    with pytest.raises(LeaseLost):
        async with former.write():
            pass
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_process_that_lost_a_session_does_not_acknowledge_its_audio(stage: Stage) -> None:
    microphone = await stage.press()
    other = stage.registry()
    await other.start()
    with pytest.raises(Unavailable):
        await microphone.silence(1)
    assert await stage.chunks() == []
    await other.close()
    await microphone.silence(1)
    assert await stage.chunks() == [1]
