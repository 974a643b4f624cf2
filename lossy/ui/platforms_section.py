"""The settings' section about platforms: where one is connected, whether that still counts, and the ways to connect."""

from functools import partial
from typing import Any

from nicegui import background_tasks, ui

from lossy.agent.signing_in import Way
from lossy.bus import Missed
from lossy.db import logins
from lossy.db.models import PlatformLogin
from lossy.errors import InvalidInput
from lossy.events import ConnectionsChanged, Event, JobChanged
from lossy.ui.components.address_form import AddressForm
from lossy.ui.components.basics import Text, button
from lossy.ui.components.bodies import Body
from lossy.ui.components.connection_list import ConnectionList
from lossy.ui.page import Page
from lossy.ui.signing_in import SigningIn

_NAMES = {
    "youtube": "YouTube",
    "vimeo": "Vimeo",
    "frameio": "Frame.io",
    "air": "Air",
    "iconik": "iconik",
    "peertube": "PeerTube",
    "mediacms": "MediaCMS",
}
_ABOUT = "Notes are posted as you where you are connected. What Lossy keeps of a sign-in is sealed, and yours alone."
_BROWSER = {
    Way.WINDOW: "Where there is no other way, a window opens on this machine: sign in there as you always do.",
    Way.LIVE_VIEW: "Where there is no other way, a browser opens for you in a new tab: sign in there as you always do.",
    Way.TERMINAL: "Where there is no other way, you get a command to type: this server has no browser to show you.",
}


async def platforms_section(page: Page) -> None:
    """Build the section, and follow what changes for as long as it is there."""
    await _Platforms(page).build()


class _Platforms:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._connections = page.core.connections
        self._signing_in = SigningIn(page)

    async def build(self) -> None:
        section = ui.element("section")
        section.props["id"] = "platforms"
        with section:
            Text("Platforms", "h2")
            Text(_ABOUT, "p", "muted")
            self._list = ConnectionList(on={"again": self._again, "test": self._test, "disconnect": self._disconnect})
            self._signing_in.build()
            self._ways()
        self._page.pump.listen(self._hear)
        await self._read()

    def _ways(self) -> None:
        offered = self._connections.on_offer
        if offered:
            with ui.element("div").classes("row wrap"):
                for platform, name in offered:
                    button(f"Connect {name}", partial(self._connect, platform), symbol="plus")
        AddressForm(self._address)
        Text(_BROWSER[self._connections.browser_way], "p", "small muted")

    def _hear(self, batch: list[Event | Missed]) -> None:
        if self._list.is_deleted:
            self._page.pump.forget(self._hear)
            return
        for item in batch:
            if isinstance(item, ConnectionsChanged) and item.change == "tested":
                self._page.say(item.message or f"The sign-in at {item.place} works.")
        if any(_concerns_logins(item) for item in batch):
            background_tasks.create(self._read(), name="read connections")

    async def _read(self) -> None:
        async with self._page.core.database.read() as db:
            found = await logins.logins_of(db, self._me)
            tested = {login.id for login in found if await logins.is_tested_now(db, login)}
        if not self._list.is_deleted:
            self._list.show([_for_browser(login, is_tested=login.id in tested) for login in found])

    async def _address(self, body: Body) -> None:
        await self._signing_in.begin(str(body.get("url", "")))

    async def _connect(self, platform: str) -> None:
        await self._page.attempt(self._allow(platform))

    async def _allow(self, platform: str) -> None:
        ui.navigate.to(await self._connections.allow(self._me, platform))

    async def _again(self, body: Body) -> None:
        await self._page.attempt(self._sign_in_again(str(body.get("id"))))

    async def _sign_in_again(self, login_id: str) -> None:
        async with self._page.core.database.read() as db:
            login = await logins.require_login(db, self._me, login_id)
            video = await logins.video_at(db, self._me, login.platform, login.place)
        if login.kind == logins.API and login.platform in dict(self._connections.on_offer):
            await self._allow(login.platform)
        elif video is not None and video.url is not None:
            await self._signing_in.begin(video.url, in_browser=login.kind == logins.BROWSER)
        else:
            raise InvalidInput(f"Give the address of a video at {login.place} below, and sign in from there.")

    async def _test(self, body: Body) -> None:
        await self._page.attempt(self._connections.ask_test(self._me, str(body.get("id"))))

    async def _disconnect(self, body: Body) -> None:
        await self._page.attempt(self._forget(str(body.get("id"))))

    async def _forget(self, login_id: str) -> None:
        place = await self._connections.disconnect(self._me, login_id)
        self._page.say(f"Disconnected from {place}: what Lossy kept of that sign-in is deleted.")

    @property
    def _me(self) -> str:
        return self._page.identity.user_id


def _concerns_logins(item: Event | Missed) -> bool:
    if isinstance(item, JobChanged):
        return item.name == logins.TEST
    return isinstance(item, Missed | ConnectionsChanged)


def _for_browser(login: PlatformLogin, *, is_tested: bool) -> dict[str, Any]:
    """Write what a row shows; nothing of what is sealed."""
    return {
        "id": login.id,
        "place": login.place,
        "platform": _NAMES.get(login.platform, ""),
        "overApi": login.kind == logins.API,
        "account": login.account,
        "isOver": login.is_expired,
        "isTested": is_tested,
        "since": login.created_at.isoformat(),
    }
