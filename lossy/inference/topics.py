"""What somebody is talking about, from the words so far: the emoji chip that comes while they speak."""

import re
import time
from collections.abc import Callable

from lossy.events import Category, Topic
from lossy.inference.rules import categorise

HELD_SECONDS = 2.0
"""A topic that was told stays for so long, lest the chip flickers."""
CLEAR_SHARE = 0.5
"""How much of the weight has to speak for a category."""
_CUTTING = re.compile(
    r"(?:^|\b(?:please|just|maybe|can|could|would|should|we|you|i|to|let's|and)\s+)"
    r"(?:cut|trim|remove|delete|drop|shorten|chop|take out|get rid of|lose)\b",
    re.IGNORECASE,
)
_TOPICS: dict[Category, Topic] = {each: Topic(each.value) for each in Category if each is not Category.OTHER}


def topic_of(text: str) -> Topic | None:
    """Give what the words are about, None if they don't say yet; takes well under a millisecond."""
    if _CUTTING.search(text):
        return Topic.CUT
    category, share = categorise(text)
    return _TOPICS.get(category) if share >= CLEAR_SHARE else None


class TopicOfSpeech:
    """Follows the topic of one utterance: told as soon as it is clear, changed at most once in `HELD_SECONDS`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._topic: Topic | None = None
        self._told_at = 0.0

    def take(self, text: str) -> Topic | None:
        """Take all the words so far, and give the topic to show."""
        topic, now = topic_of(text), self._monotonic()
        is_held = self._topic is not None and now - self._told_at < HELD_SECONDS
        if topic is not None and topic is not self._topic and not is_held:
            self._topic, self._told_at = topic, now
        return self._topic
