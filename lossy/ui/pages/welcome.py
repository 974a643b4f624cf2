"""What the extension is, and the three clicks that load it; anybody may read it."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.ui.components.welcome import Welcome
from lossy.ui.theme import Frame


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/welcome")
    def welcome_page() -> None:
        with Frame(core, "welcome", "The extension").content:
            Welcome()
