"""The popup: the microphone of the video in front, and the story of what the agent did with what was said.

A popup closes at every click beside it, so nothing lives in it: the story is read from the stored events each time,
and continued by the bus.
"""

from nicegui import ui

from lossy.agent.core import Core
from lossy.bus import Missed
from lossy.db import events
from lossy.events import Event
from lossy.ui.components.bridge_button import BridgeButton
from lossy.ui.components.story import Story
from lossy.ui.components.video_head import VideoHead
from lossy.ui.framed_page import FramedPage, Shown
from lossy.ui.live_video import LiveVideo
from lossy.ui.page import Page, View
from lossy.ui.pages.panel import NoVideoView
from lossy.ui.story import Storyteller

_LINKS = (("Panel", "panel"), ("Dashboard", "dashboard"), ("Options", "options"))


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/popup")
    def popup_page() -> None:
        FramedPage(core, "popup", "Popup", _view_for)


def _view_for(shown: Shown) -> View:
    return _NoVideoPopup(shown) if shown.video is None else PopupView(shown.video)


def _build_links() -> None:
    with ui.element("nav").classes("links").props('aria-label="Go to"'):
        for label, what in _LINKS:
            BridgeButton(label, {"type": "open", "what": what})


class PopupView:
    """Microphone and story of one video."""

    def __init__(self, video_id: str) -> None:
        self._video_id = video_id
        self._live: LiveVideo | None = None
        self._early: list[Event | Missed] | None = []
        self._teller = Storyteller()

    async def build(self, page: Page) -> None:
        """Build head, talk and story; what happens meanwhile is told after what was stored."""
        self._page = page
        self._live = live = LiveVideo(page, self._video_id)
        await live.open()
        page.pump.listen(self._hear)
        with ui.element("div").classes("popup"):
            VideoHead(live.video, counts_notes=False)
            live.build_talk()
            self._story = Story()
            _build_links()
        await live.load()
        await self._read()

    def close(self, page: Page) -> None:
        """Stop hearing of this video."""
        if self._live is not None:
            self._live.close()
            page.pump.forget(self._hear)

    async def _read(self) -> None:
        session = self._live.session if self._live is not None else None
        if session is not None:
            async with self._page.core.database.read() as db:
                self._tell(await events.newest_events(db, session.id))
        early, self._early = self._early, None
        self._hear(early or [])

    def _hear(self, batch: list[Event | Missed]) -> None:
        if self._early is not None:
            self._early += batch
            return
        session = self._live.session if self._live is not None else None
        own = [item for item in batch if isinstance(item, Event) and session and item.session_id == session.id]
        self._tell(own)

    def _tell(self, told: list[Event]) -> None:
        entries = [entry.for_browser() for event in told if (entry := self._teller.tell(event))]
        if entries:
            self._story.put(entries)


class _NoVideoPopup(NoVideoView):
    async def build(self, page: Page) -> None:
        with ui.element("div").classes("popup"):
            await super().build(page)
            _build_links()
