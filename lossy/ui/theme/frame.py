"""What stands around every page: header above, content, messages below."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.ui.components.toasts import Toasts
from lossy.ui.components.top_bar import TopBar, recogniser_of


class BareFrame:
    """The frame of a page that stands in the extension, without a header; build into `content`."""

    notices: ui.element
    content: ui.element
    toasts: Toasts

    def __init__(self, title: str) -> None:
        ui.page_title(f"{title} · Lossy" if title else "Lossy")
        with ui.element("div").classes("app"):
            self._build_head()
            self.notices = ui.element("div").classes("notices")
            self.content = ui.element("main").classes("content")
            self.toasts = Toasts()

    def show_account(self, email: str) -> None:
        """Show whose page this is, where there is a header to show it in."""

    def show_recogniser(self, model: str, phase: str, progress: float, message: str) -> None:
        """Show which recogniser answers, where there is a header to show it in."""

    def move_to(self, here: str) -> None:
        """Show that the page became another one, where there is a header to show it in."""

    def _build_head(self) -> None:
        """Build what stands above the notices."""


class Frame(BareFrame):
    """The frame of a page of the dashboard."""

    bar: TopBar

    def __init__(self, core: Core, here: str, title: str) -> None:
        self._core = core
        self._here = here
        super().__init__(title)

    def show_account(self, email: str) -> None:
        """Show whose page this is."""
        self.bar.show_account(email)

    def show_recogniser(self, model: str, phase: str, progress: float, message: str) -> None:
        """Show which recogniser answers."""
        self.bar.show_recogniser(model, phase, progress, message)

    def move_to(self, here: str) -> None:
        """Show that the page became another one."""
        self.bar.move_to(here)

    def _build_head(self) -> None:
        self.bar = TopBar(self._here)
        self.bar.show_recogniser(*recogniser_of(self._core.recogniser.status))
