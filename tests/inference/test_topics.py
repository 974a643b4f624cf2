"""The topic of what is being said, from its first words."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossy.events import Topic
from lossy.inference.topics import HELD_SECONDS, TopicOfSpeech, topic_of


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("the music is", Topic.AUDIO),
        ("cut this", Topic.CUT),
        ("can we trim the", Topic.CUT),
        ("please remove the logo", Topic.CUT),
        ("the cut is too fast", Topic.PACING),
        ("the colors look too warm", Topic.COLOR),
        ("the caption has a typo", Topic.GRAPHICS),
        ("", None),
        ("the", None),
        ("hm I don't", None),
    ],
)
def test_the_first_words_tell_the_topic(text: str, topic: Topic | None) -> None:
    assert topic_of(text) is topic


def test_a_topic_is_told_at_once_and_then_stays_for_a_while() -> None:
    now = 100.0
    speech = TopicOfSpeech(lambda: now)
    assert speech.take("the") is None
    assert speech.take("the music") is Topic.AUDIO
    now += HELD_SECONDS - 0.01
    assert speech.take("cut the music") is Topic.AUDIO
    now += 0.01
    assert speech.take("cut the music") is Topic.CUT
    assert speech.take("") is Topic.CUT, "it is not taken back"


SAID = ("the", "music", "cut", "colors", "logo", "too", "fast", "please", "trim", "dark", "loud", "caption")
WORDS = st.lists(st.sampled_from(SAID), max_size=12)


@given(st.lists(st.tuples(WORDS, st.floats(0, 1)), max_size=40))
def test_it_changes_at_most_once_in_two_seconds(said: list[tuple[list[str], float]]) -> None:
    now = 0.0
    speech = TopicOfSpeech(lambda: now)
    changes: list[float] = []
    last: Topic | None = None
    for words, seconds in said:
        now += seconds
        topic = speech.take(" ".join(words))
        if topic is not last:
            changes.append(now)
        last = topic
    assert all(after - before >= HELD_SECONDS for before, after in pairwise(changes))
