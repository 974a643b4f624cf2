"""Whether words sound whole: hanging ones wait for more, whole ones do not."""

import pytest

from lossy.demo import read_utterances
from lossy.inference.clauses import PART_SECONDS, WHOLE_SECONDS, patience_seconds, sounds_whole


@pytest.mark.parametrize(
    "said",
    [
        "The music is too loud.",
        "make the logo bigger",
        "Trim two seconds before the title",
        "I can't hear the narrator",
        "when she says that, the music is too loud",
        "scratch that",
        "Undo.",
        "the colours flicker",
        "he mispronounced the name",
        "pause a bit longer before the title",
        "we should not fade this",
        "the cut needs work, I would drop it",
    ],
)
def test_what_is_whole_does_not_wait(said: str) -> None:
    assert patience_seconds(said) == WHOLE_SECONDS


@pytest.mark.parametrize(
    "said",
    [
        "The music",
        "The music is",
        "The music is too",
        "make the logo bigger and",
        "at two minutes ten seconds",
        "the cut from the harbour to the",
        "the cut",
        "the lighting",
        "my ending",
        "is this",
        "I think, um",
        "the logo in the corner",
        "when she says",
        "it's",
        "",
        "music",
        "the music is too loud, …",
    ],
)
def test_what_hangs_waits_for_more(said: str) -> None:
    assert patience_seconds(said) == PART_SECONDS


def test_every_remark_of_the_demo_is_whole() -> None:
    assert [remark.text for remark in read_utterances().remarks if not sounds_whole(remark.text)] == []
