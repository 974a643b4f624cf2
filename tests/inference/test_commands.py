"""Commands by voice: each is the whole utterance, or it is a note."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossy.inference.commands import Command, Order, parse_command

NOTES = Path(__file__).parent / "ordinary_notes.txt"
ALONE: dict[Command, tuple[str, ...]] = {
    Command.CANCEL: (
        "scratch that",
        "cancel that",
        "never mind",
        "nevermind",
        "scratch it",
        "cancel it",
        "forget that",
    ),
    Command.UNDO: ("undo", "undo that", "undo the last one", "undo last change"),
    Command.POST: ("post that", "post it", "post this one", "publish that", "post the last note"),
    Command.POST_ALL: ("post all", "post all of them", "post everything", "post all the notes", "post them all"),
    Command.PAUSE: ("pause", "pause the video", "pause it"),
    Command.RESUME: ("resume", "resume the video", "play the video", "continue the video"),
    Command.STOP_LISTENING: ("stop listening", "stop recording", "turn off the microphone", "microphone off"),
    Command.GO_TO: (
        "go to two minutes ten",
        "go to ninety seconds",
        "go back to one oh five",
        "jump to 2:10",
        "go to the beginning",
        "skip to twelve minutes thirty seconds",
        "take me to minute two",
    ),
    Command.SAME_AS_LAST: ("same as last", "same as the last one", "same as before", "same again", "ditto"),
    Command.FROM_HERE: ("from here", "from here on"),
    Command.TO_HERE: ("to here", "up to here", "until here"),
}
POLITENESS = ("{}", "{}.", "Um, {}", "{} please", "Okay, {}!", "oh no, wait, {}", "{}, thanks")


@pytest.mark.parametrize("command", list(Command))
def test_every_command_is_recognised_alone_however_politely(command: Command) -> None:
    said = [frame.format(phrase) for frame, phrase in itertools.product(POLITENESS, ALONE[command])]
    missed = [each for each in said if (order := parse_command(each)) is None or order.command is not command]
    assert missed == []


def test_at_least_two_hundred_variants_are_tried() -> None:
    assert len(POLITENESS) * sum(map(len, ALONE.values())) >= 200


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("Go to two minutes ten.", 130), ("go back to 1:05", 65), ("okay go to zero now", 0), ("jump to ninety", 90)],
)
def test_where_to_go(said: str, seconds: int) -> None:
    order = parse_command(said)
    assert order is not None
    assert (order.command, order.seconds) == (Command.GO_TO, seconds)


def test_an_order_says_which_words_fired_it() -> None:
    assert parse_command("Um, scratch that, please.") == Order(Command.CANCEL, "scratch that")


@pytest.mark.parametrize(
    "said",
    [
        "I would scratch that itch earlier",
        "scratch um that",
        "cancel that animation",
        "never mind the noise, the cut is late",
        "the scratch that you see on the lens",
        "go to the next scene",
        "go to black at two minutes",
        "pause here",
        "post",
        "here",
        "scratch",
        "that",
        "please",
        "",
        "…",
        "the music is too loud",
    ],
)
def test_anything_else_is_a_note(said: str) -> None:
    assert parse_command(said) is None


def test_no_command_fires_in_a_thousand_ordinary_notes() -> None:
    written = NOTES.read_text(encoding="utf-8").splitlines()
    phrases = [phrase for phrases in ALONE.values() for phrase in phrases]
    frames = (
        "I think we should {} before the second act",
        "the voice says {} and then the music comes in",
        "{} is what the title should say",
        "{} that shot of the harbour, it is too long",
        "somebody in the back shouts {}",
        "make the button read {} in white",
        "maybe not {} but something like it",
        "when he says {} the sound is late",
        "{} the logo in the corner",
        "why does the caption say {}",
        "the end card reads {} now and it covers the face",
        "I like how {} looks in blue",
        "cut everything after {} on the left",
        "the actor mumbles {} twice",
        "replace the words {} by the product name",
        "it says {} with a typo",
        "the subtitle {} stays too long",
        "no, the line {} is fine, the music under it is not",
        "she whispers {} and nobody hears it",
        "the chapter called {} drags",
    )
    generated = [frame.format(phrase) for frame, phrase in itertools.product(frames, phrases)]
    notes = [*written, *generated]
    assert len(notes) >= 1000
    assert [note for note in notes if parse_command(note) is not None] == []


@given(st.text(max_size=120))
def test_whatever_is_said_is_a_command_or_a_note(said: str) -> None:
    order = parse_command(said)
    assert order is None or order.words


@given(
    st.sampled_from([phrase for phrases in ALONE.values() for phrase in phrases]),
    st.sampled_from(["music", "logo", "shot", "face", "too loud", "the scene", "colour", "subtitle"]),
    st.booleans(),
)
def test_one_word_of_the_film_makes_a_note_of_a_command(phrase: str, word: str, before: bool) -> None:
    said = f"{word} {phrase}" if before else f"{phrase} {word}"
    assert parse_command(said) is None
