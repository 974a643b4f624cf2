"""The reaction lag: learnt from corrections, robust, within bounds; and what it does to the time of notes."""

import random

import pytest

from lossy.agent.reaction import DEFAULT_LAG_SECONDS, MAX_LAG_SECONDS, learnt_lag
from lossy.db import notes
from lossy.events import NoteStatus
from tests.agent.stage import MUSIC, ONSET_SECONDS, POSITION, Stage


def test_nobody_corrected_anything_yet() -> None:
    assert learnt_lag([]) == DEFAULT_LAG_SECONDS


@pytest.mark.parametrize("lag", [0.2, 0.9, 1.4])
@pytest.mark.parametrize("seed", range(20))
def test_ten_corrections_are_enough_though_hands_are_not_steady(lag: float, seed: int) -> None:
    chance = random.Random(seed)
    corrections = [lag + chance.gauss(0, 0.15) for _ in range(8)] + [lag + 9, lag - 4]
    chance.shuffle(corrections)
    assert learnt_lag(corrections) == pytest.approx(lag, abs=0.15)


def test_one_note_that_was_moved_changes_little() -> None:
    assert learnt_lag([1.9]) == DEFAULT_LAG_SECONDS
    assert learnt_lag([40.0, -12.0, 9.0]) == DEFAULT_LAG_SECONDS


def test_a_lag_stays_within_what_a_person_can_be() -> None:
    assert learnt_lag([3.0] * 9) == MAX_LAG_SECONDS
    assert learnt_lag([-0.9] * 9) == 0.0


async def note_of_a_press(stage: Stage, *, playing: bool = True) -> str:
    microphone = await stage.press(playing=playing)
    await microphone.say(MUSIC)
    ghost = await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    return ghost.note.id


async def correct(stage: Stage, note_id: str, seconds: float) -> None:
    async with stage.database.write() as db:
        await notes.edit_note(db, stage.person.user_id, note_id, {"start_seconds": seconds})


async def test_notes_come_where_the_reviewer_keeps_moving_them(stage: Stage) -> None:
    truth = POSITION + ONSET_SECONDS - 1.2
    for _ in range(3):
        await correct(stage, await note_of_a_press(stage), truth)
    await note_of_a_press(stage)
    (last,) = [note for note in await stage.notes(NoteStatus.FIRMED) if note.version == 2]
    assert last.start_seconds == pytest.approx(truth, abs=0.1)
    assert stage.session.lag_seconds == pytest.approx(1.2, abs=0.1)


async def test_where_the_video_stood_still_there_is_nothing_to_learn(stage: Stage) -> None:
    for _ in range(3):
        await correct(stage, await note_of_a_press(stage, playing=False), 3.0)
    await note_of_a_press(stage)
    assert stage.session.lag_seconds == DEFAULT_LAG_SECONDS
