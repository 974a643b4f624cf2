"""Keeps a browser with somebody's login to the platform that it was opened for, or from changing anything there."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from lossy.settings import DEFAULT_PORTS
from lossy.video_url import SEVERAL_HOSTS

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Route, WebSocketRoute

READING = ("GET", "HEAD", "OPTIONS")
NO_WORKERS = """() => {
    if (globalThis.ServiceWorkerContainer) ServiceWorkerContainer.prototype.register = () => new Promise(() => {});
    delete globalThis.SharedWorker;
}"""
"""What workers that outlive their page send passes no route."""


async def keep_to(context: "BrowserContext", home: str) -> list[str]:
    """Let pages of this context go nowhere but to this address's site, whatever they tell the browser to do.

    Gives a list that grows with the hosts that they were kept from. Of a server's own redirect nobody is asked here:
    `new_page` opens pages that stop it.
    """
    kept_from: list[str] = []

    async def decide(route: "Route") -> None:
        request = route.request
        if _is_of_a_whole_page(request) and not is_home(request.url, home):
            if not _opens_a_window(request):
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


class Gate:
    """Lets pages of a context load; once it is closed they send nothing that could change anything there.

    They may go on reading, as forms are often loaded when they are opened, but not what has `mark` in its address, and
    they go to no other page. It comes after `keep_to`, and is asked before it.
    """

    def __init__(self, mark: str) -> None:
        self.is_closed = False
        self.stopped = 0
        """How many requests and messages did not pass."""
        self._mark = mark

    async def guard(self, context: "BrowserContext") -> None:
        """Stand in front of all that pages of a context send."""
        await context.add_init_script(f"({NO_WORKERS})()")
        await context.route("**/*", self._decide)
        await context.route_web_socket("**/*", self._join)

    async def _decide(self, route: "Route") -> None:
        request = route.request
        leaves = _is_of_a_whole_page(request)
        if self.is_closed and (leaves or request.method not in READING or self._mark in request.url):
            self.stopped += 1
            await route.abort("aborted")  # the page stays where it is
        else:
            await route.fallback()

    def _join(self, socket: "WebSocketRoute") -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if self.is_closed:
                self.stopped += 1
            else:
                server.send(message)

        socket.on_message(pass_on)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    return next((whole for whole in SEVERAL_HOSTS.values() if host.endswith(f".{whole}")), host)


def _port(parts: SplitResult) -> int | None:
    return parts.port or DEFAULT_PORTS.get(parts.scheme)


def _is_of_a_whole_page(request: "Request") -> bool:
    if not request.is_navigation_request():
        return False
    return _opens_a_window(request) or request.frame.parent_frame is None


def _opens_a_window(request: "Request") -> bool:
    from playwright.async_api import Error  # noqa: PLC0415 -- it is loaded by now

    try:
        return request.frame is None
    except Error:  # a window that is only just opening has no frame yet
        return True
