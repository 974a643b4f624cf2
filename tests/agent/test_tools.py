"""What the reviewer orders by voice is carried out, once, and said when it can't be."""

import pytest

from lossy.db import notes
from lossy.db.models import RecordingMode
from lossy.events import MicrophoneState, NoteStatus, PlayerSteered, ToolResult
from tests.agent.stage import LAG_SECONDS, LOGO, MUSIC, ONSET_SECONDS, POSITION, SCRATCH, Microphone, Stage

HANDS_FREE = RecordingMode.HANDS_FREE


async def say(stage: Stage, microphone: Microphone, order: str) -> ToolResult:
    """Say an order, and give what became of it."""
    stage.transcriber.answers.append(order)
    await microphone.say(SCRATCH)
    return await stage.until(ToolResult)


async def keep(stage: Stage, microphone: Microphone, remark: str) -> str:
    """Say a remark and keep its note; give the note's id."""
    stage.transcriber.answers.append(remark)
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    stage.clock.advance(3)
    return (await stage.until_note(NoteStatus.FIRMED)).note.id


@pytest.mark.parametrize(
    ("order", "action", "position"),
    [("go to two minutes ten", "seek", 130), ("pause", "pause", None), ("resume the video", "play", None)],
)
async def test_an_order_for_the_player_goes_to_the_player_of_whoever_spoke(
    stage: Stage, order: str, action: str, position: float | None
) -> None:
    microphone = await stage.press(HANDS_FREE)
    stage.transcriber.answers.append(order)
    await microphone.say(SCRATCH)
    steered = await stage.until(PlayerSteered)
    assert (steered.action, steered.position) == (action, position)
    (recording,) = await stage.recordings()
    assert steered.player == recording.player
    assert (await stage.until(ToolResult)).succeeded
    assert await stage.notes() == []


async def test_stop_listening_switches_the_microphone_off(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    assert (await say(stage, microphone, "stop listening")).succeeded
    await stage.until_microphone(MicrophoneState.OFF)


async def test_undo_cancels_what_is_still_a_ghost(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    stage.transcriber.answers.append("The music is too loud.")
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    stage.transcriber.answers.append("undo")
    await microphone.say(SCRATCH)
    await stage.until_note(NoteStatus.CANCELLED)


async def test_undo_goes_back_as_far_as_the_history_does(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    me = stage.person.user_id
    note_id = await keep(stage, microphone, "The music is too loud.")
    async with stage.database.write() as db:
        await notes.edit_note(db, me, note_id, {"text": "The drums are too loud"})
    async with stage.database.write() as db:
        await notes.delete_note(db, me, note_id)

    after = []
    for _ in range(3):
        assert (await say(stage, microphone, "undo")).succeeded
        (note,) = await stage.notes()
        after.append((note.text, note.status, note.deleted_at is None))
    assert after == [
        ("The drums are too loud", NoteStatus.FIRMED, True),
        ("The music is too loud", NoteStatus.FIRMED, True),
        ("The music is too loud", NoteStatus.CANCELLED, True),
    ]
    nothing = await say(stage, microphone, "undo")
    assert (nothing.succeeded, nothing.message) == (False, "There is nothing to undo.")


async def test_the_same_as_last_is_a_note_of_its_own_at_its_own_time(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    first = await keep(stage, microphone, "The music is too loud.")
    stage.transcriber.answers.append("same as last")
    await microphone.say(LOGO)
    again = await stage.until_note(NoteStatus.GHOST)
    assert again.note.id != first
    assert (again.note.text, again.note.raw_transcript) == ("The music is too loud", "same as last")
    (before,) = [note for note in await stage.notes() if note.id == first]
    assert (again.note.category, again.note.start_seconds > before.start_seconds) == (before.category, True)


async def test_the_same_as_last_with_nothing_before_keeps_the_words(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    stage.transcriber.answers.append("same as last")
    await microphone.say(MUSIC)
    assert (await stage.until_note(NoteStatus.GHOST)).note.text == "Same as last"


async def test_a_remark_between_from_here_and_to_here_is_about_the_range(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await say(stage, microphone, "from here")
    note_id = await keep(stage, microphone, "The music is too loud.")
    assert (await say(stage, microphone, "to here")).succeeded
    (ranged,) = await stage.notes()
    begin, _, end = [turn.seen_seconds for turn in await stage.turns()]
    assert ranged.id == note_id
    assert [ranged.start_seconds, ranged.end_seconds] == pytest.approx([begin, end], abs=0.001)
    assert begin == pytest.approx(POSITION + ONSET_SECONDS - LAG_SECONDS, abs=0.25)


async def test_a_remark_after_from_here_and_to_here_is_about_the_range(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await say(stage, microphone, "from here")
    assert (await say(stage, microphone, "to here")).succeeded
    await keep(stage, microphone, "The music is too loud.")
    await keep(stage, microphone, "The logo is too small.")
    begin, end, *_ = [turn.seen_seconds for turn in await stage.turns()]
    ranged, plain = await stage.notes()
    assert [ranged.start_seconds, ranged.end_seconds] == pytest.approx([begin, end], abs=0.001)
    assert plain.end_seconds is None


async def test_to_here_without_from_here_says_so(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    result = await say(stage, microphone, "to here")
    assert (result.succeeded, result.message) == (False, "Say “from here” first, where the range begins.")


async def test_post_that_queues_the_newest_note_and_firms_it_first(stage: Stage) -> None:
    await stage.put_online()
    microphone = await stage.press(HANDS_FREE)
    await keep(stage, microphone, "The logo is too small.")
    stage.transcriber.answers.append("The music is too loud.")
    await microphone.say(MUSIC)
    await stage.until_note(NoteStatus.GHOST)
    assert (await say(stage, microphone, "post that")).succeeded
    assert [note.status for note in await stage.notes()] == [NoteStatus.FIRMED, NoteStatus.PENDING_POST]


async def test_post_all_queues_what_is_firm_and_says_if_nothing_is(stage: Stage) -> None:
    await stage.put_online()
    microphone = await stage.press(HANDS_FREE)
    result = await say(stage, microphone, "post all")
    assert (result.succeeded, result.message) == (False, "There is no note that waits to be posted.")
    await keep(stage, microphone, "The music is too loud.")
    await keep(stage, microphone, "The logo is too small.")
    assert (await say(stage, microphone, "post all")).succeeded
    assert [note.status for note in await stage.notes()] == [NoteStatus.PENDING_POST] * 2


async def test_post_that_of_a_video_that_is_nowhere_says_so_and_keeps_the_note(stage: Stage) -> None:
    microphone = await stage.press(HANDS_FREE)
    await keep(stage, microphone, "The music is too loud.")
    result = await say(stage, microphone, "post that")
    assert (result.succeeded, result.message) == (
        False,
        "This video is on no platform that comments could be posted to.",
    )
    assert [note.status for note in await stage.notes()] == [NoteStatus.FIRMED]
