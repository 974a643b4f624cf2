"""The side panel: talk, notes and timeline of the video in the current tab, or why there is none to show."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.ui.components.basics import Text
from lossy.ui.components.bridge_button import BridgeButton
from lossy.ui.components.player import TimelineStrip
from lossy.ui.components.states import loading_state, state_page
from lossy.ui.components.video_head import VideoHead
from lossy.ui.framed_page import FramedPage, Shown
from lossy.ui.live_video import LiveVideo
from lossy.ui.page import Page, View


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/panel")
    def panel_page() -> None:
        FramedPage(core, "panel", "Panel", view_for)


def view_for(shown: Shown) -> View:
    """Give what the panel shows for a video, or instead of one."""
    return NoVideoView(shown) if shown.video is None else PanelView(shown.video)


class PanelView:
    """One video's notes beside the page that plays it."""

    def __init__(self, video_id: str) -> None:
        self._video_id = video_id
        self._live: LiveVideo | None = None

    async def build(self, page: Page) -> None:
        """Build header, talk, strip and notes."""
        self._live = live = LiveVideo(page, self._video_id)
        await live.open()
        with ui.element("div").classes("side-panel"):
            VideoHead(live.video)
            live.build_talk()
            TimelineStrip()
            live.build_notes()
        await live.load()

    def close(self, page: Page) -> None:
        """Stop hearing of this video."""
        if self._live is not None:
            self._live.close()


class NoVideoView:
    """Why there is no video to show, and what can be done about it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    async def build(self, page: Page) -> None:
        """Build the state."""
        no_video_state(self._shown)

    def close(self, page: Page) -> None:
        """Leave nothing behind."""


def no_video_state(shown: Shown) -> None:
    """Show why a frame has no video: also the popup's words."""
    if shown.problem:
        state_page("warn", "This video could not be opened", f"{shown.problem} Your notes are safe.", acts=_dashboard)
    elif shown.why == "not_allowed":
        text = (
            "Allow it, and the video on this page can be reviewed; Lossy looks at no other page. "
            "Pages of the browser itself stay closed."
        )
        state_page("lock", "Lossy may not look at this page", text, acts=_look_here)
    elif shown.why == "closed":
        text = "The browser keeps this page of its own closed to every extension. Open a page with a video in this tab."
        state_page("lock", "No extension may look at this page", text, acts=_dashboard)
    elif shown.why == "none":
        text = "Open a page with a video in this tab, and what you say about it appears here."
        state_page("film", "No video on this page", text, acts=_dashboard)
    else:
        with ui.element("div").classes("opening"):
            Text(f"Opening {shown.title}…" if shown.title else "Opening…")
            loading_state("panel")


def _look_here() -> None:
    BridgeButton("Look at this page", {"type": "look_here"}, kind="primary", large=True)


def _dashboard() -> None:
    BridgeButton("Open the dashboard", {"type": "open", "what": "dashboard"}, large=True)
