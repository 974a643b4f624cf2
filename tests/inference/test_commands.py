import pytest

from lossy.inference.commands import Command, parse_command


@pytest.mark.parametrize(
    "said",
    [
        "scratch that",
        "Scratch that.",
        "SCRATCH THAT!",
        "um, scratch that please",
        "Uh… cancel that.",
        "never mind",
        "Nevermind.",
        "Oh no, wait, never mind.",
        "okay cancel that, thanks",
        "ummm scratch that",
    ],
)
def test_a_cancel_that_is_the_whole_utterance_is_a_command(said: str) -> None:
    assert parse_command(said) is Command.CANCEL


@pytest.mark.parametrize(
    "said",
    [
        "I would scratch that itch earlier",
        "scratch that sound from the intro",
        "scratch um that",
        "cancel that animation",
        "never mind the noise, the cut is late",
        "the scratch that you see on the lens",
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
