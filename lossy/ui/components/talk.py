"""The microphone button with its line of state and its line of words."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from lossy.ui.components.bodies import Handler, listen


class Talk(ui.element, component="talk.js"):
    """Emits `turn` {action, turn_id} and `mode` {mode}."""

    def __init__(self, view: dict[str, Any], *, on: Mapping[str, Handler]) -> None:
        super().__init__()
        self.props["initial"] = view
        listen(self, on)

    def show(self, changes: dict[str, Any]) -> None:
        """Change some fields of the view."""
        self.run_method("show", changes)
