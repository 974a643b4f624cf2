"""What comes of audio as it arrives: pauses, limits, silence, lost devices, and chunks that are late or missing."""

import numpy as np
import pytest

from lossy.agent.listening import DEVICE_LOST_REASON, SILENCE_REASON, TOTAL_LIMIT_REASON
from lossy.agent.recording import MAX_RECORDING_SECONDS
from lossy.db.models import RecordingMode
from lossy.errors import Conflict
from lossy.events import AsrFinal, MicrophoneState, NoteStatus, SpeechHeard, TurnState
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.protocol import RecordingAction, TurnAction
from tests.agent.stage import LAG_SECONDS, LOGO, MUSIC, ONSET_SECONDS, POSITION, Microphone, Stage, voice

HANDS_FREE = RecordingMode.HANDS_FREE
MID_SENTENCE = voice(MUSIC)[:24000]
REST = voice(MUSIC)[24000:]


def speech(seconds: float) -> Pcm:
    """Speak on and on, with no pause that ends an utterance."""
    said = voice(MUSIC)[8000:29000]
    return np.tile(said, int(seconds * SAMPLE_RATE / len(said)) + 1)[: int(seconds * SAMPLE_RATE)]


async def test_pausing_keeps_the_audio(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    await microphone.steer(RecordingAction.PAUSE)
    assert (stage.session.microphone, stage.session.view.turn) == (MicrophoneState.PAUSED, TurnState.PAUSED)
    stage.clock.advance(14 * 60)
    await microphone.steer(RecordingAction.RESUME)
    await microphone.hear(REST)
    await microphone.silence(1)
    await stage.until(AsrFinal)
    (heard,) = stage.transcriber.heard
    assert len(heard) > 1.5 * SAMPLE_RATE


async def test_stopping_while_paused_makes_the_note_of_what_was_said(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    await microphone.steer(RecordingAction.PAUSE)
    await microphone.stop()
    await stage.until_microphone(MicrophoneState.OFF)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)


async def test_a_pause_of_fifteen_minutes_ends_the_recording(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    await microphone.steer(RecordingAction.PAUSE)
    stage.clock.advance(15 * 60)
    await stage.until_microphone(MicrophoneState.OFF)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_microphone_closes_after_four_hours_and_says_why(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    recording = stage.session.listening.recording
    assert recording is not None
    assert recording.turn is not None
    passed = int(MAX_RECORDING_SECONDS * SAMPLE_RATE) - len(MID_SENTENCE) - 100
    recording.heard_samples += passed
    recording.tape.length += passed
    recording.turn.start_sample += passed
    await microphone.hear(REST[:8000])
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason == TOTAL_LIMIT_REASON
    await stage.until_note(NoteStatus.GHOST)
    with pytest.raises(Conflict, match="over"):
        await microphone.silence(1)


async def test_stopping_without_a_word_makes_no_note(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(1)
    await microphone.stop()
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason is None
    assert stage.transcriber.heard == []
    assert await stage.chunks() == []


async def test_stopping_before_any_audio_makes_no_note(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.stop()
    await stage.until_microphone(MicrophoneState.OFF)
    assert [turn.state for turn in await stage.turns()] == [TurnState.IDLE]


async def test_stopping_in_mid_sentence_makes_the_note_of_what_was_said(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await microphone.stop()
    await stage.until_note(NoteStatus.GHOST)
    (heard,) = stage.transcriber.heard
    assert (heard[-8000:] == MID_SENTENCE[-8000:]).all()


async def test_a_minute_without_a_word_closes_the_microphone_and_says_why(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.silence(58.5)
    await stage.quiet()
    assert stage.session.microphone is MicrophoneState.OPEN
    await microphone.silence(1.5)
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason == SILENCE_REASON
    assert stage.session.view.message == SILENCE_REASON
    assert await stage.chunks() == []


async def test_a_remark_ends_after_sixty_seconds_of_audio_and_the_next_begins(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await microphone.hear(speech(70), chunk_samples=24_000)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.stop()
    await stage.until_note(NoteStatus.GHOST)
    lengths = [len(heard) / SAMPLE_RATE for heard in stage.transcriber.heard]
    assert lengths[0] == pytest.approx(60, abs=2)
    assert sum(lengths) == pytest.approx(70, abs=1)


async def test_long_thought_before_long_speech_is_no_lost_sound(stage: Stage) -> None:
    microphone = await stage.press()
    for _ in range(50):
        stage.clock.advance(1)
        await microphone.silence(1)
    for offset in range(0, 40, 1):
        stage.clock.advance(1)
        await microphone.hear(speech(40)[offset * SAMPLE_RATE : (offset + 1) * SAMPLE_RATE], chunk_samples=SAMPLE_RATE)
    await stage.quiet()
    assert stage.session.microphone is MicrophoneState.OPEN
    await microphone.stop()
    await stage.until(AsrFinal)
    assert len(stage.transcriber.heard[0]) >= 39 * SAMPLE_RATE


async def test_sound_that_stops_coming_ends_the_recording(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    stage.clock.advance(75)
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason == "No more sound came, so the microphone was switched off."
    await stage.until_note(NoteStatus.GHOST)


async def test_a_lost_device_keeps_what_was_said(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await microphone.steer(RecordingAction.DEVICE_LOST)
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert off.reason == DEVICE_LOST_REASON
    await stage.until_note(NoteStatus.GHOST)


async def test_a_lost_device_with_chunks_missing_keeps_those_that_came(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    microphone.take(np.zeros(8000, np.int16))
    await microphone.hear(REST[:8000])
    await microphone.steer(RecordingAction.DEVICE_LOST)
    await stage.until_note(NoteStatus.GHOST)
    (heard,) = stage.transcriber.heard
    assert (heard[-7000:] == REST[1000:8000]).all()


async def test_cancelling_the_recording_drops_what_was_said(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await microphone.hear(MID_SENTENCE)
    await stage.until_speech("began")
    await microphone.steer(RecordingAction.CANCEL)
    assert stage.session.microphone is MicrophoneState.OFF
    assert stage.transcriber.heard == []
    assert await stage.chunks() == []


async def test_a_second_recording_takes_over_and_the_first_is_kept(stage: Stage) -> None:
    first = await stage.press()
    await first.hear(MID_SENTENCE)
    await stage.until_speech("began")
    second = await stage.press()
    off = await stage.until_microphone(MicrophoneState.OFF)
    assert (off.recording_id, off.reason) == (first.id, "Another microphone took over.")
    with pytest.raises(Conflict):
        await first.silence(1)
    assert (await first.open()).closed
    assert stage.session.view.recording_id == second.id
    await stage.until_note(NoteStatus.GHOST)


async def test_a_client_that_was_away_learns_that_its_one_note_is_made(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await stage.session.control_turn(TurnAction.CONFIRM)
    await stage.until_microphone(MicrophoneState.OFF)
    sent = await stage.chunks()
    opened = await microphone.open()
    assert (opened.closed, opened.done) == (True, True)
    assert sent == [], "the audio is not kept"
    assert opened.next_seq == microphone.seq > 0, "what came need not come again"


async def test_a_client_that_was_away_may_go_on_where_no_note_was_made(stage: Stage) -> None:
    first = await stage.press()
    await stage.press()
    opened = await first.open()
    assert (opened.closed, opened.done) == (True, False)


async def test_steering_a_recording_that_is_over_changes_nothing(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.stop()
    before = len(await stage.events())
    await microphone.stop()
    await microphone.steer(RecordingAction.CANCEL)
    assert len(await stage.events()) == before


async def test_chunks_out_of_order_and_twice_make_the_same_note(stage: Stage) -> None:
    microphone = await stage.press()
    pcm = np.concatenate((voice(MUSIC), np.zeros(16000, np.int16)))
    chunks = [microphone.take(pcm[offset : offset + 4000]) for offset in range(0, len(pcm), 4000)]
    for one, other in zip(chunks[::2], chunks[1::2], strict=False):
        for chunk in (other, one, other):
            await microphone.send(chunk)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.start_seconds == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.25)
    (heard,) = stage.transcriber.heard
    assert pcm[8000:24000].tobytes() in heard.tobytes()


class Gaps:
    """What a client was asked to send again."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, first: int, last: int) -> None:
        self.asked.append((first, last))


async def interrupted(stage: Stage) -> tuple[Microphone, Gaps, list[Pcm]]:
    """Speak with two chunks missing; give what is missing."""
    microphone = await stage.press()
    gaps = Gaps()
    await microphone.open(gaps)
    await microphone.hear(MID_SENTENCE)
    lost = [REST[:1600], REST[1600:3200]]
    return microphone, gaps, lost


async def test_missing_chunks_are_asked_for_once_and_taken_when_they_come(stage: Stage) -> None:
    microphone, gaps, lost = await interrupted(stage)
    missing = [microphone.take(piece) for piece in lost]
    await microphone.hear(REST[3200:], chunk_samples=1600)
    await stage.quiet()
    assert gaps.asked == [(3, 4)]
    for chunk in missing:
        await microphone.send(chunk)
    await microphone.silence(1)
    await stage.until(AsrFinal)
    (heard,) = stage.transcriber.heard
    assert voice(MUSIC)[8000:30000].tobytes() in heard.tobytes()
    stage.clock.advance(10)
    await stage.quiet()


async def test_missing_chunks_are_given_up_after_five_seconds(stage: Stage) -> None:
    microphone, _, lost = await interrupted(stage)
    for piece in lost:
        microphone.take(piece)
    await microphone.hear(REST[3200:])
    await microphone.silence(1)
    await stage.quiet()
    assert stage.transcriber.heard == []
    stage.clock.advance(5)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_missing_end_is_given_up_after_five_seconds(stage: Stage) -> None:
    microphone, gaps, _ = await interrupted(stage)
    await microphone.steer(RecordingAction.STOP, microphone.seq + 2)
    assert gaps.asked == [(3, 4)]
    assert stage.session.microphone is MicrophoneState.OPEN
    stage.clock.advance(5)
    await stage.until_microphone(MicrophoneState.OFF)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_hole_before_the_end_is_given_up_too(stage: Stage) -> None:
    microphone, gaps, lost = await interrupted(stage)
    microphone.take(lost[0])
    await microphone.send(microphone.take(lost[1]))
    await microphone.stop()
    assert gaps.asked == [(3, 3)]
    stage.clock.advance(5)
    await stage.until_microphone(MicrophoneState.OFF)
    await stage.until_note(NoteStatus.GHOST)


async def test_a_client_that_comes_back_is_told_where_to_go_on(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.hear(MID_SENTENCE)
    await stage.quiet()
    opened = await microphone.open()
    assert (opened.next_seq, opened.closed) == (3, False)


async def test_speech_is_placed_on_the_video(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(LOGO)
    began = await stage.until_speech("began")
    ended = await stage.until(SpeechHeard)
    assert began.position_seconds == pytest.approx(POSITION + ONSET_SECONDS, abs=0.25)
    assert ended.position_seconds == pytest.approx(POSITION + 1.867, abs=0.25)


async def test_an_open_microphone_keeps_in_memory_only_what_a_turn_may_still_need(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await microphone.silence(120)
    await stage.quiet()
    recording = stage.session.listening.recording
    assert recording is not None
    tape = recording.tape
    assert len(tape.cut(0, tape.length)) < 40 * SAMPLE_RATE < tape.length
