"""The final decode begins before the end of an utterance is certain, and is thrown away if speech goes on."""

import numpy as np

from lossy.db import users
from lossy.db.models import RecordingMode
from lossy.events import AsrFinal, NoteStatus, SpeechHeard
from lossy.inference.speech import SAMPLE_RATE, EngineChoice
from tests.agent.stage import LOGO, MUSIC, Stage, voice


async def test_the_words_are_there_when_the_end_is_certain(stage: Stage) -> None:
    held = stage.transcriber.hold("The music is too loud.")
    microphone = await stage.press()
    await microphone.hear(
        np.concatenate((voice(MUSIC), np.zeros(SAMPLE_RATE // 10, np.int16)))[: int(2.4 * SAMPLE_RATE)]
    )
    await held.was_asked()
    held.go.set()
    await microphone.silence(1)
    await stage.until_speech("ended")
    assert (await stage.until(AsrFinal)).text == "The music is too loud."
    assert len(stage.transcriber.heard) == 1, "decoded once"


async def test_speech_that_goes_on_throws_an_early_decode_away(stage: Stage) -> None:
    early = stage.transcriber.hold("The music.")
    stage.transcriber.answers.append("The music is too loud and the logo is too small.")
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    end = int(2.2 * SAMPLE_RATE)
    await microphone.hear(np.concatenate((voice(MUSIC)[:end], np.zeros(int(0.3 * SAMPLE_RATE), np.int16))))
    await early.was_asked()
    await microphone.hear(np.concatenate((voice(LOGO)[SAMPLE_RATE // 2 :], np.zeros(SAMPLE_RATE, np.int16))))
    ghost = await stage.until_note(NoteStatus.GHOST)
    assert early.was_cancelled
    assert ghost.note.raw_transcript == "The music is too loud and the logo is too small."
    began = [event for event in await stage.events() if isinstance(event, SpeechHeard) and event.edge == "began"]
    assert len(began) == 1, "one utterance"


async def test_whoever_pays_for_recognition_pays_for_no_early_decode(stage: Stage) -> None:
    async with stage.database.write() as db:
        await users.change_settings(db, stage.person.user_id, {"engine": "cloud"})
    microphone = await stage.press()
    await microphone.say(MUSIC)
    await stage.until(AsrFinal)
    assert stage.transcriber.choices == [EngineChoice.CLOUD]
