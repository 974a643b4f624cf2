"""The page that a platform sends people back to, once they let Lossy in there or did not."""

from nicegui import ui

from lossy.agent.core import Core
from lossy.automation.authorizing import Connected
from lossy.errors import LossyError
from lossy.ui.components.basics import link_button
from lossy.ui.components.bodies import Body
from lossy.ui.components.states import loading_state, state_page
from lossy.ui.components.way_back import WayBack
from lossy.ui.page import Page

MAX_CHARACTERS = 4096


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/connected")
    def connected_page() -> None:
        view = ConnectedView()
        page = Page(core, "settings", "Connect a platform", lambda: view)
        with page.frame.notices:
            view.way_back = WayBack(view.take)


class ConnectedView:
    """Finishes what was begun in the settings or on a card, once."""

    way_back: WayBack
    _page: Page | None = None

    async def build(self, page: Page) -> None:
        """Ask the browser with what it came."""
        self._page = page
        self._content = ui.element("div").classes("content")
        with self._content:
            loading_state("settings")
        self.way_back.give()

    def close(self, page: Page) -> None:
        """Leave nothing behind."""

    async def take(self, came: Body) -> None:
        """Take it, and say what came of it; before the page is unlocked nothing is taken."""
        if self._page is not None:
            await self._page.attempt(self._take(self._page, came))

    async def _take(self, page: Page, came: Body) -> None:
        state, code, error = (str(came.get(name, ""))[:MAX_CHARACTERS] for name in ("state", "code", "error"))
        if error:
            did_not = (
                "You did not let Lossy in there" if error == "access_denied" else "The platform did not let Lossy in"
            )
            self._show("warn", "Nothing was connected", f"{did_not}. Your notes are safe. You can connect it again.")
        elif not state or not code:
            text = "A platform sends you here once you let Lossy in. Begin in the settings, under Platforms."
            self._show("lock", "There is nothing to connect here", text)
        else:
            await self._finish(page, state, code)

    async def _finish(self, page: Page, state: str, code: str) -> None:
        try:
            connected = await page.core.connections.finish(page.identity.user_id, state, code)
        except LossyError as refusal:
            self._show("warn", "Nothing was connected", f"{refusal.message} Your notes are safe.")
        else:
            self._show("check", f"Connected to {connected.place}", _words(connected))

    def _show(self, symbol: str, title: str, text: str) -> None:
        self._content.clear()
        with self._content:
            state_page(symbol, title, text, acts=_go_on)


def _words(connected: Connected) -> str:
    whose = f"You are signed in as {connected.account}." if connected.account else "You are signed in."
    match connected.going_on:
        case 0:
            return f"{whose} Notes on videos there are posted as you now."
        case 1:
            return f"{whose} One note that waited for it goes on."
        case many:
            return f"{whose} {many} notes that waited for it go on."


def _go_on() -> None:
    link_button("Back to the settings", "/settings#platforms", kind="primary", large=True)
    link_button("Go to the library", "/", large=True)
