"""A note that is kept is posted by itself only where its author wants that, and only a sure one."""

from typing import Any

import pytest

from lossy.agent.auto_post import threshold
from lossy.db import users
from lossy.db.jobs import list_jobs
from lossy.events import JobState, NoteStatus, ToolStart, TurnState
from lossy.protocol import TurnAction
from tests.agent.stage import MUSIC, SCRATCH, Stage

ON = {"auto_post": True, "auto_post_above": 0.1}


async def choose(stage: Stage, choices: dict[str, Any]) -> None:
    async with stage.database.write() as db:
        await users.change_settings(db, stage.person.user_id, choices)


async def offer(stage: Stage) -> None:
    """Say a remark, up to its ghost."""
    microphone = await stage.press()
    stage.transcriber.answers.append("The music is too loud.")
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)


async def posting_jobs(stage: Stage) -> int:
    async with stage.database.read() as db:
        return len(await list_jobs(db, JobState.READY))


async def test_a_note_that_nobody_scratches_is_posted(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    await offer(stage)
    assert await posting_jobs(stage) == 0
    stage.clock.advance(3)
    posted = await stage.until_note(NoteStatus.PENDING_POST)
    await stage.until(ToolStart, lambda event: event.tool == "post" and event.note_id == posted.note.id)
    await stage.until_turn(TurnState.IDLE)
    assert await posting_jobs(stage) == 1
    states = [event.state for event in stage.told if event.type == "turn_changed"]
    assert states[-3:] == [TurnState.CONFIRMING, TurnState.EXECUTING_TOOL, TurnState.IDLE]


async def test_a_note_that_is_kept_with_a_key_is_posted_at_once(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    await offer(stage)
    await stage.session.control_turn(TurnAction.CONFIRM)
    await stage.until_note(NoteStatus.PENDING_POST)


async def test_a_note_that_is_scratched_in_time_is_not_posted(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    await offer(stage)
    await stage.session.control_turn(TurnAction.CANCEL)
    await stage.until_note(NoteStatus.CANCELLED)
    stage.clock.advance(10)
    await stage.quiet()
    assert await posting_jobs(stage) == 0


@pytest.mark.parametrize(
    "choices",
    [{}, {"auto_post": False}, {"auto_post": "yes"}, {**ON, "auto_post_above": 1.0}],
    ids=["unchosen", "off", "rubbish", "not sure enough"],
)
async def test_without_that_wish_or_sureness_a_note_is_only_kept(stage: Stage, choices: dict[str, Any]) -> None:
    await stage.put_online()
    await choose(stage, choices)
    await offer(stage)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.quiet()
    assert await posting_jobs(stage) == 0


@pytest.mark.parametrize("above", [True, "0.9", None, 7, -1])
def test_a_sureness_that_is_none_is_the_usual_one(above: object) -> None:
    assert threshold({"auto_post_above": above}) == 0.7


async def test_a_video_that_is_nowhere_has_its_notes_only_kept(stage: Stage) -> None:
    await choose(stage, ON)
    await offer(stage)
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.quiet()
    assert [note.error for note in await stage.notes()] == [None]


async def test_it_can_be_switched_off_until_the_last_moment(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    await offer(stage)
    await choose(stage, {"auto_post": False})
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.FIRMED)
    await stage.quiet()
    assert await posting_jobs(stage) == 0


async def test_a_process_that_dies_in_between_posts_it_once_all_the_same(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    await offer(stage)
    await stage.crash()
    stage.clock.advance(3)
    await stage.until_note(NoteStatus.PENDING_POST)
    await stage.crash()
    assert await posting_jobs(stage) == 1


async def test_post_that_within_the_three_seconds_posts_it_once(stage: Stage) -> None:
    await stage.put_online()
    await choose(stage, ON)
    microphone = await stage.press()
    stage.transcriber.answers += ["The music is too loud.", "post that"]
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    await microphone.say(SCRATCH)
    await stage.until_note(NoteStatus.PENDING_POST)
    await stage.quiet()
    assert await posting_jobs(stage) == 1
