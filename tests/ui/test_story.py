"""Events in, the story in words out."""

from datetime import UTC, datetime, timedelta

from lossy.events import (
    AsrFinal,
    AsrPartial,
    Event,
    MicrophoneChanged,
    MicrophoneState,
    NoteChanged,
    NoteStatus,
    SpeechHeard,
    TurnFailed,
    VideoChanged,
)
from lossy.ui.story import Entry, Storyteller
from tests.ui.test_hearing import note as a_note

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WHOSE = {"user_id": "ann", "session_id": "session1", "video_id": "video1"}


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def told(*events: Event) -> list[Entry]:
    teller = Storyteller()
    lines: dict[str, Entry] = {}
    for event in events:
        if entry := teller.tell(event):
            lines[entry.key] = entry
    return list(lines.values())


def a_story() -> list[Event]:
    heard = {"turn_id": "turn1", **WHOSE}
    note = a_note("note1", turn_id="turn1", start_seconds=83.5, status=NoteStatus.GHOST)
    return [
        MicrophoneChanged(state=MicrophoneState.OPEN, at=after(-1), **WHOSE),
        SpeechHeard(edge="began", position_seconds=84.1, at=BEGAN, **heard),
        AsrPartial(stable="the music", unstable="is", at=after(0.4), **heard),
        AsrFinal(
            text="the music is too loud",
            confidence=0.9,
            engine="whisper",
            model="demo",
            decode_seconds=0.15,
            at=after(2.3),
            **heard,
        ),
        NoteChanged(note=note, at=after(2.4), **WHOSE),
        NoteChanged(note=note.model_copy(update={"status": NoteStatus.FIRMED}), at=after(5.4), **WHOSE),
    ]


def test_a_note_is_told_from_the_first_word_to_where_it_was_saved() -> None:
    assert [(entry.when, entry.text, entry.kind) for entry in told(*a_story())] == [
        ("", "The microphone is open", "quiet"),
        ("01:24.1", "Heard you begin", "voice"),
        ("+2.3", "“the music is too loud”", "voice"),
        ("+2.4", "Understood: a note about ", "agent"),
        ("+5.4", "Saved at 01:23.5", "done"),
    ]


def test_words_stand_there_while_they_are_spoken() -> None:
    assert told(*a_story()[:3])[-1].text == "“the music is…”"


def test_an_event_told_twice_is_one_line() -> None:
    assert told(*a_story(), *a_story()) == told(*a_story())


def test_a_failure_is_told_in_the_users_words_and_what_is_no_story_is_left_out() -> None:
    failed = TurnFailed(turn_id="turn1", code="stt", message="The speech could not be recognised.", **WHOSE)
    assert [entry.text for entry in told(failed, VideoChanged(**WHOSE))] == ["The speech could not be recognised."]
