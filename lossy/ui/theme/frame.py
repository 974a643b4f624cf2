"""What stands around every page: header above, content, messages below."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.ui.components.toasts import Toasts
from lossy.ui.components.top_bar import TopBar, recogniser_of


class Frame:
    """The frame of a page; build into `content`."""

    def __init__(self, core: Core, here: str, title: str) -> None:
        ui.page_title(f"{title} · Lossy" if title else "Lossy")
        with ui.element("div").classes("app"):
            self.bar = TopBar(here)
            self.bar.show_recogniser(*recogniser_of(core.recogniser.status))
            self.notices = ui.element("div").classes("notices")
            self.content = ui.element("main").classes("content")
            self.toasts = Toasts()
