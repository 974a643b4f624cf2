"""The header: wordmark, places, recogniser, connection, account; with the banner that appears when the line is down."""

from typing import Any

from nicegui import ui

from lossy.inference.native import RecogniserStatus


class TopBar(ui.element, component="top_bar.js"):
    """Shows where one is and who; emits `sample`."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.props["here"] = here

    def move_to(self, here: str) -> None:
        """Show that the page became another one."""
        self.props["here"] = here
        self.update()

    def show_account(self, email: str) -> None:
        """Show whose page this is."""
        self.props["email"] = email
        self.update()

    def show_recogniser(self, model: str, phase: str, progress: float, message: str) -> None:
        """Show which recogniser answers, the demo's plainly, and how far the fetch of the real one is."""
        self.props["recogniser"] = recogniser_props(model, phase, progress, message)
        self.update()


def recogniser_props(model: str, phase: str, progress: float, message: str) -> dict[str, Any]:
    """Write a recogniser's state as the browser wants it."""
    return {"model": model, "phase": phase, "progress": progress, "message": message}


def recogniser_of(status: RecogniserStatus) -> tuple[str, str, float, str]:
    """Give the same four of a status as events carry."""
    return status.model, status.phase.value, status.progress, status.message
