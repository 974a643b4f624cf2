"""What a review leaves in the figures and in the log: how long it took, and nothing that was said."""

import logging

import pytest

from lossy import telemetry
from lossy.db.models import RecordingMode
from lossy.events import AsrPartial, NoteStatus
from lossy.inference.speech import RecognitionFailed
from lossy.protocol import TurnAction
from tests.agent.stage import LOGO, MUSIC, Stage
from tests.figures import figure

CANARY = "zyzzyva"


def counted(name: str, **labels: str) -> float:
    return figure(telemetry.as_text().decode(), name, **labels)


async def test_a_remark_is_counted_with_how_long_it_took(stage: Stage) -> None:
    ghosts, partials = counted("lossy_ghost_note_seconds_count"), counted("lossy_partial_lag_seconds_count")
    heard = counted("lossy_transcription_seconds_count", engine="fake")
    seconds = counted("lossy_transcription_seconds_sum", engine="fake")
    firmed = counted("lossy_notes_total", status="firmed")
    stage.transcriber.partials.extend(["the music", "the music is"])
    microphone = await stage.press()
    await microphone.say(MUSIC, silence_seconds=1.0)
    await stage.until(AsrPartial)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    assert counted("lossy_ghost_note_seconds_count") == ghosts + 1
    assert counted("lossy_partial_lag_seconds_count") > partials
    assert counted("lossy_transcription_seconds_count", engine="fake") == heard + 1
    assert counted("lossy_notes_total", status="firmed") == firmed + 1
    took = counted("lossy_transcription_seconds_sum", engine="fake") - seconds
    assert 0.2 < took < 1.5, "the silence that ended it counts"


async def test_the_log_tells_nothing_that_was_said(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stage.transcriber.answers.extend(
        [RecognitionFailed("It broke."), f"The {CANARY} is too loud.", f"Delete the {CANARY} at once."]
    )
    stage.transcriber.partials.append(f"the {CANARY}")
    microphone = await stage.press(RecordingMode.HANDS_FREE)
    await microphone.say(MUSIC)
    await stage.until(AsrPartial)
    await stage.quiet()
    stage.clock.advance(1)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.say(LOGO)
    await stage.until_note(NoteStatus.GHOST)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until_note(NoteStatus.CANCELLED)
    await stage.crash()
    assert "Took up session" in caplog.text
    assert CANARY not in caplog.text
