"""The list of a video's notes: one Vue component that keeps all, draws those in view, and is told only changes."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from lossy.events import Note
from lossy.ui.components.bodies import Handler, listen

_SHOWN = {
    "id",
    "turn_id",
    "text",
    "start_seconds",
    "end_seconds",
    "category",
    "confidence",
    "status",
    "error",
    "permalink",
    "created_at",
    "version",
}

Op = tuple[str, Any]


class NoteList(ui.element, component="note_list.js"):
    """Emits `edit` {id, version, changes}, `confirm`, `cancel` {id, turn_id}, `scope`, `post_all`, and of a note's
    {id} `remove`, `refine`, `post`, `take_back`, `decide` {id, is_there} and `trail`.
    """

    def __init__(
        self,
        video_id: str,
        *,
        on: Mapping[str, Handler],
        refines: bool = False,
        posts: bool = False,
        posts_above: float | None = None,
    ) -> None:
        super().__init__()
        self.props["video"] = video_id
        self.props["refines"] = refines
        self.props["posts"] = posts
        self.props["posts-above"] = posts_above
        self.props["loading"] = True
        listen(self, on)

    def apply(self, ops: list[Op]) -> None:
        """Change what is listed: ("reset", notes), ("put", note), ("drop", id), ("turn", turn), ("step", step) of a
        posting and its ("trail", trail).
        """
        self.run_method("apply", ops)

    def apply_to_all(self, ops: list[Op]) -> None:
        """Change the notes of all videos, which the list keeps beside this video's; they carry id and title of it."""
        self.run_method("applyToAll", ops)

    def loaded(self) -> None:
        """Say that all notes are here, so that none means none."""
        self.props["loading"] = False
        self.update()


def for_browser(note: Note) -> dict[str, Any]:
    """Write the part of a note that a card shows."""
    return note.model_dump(mode="json", include=_SHOWN)
