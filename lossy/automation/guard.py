"""Keeps a browser with somebody's login to the platform that it was opened for."""

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from lossy.settings import DEFAULT_PORTS
from lossy.video_url import SEVERAL_HOSTS

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Route


async def keep_to(context: "BrowserContext", home: str) -> list[str]:
    """Let pages of this context go nowhere but to this address's site, whatever they tell the browser to do.

    Gives a list that grows with the hosts that they were kept from. A server's own redirect is followed before
    anybody is asked: look with `is_home` at where a page came to be.
    """
    kept_from: list[str] = []

    async def decide(route: "Route") -> None:
        request = route.request
        leads_away = request.is_navigation_request() and request.frame.parent_frame is None
        if leads_away and not is_home(request.url, home):
            kept_from.append(urlsplit(request.url).hostname or "another page")
            await route.abort("blockedbyclient")
        else:
            await route.continue_()

    await context.route("**/*", decide)
    return kept_from


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
