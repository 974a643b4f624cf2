"""Keeps a browser with somebody's login to the platform that it was opened for."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from lossy.settings import DEFAULT_PORTS
from lossy.video_url import SEVERAL_HOSTS

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Route


async def keep_to(context: "BrowserContext", home: str) -> list[str]:
    """Let pages of this context go nowhere but to this address's site, whatever they tell the browser to do.

    Gives a list that grows with the hosts that they were kept from. Of a server's own redirect nobody is asked here:
    `new_page` opens pages that stop it.
    """
    kept_from: list[str] = []

    async def decide(route: "Route") -> None:
        request = route.request
        leads_away = request.is_navigation_request() and request.frame.parent_frame is None
        if leads_away and not is_home(request.url, home):
            kept_from.append(host_of(request.url))
            await route.abort("blockedbyclient")
        else:
            await route.continue_()

    await context.route("**/*", decide)
    return kept_from


async def new_page(context: "BrowserContext", home: str, kept_from: list[str]) -> "Page":
    """Open a page that no server sends on to another site either: what Playwright asks about is no redirect."""
    from playwright.async_api import Error  # noqa: PLC0415 -- half a second, used by few

    page = await context.new_page()
    session = await context.new_cdp_session(page)
    top = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]

    async def decide(paused: dict[str, Any]) -> None:
        asked, url = {"requestId": paused["requestId"]}, paused["request"]["url"]
        with suppress(Error):  # the page is closed by now
            if paused["frameId"] == top and not is_home(url, home):
                kept_from.append(host_of(url))
                await session.send("Fetch.failRequest", {**asked, "errorReason": "BlockedByClient"})
            else:
                await session.send("Fetch.continueRequest", asked)

    session.on("Fetch.requestPaused", decide)
    await session.send("Fetch.enable", {"patterns": [{"resourceType": "Document"}]})
    return page


def host_of(url: str) -> str:
    """Name the host of an address to people."""
    return urlsplit(url).hostname or "another page"


def is_home(url: str, home: str) -> bool:
    """Whether an address is of the same site as another: its host, with or without www., or its https."""
    here, there = urlsplit(url), urlsplit(home)
    if _host(here) != _host(there) or here.scheme not in DEFAULT_PORTS:
        return False
    is_as_safe = here.scheme in (there.scheme, "https")
    return is_as_safe and (_port(here) == _port(there) or here.port is there.port is None)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    return next((whole for whole in SEVERAL_HOSTS.values() if host.endswith(f".{whole}")), host)


def _port(parts: SplitResult) -> int | None:
    return parts.port or DEFAULT_PORTS.get(parts.scheme)
