"""The agent's story in the popup."""

from typing import Any

from nicegui import ui


class Story(ui.element, component="story.js"):
    """Entries as `lossy.ui.story` tells them."""

    def __init__(self) -> None:
        super().__init__()

    def put(self, entries: list[dict[str, Any]]) -> None:
        """Add entries; one with a known key takes the place of the one before."""
        self.run_method("put", entries)
