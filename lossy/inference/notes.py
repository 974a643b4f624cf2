"""What structuring gives, and who may do it: the built-in rules or a language model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lossy.events import Category
from lossy.inference.speech import Transcript

MAX_NOTE_CHARACTERS = 200

OnDelta = Callable[[str], None]
"""Told the pieces of a model's answer as they come."""


@dataclass(frozen=True)
class StructuredNote:
    """A note as it will be shown: short, actionable, categorised."""

    text: str
    category: Category
    confidence: float
    """0 to 1: how sure we are of the words and of the category together."""
    engine: str
    """`rules`, or the name of the model that wrote it."""


@dataclass(frozen=True)
class NoteContext:
    """What the reviewer has before them, which tells what a word may mean. All of it is data, never instructions."""

    title: str = ""
    """The video's."""
    last_notes: tuple[str, ...] = ()
    """The reviewer's own, newest last."""


NO_CONTEXT = NoteContext()


class Structurer(Protocol):
    """Makes a note of what was said."""

    async def structure(
        self, transcript: Transcript, context: NoteContext = NO_CONTEXT, *, on_delta: OnDelta | None = None
    ) -> StructuredNote:
        """Return the note; never an empty one for words that were said."""
        ...
