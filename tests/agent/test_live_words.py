"""Words are shown while they are spoken, and cost the finals nothing."""

from itertools import pairwise

import numpy as np

from lossy.agent.live_words import MAX_WINDOW_SECONDS, LiveTranscript, quietest
from lossy.agent.turn import LiveTurn
from lossy.db.models import RecordingMode
from lossy.events import AsrFinal, AsrPartial, TurnState
from lossy.inference.speech import SAMPLE_RATE
from tests.agent.stage import LOGO, MUSIC, Stage, voice


async def test_words_come_while_they_are_spoken_and_the_final_ones_replace_them(stage: Stage) -> None:
    stage.transcriber.partials.extend(["the music", "the music is too"])
    stage.transcriber.answers.append("The music is too loud.")
    microphone = await stage.press()
    speech = voice(MUSIC)
    await microphone.hear(speech[:SAMPLE_RATE])
    first = await stage.until(AsrPartial)
    await microphone.hear(speech[SAMPLE_RATE : 2 * SAMPLE_RATE])
    second = await stage.until(AsrPartial)
    await microphone.hear(speech[2 * SAMPLE_RATE :])
    await microphone.silence(1)
    assert (first.stable, first.unstable) == ("", "the music")
    assert (second.stable, second.unstable) == ("the music", "is too")
    assert (await stage.until(AsrFinal)).text == "The music is too loud."


async def test_partial_words_are_not_stored(stage: Stage) -> None:
    stage.transcriber.partials.extend(["the music", "the music is"])
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until(AsrFinal)
    assert [event for event in await stage.events() if isinstance(event, AsrPartial)] == []


async def test_each_remark_begins_with_no_words(stage: Stage) -> None:
    stage.transcriber.partials.extend(["the music is"])
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    await microphone.say(MUSIC)
    await stage.until(AsrFinal)
    stage.transcriber.partials.extend(["the logo is"])
    await microphone.hear(voice(LOGO)[: 3 * SAMPLE_RATE // 2])
    told = await stage.until(AsrPartial, lambda event: "logo" in event.unstable)
    assert (told.stable, told.unstable) == ("", "the logo is")


async def test_a_decode_hears_all_that_was_said_and_no_two_run_at_once(stage: Stage) -> None:
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until(AsrFinal)
    lengths = [len(pcm) for pcm in stage.transcriber.sketched]
    assert lengths == sorted(lengths)
    assert all(after - before >= SAMPLE_RATE // 4 for before, after in pairwise(lengths))


async def test_a_long_utterance_is_decoded_in_windows_and_keeps_its_words(stage: Stage) -> None:
    turn = LiveTurn("turn", "recording", 0, TurnState.LISTENING, onset_sample=0)
    live = LiveTranscript(stage.session, turn)
    pcm = np.full(int((MAX_WINDOW_SECONDS + 10) * SAMPLE_RATE), 1000, np.int16)
    stage.transcriber.partials.extend(["the first half", "and the second"])
    for seconds in (MAX_WINDOW_SECONDS, MAX_WINDOW_SECONDS + 10):
        decoding = live.hear(pcm[: int(seconds * SAMPLE_RATE)], 0)
        assert decoding is not None
        await decoding
    first, second = stage.transcriber.sketched
    assert (len(first), len(second) < 13 * SAMPLE_RATE) == (int(MAX_WINDOW_SECONDS * SAMPLE_RATE), True)
    told = await stage.until(AsrPartial, lambda event: "second" in event.unstable)
    assert (told.stable, told.unstable) == ("the first half", "and the second")


def test_the_window_is_cut_where_it_is_quiet() -> None:
    pcm = np.full(5 * SAMPLE_RATE, 1000, np.int16)
    pcm[4 * SAMPLE_RATE : 4 * SAMPLE_RATE + 3200] = 0
    assert abs(quietest(pcm) - (4 * SAMPLE_RATE + 1600)) <= 1600
