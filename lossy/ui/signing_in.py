"""The sign-in at a platform that the page's user has under way: shown on every page where one can begin one."""

import shlex
from typing import Any

from lossy.agent.signing_in import SignIn, Way
from lossy.bus import Missed
from lossy.db.users import OWNER_EMAIL
from lossy.events import ConnectionsChanged, Event
from lossy.ui.components.bodies import Body
from lossy.ui.components.sign_in_bar import SignInBar
from lossy.ui.page import Page

MAX_NAME_CHARACTERS = 200
MAX_PASSWORD_CHARACTERS = 1000


class SigningIn:
    """Follows it for as long as its element is there."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._connections = page.core.connections

    def build(self) -> None:
        """Build the bar, which is seen only while something is under way."""
        self._bar = SignInBar(
            on={
                "done": self._done,
                "give_up": lambda _body: self._page.attempt(self._connections.give_up(self._me)),
                "again": lambda body: self._begin_again(in_browser=body.get("in_browser") is True),
                "password": self._give_password,
            }
        )
        self._page.pump.listen(self._hear)
        self._show()

    async def begin(self, url: str, *, in_browser: bool = False) -> None:
        """Begin to sign in where a video is."""
        await self._page.attempt(self._connections.begin(self._me, url, in_browser=in_browser))

    @property
    def _me(self) -> str:
        return self._page.identity.user_id

    async def _begin_again(self, *, in_browser: bool) -> None:
        shown = self._connections.under_way(self._me)
        if shown is not None:
            was_in_browser = shown.way not in (Way.API, Way.PASSWORD)
            await self.begin(shown.url, in_browser=in_browser or was_in_browser)

    async def _done(self, _body: Body) -> None:
        self._connections.done(self._me)

    async def _give_password(self, body: Body) -> None:
        name, password = body.get("name"), body.get("password")
        if isinstance(name, str) and isinstance(password, str):
            given = self._connections.give_password(
                self._me, name.strip()[:MAX_NAME_CHARACTERS], password[:MAX_PASSWORD_CHARACTERS]
            )
            await self._page.attempt(given)

    def _hear(self, batch: list[Event | Missed]) -> None:
        if self._bar.is_deleted:
            self._page.pump.forget(self._hear)
            return
        for item in batch:
            if isinstance(item, ConnectionsChanged) and item.change == "connected":
                self._connections.settle(self._me, item.place)
                self._page.say(f"Connected to {item.place}.")
        if any(isinstance(item, ConnectionsChanged | Missed) for item in batch):
            self._show()

    def _show(self) -> None:
        shown = self._connections.under_way(self._me)
        self._bar.show(None if shown is None else self._for_browser(shown))

    def _for_browser(self, shown: SignIn) -> dict[str, Any]:
        whose = "" if self._page.identity.email == OWNER_EMAIL else f" --email {shlex.quote(self._page.identity.email)}"
        return {
            "place": shown.place,
            "way": shown.way.value,
            "name": shown.name,
            "stage": shown.stage,
            "address": shown.address,
            "problem": shown.problem,
            "command": f"lossy connect add {shlex.quote(shown.url)}{whose}" if shown.way is Way.TERMINAL else None,
            "instead": self._connections.browser_way is not Way.TERMINAL,
        }
