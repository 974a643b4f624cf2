"""Counts how often a comment stands on a page: once all has come that comes by itself, and on all pages of comments.

What stood there before the submit is counted in the same way as after it, so the same words by somebody else prove
nothing. Further pages are opened beside the first one, which stays as it is.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from lossy.automation.guard import new_page
from lossy.automation.platforms.finder import ask_all, within
from lossy.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

QUIET_SECONDS = 3.0
"""How long a page that never rests is waited for."""
REST_SECONDS = 0.3
MOST_PAGES = 6
MOST_CLICKS = 5
FETCHED = ("fetch", "xhr", "document", "script")
SCROLL = """async () => {
    const frame = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
    const shown = () => new Promise((then) => (frame(then), setTimeout(then, 200)));
    let step = 0;
    for (; step < 12 && scrollY + innerHeight < document.documentElement.scrollHeight - 1; step += 1) {
        scrollBy({ top: 700, behavior: "instant" });
        await shown();
    }
    return step > 0;
}"""


async def count_standing(page: "Page", body: str) -> int:
    """Count on this page and on those that it leads to, the last one first; `Unavailable` if one does not open."""
    count, waiting = await _count_here(page, body)
    seen = {page.url.partition("#")[0]}
    while (address := next((each for each in waiting if each not in seen), None)) and len(seen) < MOST_PAGES:
        seen.add(address)
        beside = await new_page(page.context, page.url, [])
        try:
            answer = await beside.goto(address, wait_until="domcontentloaded")
            if answer is None or answer.status >= 500:
                raise Unavailable("A page of comments did not open.")
            more, further = await _count_here(beside, body)
        finally:
            await beside.close()
        count, waiting = count + more, [*waiting, *further]
    return count


async def _count_here(page: "Page", body: str) -> tuple[int, list[str]]:
    await settle(page)
    for _ in range(MOST_CLICKS):
        more = (await page.evaluate_handle(within("more()"))).as_element()
        if more is None:
            break
        traffic = _Traffic(page)
        await more.click()
        await traffic.rest()
    count = sum(await ask_all(page, "standing(it)", body))
    return count, [address for found in await ask_all(page, "pages()") for address in found]


async def settle(page: "Page") -> None:
    """Wait until a page has loaded, scroll through it as a reader would, and wait for what that brings."""
    from playwright.async_api import TimeoutError as TooSlow  # noqa: PLC0415 -- half a second, used by few

    with suppress(TooSlow):
        await page.wait_for_load_state("networkidle", timeout=QUIET_SECONDS * 1000)
    traffic = _Traffic(page)
    if await page.evaluate(SCROLL):
        await traffic.rest()


class _Traffic:
    """What a page asks its server for, from now on until it rests."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self._under_way: set[Request] = set()
        self._changed = asyncio.Event()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    async def rest(self) -> None:
        """Wait until nothing was under way for a moment; not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                while not await self._rests():
                    pass
        self._page.remove_listener("request", self._begin)
        self._page.remove_listener("requestfinished", self._end)
        self._page.remove_listener("requestfailed", self._end)

    async def _rests(self) -> bool:
        self._changed.clear()
        if self._under_way:
            await self._changed.wait()
            return False
        try:
            async with asyncio.timeout(REST_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return True
        return False

    def _begin(self, request: "Request") -> None:
        if request.resource_type in FETCHED:
            self._under_way.add(request)
            self._changed.set()

    def _end(self, request: "Request") -> None:
        self._under_way.discard(request)
        self._changed.set()
