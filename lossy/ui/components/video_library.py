"""The library: cards of videos, their filters, and the dialog that opens another one."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from lossy.db.models import VideoStatus
from lossy.db.videos import LibraryEntry
from lossy.events import Note
from lossy.ui.components.bodies import Handler, listen


class VideoLibrary(ui.element, component="video_library.js"):
    """Emits `query` {status, search}, `opened` {video}, `sample`, `status` {id, status} and `remove` {id}."""

    def __init__(self, *, on: Mapping[str, Handler]) -> None:
        super().__init__()
        listen(self, on)

    def show(self, entries: Sequence[LibraryEntry], counts: dict[VideoStatus, int], notes: Sequence[Note]) -> None:
        """Show what was found; `notes` draw the pattern of videos that have no picture."""
        marks: dict[str, list[dict[str, Any]]] = {}
        for note in notes:
            marks.setdefault(note.video_id, []).append({"at": note.start_seconds, "category": note.category.value})
        cards = [_card(entry, marks.get(entry.video.id, [])) for entry in entries]
        self.run_method("show", cards, {status.value: count for status, count in counts.items()})


def _card(entry: LibraryEntry, marks: list[dict[str, Any]]) -> dict[str, Any]:
    video = entry.video
    picture = f"data:image/webp;base64,{base64.b64encode(video.thumbnail).decode()}" if video.thumbnail else None
    return {
        "id": video.id,
        "title": video.title,
        "platform": video.platform,
        "url": video.url,
        "status": video.status.value,
        "notes": entry.note_count,
        "posted": entry.posted_count,
        "duration": video.duration_seconds,
        "reviewed": video.reviewed_to_seconds,
        "picture": picture,
        "marks": marks,
    }
