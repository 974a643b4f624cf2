"""Chromium with the extension in which nobody is signed in: what Lossy does to the pages of others by itself."""

from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Frame, Page, WebError

from tests.e2e.extension import Extension, wait_for

FAR_IN = 12.0
POSITIONS = """() => [...document.getElementsByTagName("video")].map((video) => video.currentTime)"""


class StrangersBrowser:
    """The browser; it notes what goes wrong in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.extension = Extension(context)
        self.wrong: list[str] = []
        context.on("console", self._note_words)
        context.on("weberror", self._note_error)
        self._ours = context.new_page()
        self._ours.goto(self.extension.address("options.html"))
        self._seeks = 0

    def open(self, url: str) -> Page:
        """Open a page in front."""
        page = self.extension.context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url)
        page.bring_to_front()
        return page

    def finds(self, page: Page, frame: Frame, wanted: str = "wanted()") -> bool:
        """Tell whether a seek comes to reach the wanted video, and no other one."""

        def look() -> bool:
            self._seeks += 1
            at = FAR_IN + self._seeks % 50 / 10
            self._tell({"type": "seek", "position": at})
            page.wait_for_timeout(50)
            here = frame.evaluate(f"Math.abs(({wanted})?.currentTime - {at}) < 0.04 && !({wanted}).seeking")
            everywhere = [position for one in page.frames for position in one.evaluate(POSITIONS)]
            others = sum(abs(position - at) < 0.04 for position in everywhere)
            return bool(here) and others <= 1

        try:
            return bool(wait_for(page, look, f"the video of {page.url}"))
        except TimeoutError:
            return False

    def known(self) -> dict[str, Any]:
        """Give what the worker knows of the tab in front."""
        standing: dict[str, Any] = self._tell({"type": "ask_standing"})
        return standing["video"] or {}

    def knows(self, address: str) -> bool:
        """Tell whether the video in front is known by this address."""
        return bool(self.known()["context"]["url"] == address)

    def tell_page(self, message: dict[str, Any]) -> None:
        """Tell the page in front what the worker would."""
        self._ours.evaluate(
            """message => chrome.tabs.query({ active: true }).then(([{ id }]) =>
               chrome.tabs.sendMessage(id, { to: "content", ...message }))""",
            message,
        )

    def _tell(self, message: dict[str, Any]) -> Any:
        return self._ours.evaluate(
            """message => chrome.windows.getCurrent().then(({ id }) =>
               chrome.runtime.sendMessage({ to: "worker", window: id, ...message }))""",
            message,
        )

    def _note_words(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "chrome-extension:" in f"{message.text} {message.location}":
            self.wrong.append(message.text)

    def _note_error(self, error: WebError) -> None:
        if "chrome-extension:" in f"{error.error.stack} {error.error.message}":
            self.wrong.append(str(error.error))
