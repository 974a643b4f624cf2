"""A batch of events becomes few changes."""

from datetime import UTC, datetime

from lossy.bus import Missed
from lossy.events import (
    AsrFinal,
    AsrPartial,
    Category,
    Note,
    NoteChanged,
    NoteRemoved,
    NoteStatus,
    ToolResult,
    Topic,
    TurnChanged,
    TurnState,
)
from lossy.ui.hearing import Hearing

MINE = {"user_id": "ann", "session_id": "mine", "video_id": "film"}
OTHER = {"user_id": "ann", "session_id": "other", "video_id": "other"}


def note(note_id: str, version: int = 1, **changes: object) -> Note:
    now = datetime.now(UTC)
    values = {
        "id": note_id,
        "video_id": "film",
        "session_id": "mine",
        "turn_id": "turn",
        "author_id": "ann",
        "text": "Too loud",
        "raw_transcript": "",
        "start_seconds": 1.0,
        "end_seconds": None,
        "category": Category.AUDIO,
        "confidence": 0.9,
        "status": NoteStatus.GHOST,
        "thumbnail_url": None,
        "permalink": None,
        "error": None,
        "engine": "",
        "created_at": now,
        "updated_at": now,
        "version": version,
    }
    return Note.model_validate(values | changes)


def turn(turn_id: str, state: TurnState, seconds: float | None = None) -> TurnChanged:
    return TurnChanged(**MINE, turn_id=turn_id, state=state, deadline_seconds=seconds)


def test_a_note_told_twice_in_a_batch_is_put_once_as_it_is_last() -> None:
    heard = Hearing("mine", "film").take(
        [NoteChanged(**MINE, note=note("n")), NoteChanged(**MINE, note=note("n", 2, status=NoteStatus.FIRMED))]
    )

    [(op, body)] = heard.ops
    assert (op, body["version"], body["status"]) == ("put", 2, "firmed")


def test_a_note_that_comes_and_goes_in_a_batch_is_dropped() -> None:
    heard = Hearing("mine", "film").take([NoteChanged(**MINE, note=note("n")), NoteRemoved(**MINE, note_id="n")])

    assert heard.ops == [("drop", "n")]


def test_other_sessions_are_left_out() -> None:
    heard = Hearing("mine", "film").take(
        [AsrPartial(**OTHER, turn_id="t", stable="not", unstable="here"), NoteChanged(**OTHER, note=note("n"))]
    )

    assert (heard.ops, heard.talk) == ([], {})


def test_final_words_replace_live_ones() -> None:
    hearing = Hearing("mine", "film")
    live = hearing.take([AsrPartial(**MINE, turn_id="t", stable="too", unstable="lou", topic=Topic.AUDIO)]).talk
    final = AsrFinal(
        **MINE, turn_id="t", text="too loud", confidence=1.0, engine="native", model="demo", decode_seconds=0.1
    )

    assert live == {"stable": "too", "unstable": "lou", "topic": "audio"}
    assert hearing.take([final]).talk == {"stable": "", "unstable": "", "words": "too loud"}


def test_the_talk_shows_the_newest_turn_that_is_not_over() -> None:
    hearing = Hearing("mine", "film")
    hearing.take([turn("old", TurnState.CONFIRMING, 3.0), turn("new", TurnState.LISTENING)])
    after = hearing.take([turn("new", TurnState.IDLE)]).talk

    assert (after["turn"], after["turn_id"]) == ("confirming", "old")
    assert hearing.take([turn("old", TurnState.IDLE)]).talk["turn"] == "idle"


def test_the_deadline_of_a_turn_reaches_its_card() -> None:
    heard = Hearing("mine", "film").take([turn("t", TurnState.CONFIRMING, 2.5)])

    assert heard.ops == [("turn", {"turn_id": "t", "state": "confirming", "deadline_seconds": 2.5})]


def test_an_order_that_could_not_be_carried_out_says_why() -> None:
    refused = ToolResult(**MINE, turn_id="turn", tool="undo", succeeded=False, message="There is nothing to undo.")
    assert Hearing("mine", "film").take([refused]).talk == {"message": "There is nothing to undo."}


def test_missed_events_ask_for_a_reload() -> None:
    assert Hearing("mine", "film").take([Missed(3)]).reload
