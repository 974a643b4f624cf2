"""Browsers for posting: on this machine, or at Browserbase. Who uses one does not know which it is."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

StorageState = dict[str, Any]
"""Cookies and local storage, as Playwright writes them."""


@dataclass(frozen=True)
class OpenBrowser:
    """A browser of one attempt; `key` names it to whoever has to end it when its worker is dead."""

    key: str
    context: "BrowserContext"


class Browsers(Protocol):
    """Opens browsers, and ends those that a dead worker left."""

    def open(self, state: StorageState | None, tags: dict[str, str]) -> AbstractAsyncContextManager[OpenBrowser]:
        """Open one with a login; the block's end closes it. `tags` say whose it is."""

    async def end(self, key: str) -> None:
        """End a browser that somebody else opened, if it still lives; it does nothing any more when this returns."""

    async def reap(self) -> int:
        """End those whose process on this machine is dead; give how many there were."""

    async def aclose(self) -> None:
        """End all of one's own."""
