"""Keeps a browser with somebody's login to the platform that it was opened for."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Route

LEFT = "blockedbyclient"


async def keep_to(context: "BrowserContext", *urls: str) -> None:
    """Let pages of this context go to the hosts of these addresses and nowhere else, whatever they are told to."""
    hosts = {_origin(url) for url in urls}

    async def decide(route: "Route") -> None:
        request = route.request
        leads_away = request.is_navigation_request() and request.frame.parent_frame is None
        if leads_away and _origin(request.url) not in hosts:
            await route.abort(LEFT)
        else:
            await route.continue_()

    await context.route("**/*", decide)


async def new_page(context: "BrowserContext", place: str) -> "Page":
    """Open a page that no server sends on to another host than `place`: what Playwright routes is no redirect."""
    from playwright.async_api import Error  # noqa: PLC0415 -- half a second, used by few

    page = await context.new_page()
    session = await context.new_cdp_session(page)
    top = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]

    async def decide(paused: dict[str, Any]) -> None:
        asked = {"requestId": paused["requestId"]}
        with suppress(Error):  # the page is closed by now
            if paused["frameId"] == top and not _is_at(paused["request"]["url"], place):
                await session.send("Fetch.failRequest", {**asked, "errorReason": "BlockedByClient"})
            else:
                await session.send("Fetch.continueRequest", asked)

    session.on("Fetch.requestPaused", decide)
    await session.send("Fetch.enable", {"patterns": [{"resourceType": "Document"}]})
    return page


def _is_at(url: str, place: str) -> bool:
    host = urlsplit(url).netloc
    return host == place or host.endswith(f".{place.removeprefix('www.')}") or f"www.{host}" == place


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
