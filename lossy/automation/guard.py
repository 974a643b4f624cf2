"""Keeps a browser with somebody's login to the platform that it was opened for."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Route


async def keep_to(context: "BrowserContext", *urls: str) -> None:
    """Let pages of this context go to the hosts of these addresses and nowhere else, whatever they are told to."""
    hosts = {_origin(url) for url in urls}

    async def decide(route: "Route") -> None:
        request = route.request
        leads_away = request.is_navigation_request() and request.frame.parent_frame is None
        if leads_away and _origin(request.url) not in hosts:
            await route.abort("blockedbyclient")
        else:
            await route.continue_()

    await context.route("**/*", decide)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
