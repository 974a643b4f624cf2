"""How long a silence ends a remark: the words that were said so far decide."""

import numpy as np

from lossy.db.models import RecordingMode
from lossy.events import NoteStatus, SpeechHeard
from lossy.inference.speech import SAMPLE_RATE, Pcm
from tests.agent.stage import LOGO, MUSIC, Stage, voice


def quiet(seconds: float) -> Pcm:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def beginning(file: str) -> Pcm:
    """Give an utterance up to the middle of its words."""
    return voice(file)[: round(1.4 * SAMPLE_RATE)]


async def test_a_remark_that_hangs_goes_on_after_a_long_pause(stage: Stage) -> None:
    early = stage.transcriber.hold("The music is")
    stage.transcriber.otherwise = "The music is too loud."
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    await microphone.hear(beginning(MUSIC))
    await microphone.hear(quiet(0.4))
    await early.was_asked()
    early.go.set()
    await stage.quiet()
    await microphone.hear(quiet(0.4))
    await microphone.hear(voice(MUSIC)[round(1.4 * SAMPLE_RATE) :])
    await microphone.silence(1)
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.raw_transcript == "The music is too loud."
    assert len(await began(stage)) == 1


async def test_a_whole_remark_does_not_wait_for_the_usual_silence(stage: Stage) -> None:
    whole = stage.transcriber.hold("The logo is too small.")
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    end = round(2.3 * SAMPLE_RATE)
    await microphone.hear(np.concatenate((voice(LOGO)[:end], quiet(0.45))))
    await whole.was_asked()
    assert not [event for event in await stage.events() if isinstance(event, SpeechHeard) and event.edge == "ended"]
    whole.go.set()
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert ghost.note.text == "The logo is too small"


async def began(stage: Stage) -> list[SpeechHeard]:
    return [event for event in await stage.events() if isinstance(event, SpeechHeard) and event.edge == "began"]
