"""A remark whose end was told too early: the rest of it joins its note. Remarks of their own stay so."""

from contextlib import suppress

import numpy as np
import pytest

from lossy.db import notes
from lossy.db.models import RecordingMode
from lossy.events import NoteChanged, NoteStatus, TurnState
from lossy.inference.clauses import goes_on, join_words
from lossy.inference.speech import SAMPLE_RATE
from tests.agent import test_dictation as dictation
from tests.agent.stage import LAG_SECONDS, LOGO, MUSIC, ONSET_SECONDS, POSITION, Microphone, Stage, voice
from tests.db.failing import DiskFull, failing_commits

FIRST = "The music is too loud."
HANDS_FREE = RecordingMode.HANDS_FREE


async def say_in_two(stage: Stage, microphone: Microphone, rest: str, pause_seconds: float = 0.45) -> NoteChanged:
    """Say a remark up to its note, and after a pause something else; give the ghost of the first."""
    stage.transcriber.answers.extend((FIRST, rest))
    await microphone.hear(voice(MUSIC)[: 2 * SAMPLE_RATE])
    await microphone.hear(np.zeros(round(pause_seconds * SAMPLE_RATE), np.int16))
    ghost = await stage.until_note(NoteStatus.GHOST)
    await microphone.hear(voice(LOGO)[SAMPLE_RATE // 2 :])
    await microphone.silence(1.2)
    return ghost


async def test_the_rest_of_a_sentence_joins_its_note(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    ghost = await say_in_two(stage, microphone, "In this part.")
    joined = await stage.until(NoteChanged, lambda event: event.note.version > 1)
    assert joined.note.id == ghost.note.id
    assert joined.note.text == "The music is too loud in this part"
    assert joined.note.raw_transcript == "The music is too loud in this part."
    stage.clock.advance(3)
    firm = await stage.until_note(NoteStatus.FIRMED)
    assert firm.note.start_seconds == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.15)
    (note,) = await stage.notes()
    assert note.text == joined.note.text
    first, rest = await stage.turns()
    assert first.end_sample == rest.end_sample, "heard again after a stop, it is the whole sentence"


async def test_a_remark_of_its_own_stays_one(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await say_in_two(stage, microphone, "The logo is too small.")
    await stage.until_note(NoteStatus.GHOST)
    assert [note.text for note in await stage.notes()] == ["The music is too loud", "The logo is too small"]


async def test_after_a_long_pause_nothing_is_joined(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await say_in_two(stage, microphone, "In this part.", pause_seconds=1.3)
    await stage.until_note(NoteStatus.GHOST)
    assert [note.text for note in await stage.notes()] == ["The music is too loud", "In this part"]


async def test_a_note_that_was_changed_meanwhile_takes_no_more_words(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    held = stage.transcriber
    held.answers.append(FIRST)
    await microphone.hear(voice(MUSIC)[: 2 * SAMPLE_RATE])
    await microphone.hear(np.zeros(round(0.45 * SAMPLE_RATE), np.int16))
    ghost = await stage.until_note(NoteStatus.GHOST)
    async with stage.database.write() as db:
        await notes.edit_note(db, stage.person.user_id, ghost.note.id, {"text": "Lower the music"})
    held.answers.append("In this part.")
    await microphone.hear(voice(LOGO)[SAMPLE_RATE // 2 :])
    await microphone.silence(1.2)
    await stage.until_note(NoteStatus.GHOST)  # the edit's
    await stage.until_note(NoteStatus.GHOST)
    assert sorted(note.text for note in await stage.notes()) == ["In this part", "Lower the music"]


async def test_killed_while_the_joined_note_is_written_it_is_written_afterwards(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    stage.transcriber.answers.append(FIRST)
    await microphone.hear(voice(MUSIC)[: 2 * SAMPLE_RATE])
    await microphone.hear(np.zeros(round(0.45 * SAMPLE_RATE), np.int16))
    await stage.until_note(NoteStatus.GHOST)
    writing = stage.structurer.hold()
    stage.transcriber.answers.append("In this part.")
    await microphone.hear(voice(LOGO)[SAMPLE_RATE // 2 :])
    await microphone.silence(1.2)
    await writing.was_asked()
    await stage.crash()
    await stage.until(NoteChanged, lambda event: event.note.version > 1)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    assert [note.text for note in await stage.notes()] == ["The music is too loud in this part"]
    assert {turn.state for turn in await stage.turns()} == {TurnState.IDLE}


async def test_undo_takes_back_the_note_and_not_its_second_half(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await say_in_two(stage, microphone, "In this part.")
    await stage.until(NoteChanged, lambda event: event.note.version > 1)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    async with stage.database.write() as db:
        undone = await notes.undo_last_change(db, stage.person.user_id, stage.person.video.id)
    assert undone is not None
    assert undone.status is NoteStatus.CANCELLED


@pytest.mark.parametrize(
    "text", ["In this part.", "And the logo is too small.", "too loud", "because of the wind", ","]
)
def test_the_rest_of_a_sentence_is_told_by_its_words(text: str) -> None:
    assert goes_on(text) is (text != ",")


@pytest.mark.parametrize("text", ["The logo is too small.", "That cut is too fast.", "Cut this scene.", "undo", ""])
def test_a_remark_of_its_own_is_told_by_its_words(text: str) -> None:
    assert not goes_on(text)


@pytest.mark.parametrize(
    ("first", "rest", "whole"),
    [
        ("The music is too loud.", "In this part.", "The music is too loud in this part."),
        ("I like it", "but I miss the HDR look", "I like it but I miss the HDR look"),
        ("It looks flat,", "HDR would help?", "It looks flat HDR would help?"),
        ("Too dark…", "I mean here.", "Too dark I mean here."),
    ],
)
def test_two_halves_make_a_sentence(first: str, rest: str, whole: str) -> None:
    assert join_words(first, rest) == whole


async def test_a_note_that_is_edited_while_the_rest_is_written_keeps_what_was_said(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    stage.transcriber.answers.append(FIRST)
    await microphone.hear(voice(MUSIC)[: 2 * SAMPLE_RATE])
    await microphone.hear(np.zeros(round(0.45 * SAMPLE_RATE), np.int16))
    ghost = await stage.until_note(NoteStatus.GHOST)
    writing = stage.structurer.hold()
    stage.transcriber.answers.append("In this part.")
    await microphone.hear(voice(LOGO)[SAMPLE_RATE // 2 :])
    await microphone.silence(1.2)
    await writing.was_asked()
    async with stage.database.write() as db:
        await notes.edit_note(db, stage.person.user_id, ghost.note.id, {"text": "Lower the music"})
    writing.go.set()
    await stage.until(NoteChanged, lambda event: event.note.raw_transcript.endswith("in this part."))
    (note,) = await stage.notes()
    assert (note.text, note.raw_transcript) == ("Lower the music", "The music is too loud in this part.")


@pytest.mark.parametrize("after", range(7))
async def test_whatever_could_not_be_written_no_words_of_a_rest_are_lost(stage: Stage, after: int) -> None:
    await dictation.open_microphone(stage)
    await dictation.tell(stage, FIRST)
    await stage.until_note(NoteStatus.GHOST)
    with failing_commits(stage.database, 1, after=after):
        with suppress(DiskFull):
            await dictation.tell(stage, "In this part.", at=3.7)
        await stage.quiet()
    await dictation.tell(stage, "In this part.", at=3.7)  # as a client does that heard no answer
    for _ in range(8):
        stage.clock.advance(31)
        await stage.quiet()
    said = " ".join(note.raw_transcript for note in await stage.notes())
    assert said.lower().count("in this part") == 1
