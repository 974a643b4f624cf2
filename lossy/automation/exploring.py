"""Looks for the comment form of a page that nobody described, with a model that points, and changes nothing there.

Our own code clicks and types, and only to see whether the form opens: it types a mark, as the note is not known here,
and never presses the button. From the moment the page is loaded a `Gate` stops all that could change something. What
comes out are three selectors, and they count only if a fresh load of the page is filled in by them in the ordinary way.
"""

import asyncio
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lossy.automation.browsers import StorageState
from lossy.automation.browsers.browserbase import RESTORE
from lossy.automation.browsers.local import KIND, SWITCH, VIEWPORT, maker_lives, me
from lossy.automation.chromium import find_chromium
from lossy.automation.contract import Comment
from lossy.automation.gateway import Gateway
from lossy.automation.guard import Gate, is_home, keep_to
from lossy.automation.platforms.described import Layout, shown
from lossy.automation.platforms.generic import LOOK_MS, SCROLL_PX
from lossy.automation.platforms.learned import LearnedPage, form
from lossy.automation.stagehand import SWITCHES, Pointer, pointing
from lossy.errors import LossyError, Unavailable
from lossy.inference.chat_model import ChatModel

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ElementHandle, Page

WITHIN_SECONDS = 80.0
MOST_QUESTIONS = 12
STEP_MS = 8_000
QUIET_MS = 4_000
SCREENS = 5
MARK = "lossyprobe"
PROFILE = "lossy-explorer-"

BOX = "Find the field in which a visitor writes a new comment about the video. Only the field itself."
OPENER = "Find the control that has to be clicked so that a field for a new comment about the video appears."
SEND = "Find the button that submits the comment that was written into the comment field. Only that button."


class FormNotFound(LossyError):
    """No form was found that our own code can use."""

    code = "form_not_found"


class Explorer:
    """Explores pages, in a Chromium of its own for each."""

    def __init__(
        self,
        model: ChatModel,
        *,
        headless: bool = True,
        gateway: Callable[[], Gateway] | None = None,
        within_seconds: float = WITHIN_SECONDS,
    ) -> None:
        self._model = model
        self._headless = headless
        self._gateway = gateway
        self._within_seconds = within_seconds

    async def explore(self, url: str, state: StorageState | None) -> Layout:
        """Find where the comment form is on a page, as somebody signed in sees it. Raises LossyError."""
        try:
            async with asyncio.timeout(self._within_seconds):
                return await self._explore(url, state)
        except LossyError:
            raise
        except TimeoutError as error:
            raise FormNotFound("It took too long to look for the comment form.") from error
        except Exception as error:  # Stagehand and Playwright raise what they like
            raise FormNotFound(f"The page did not do what was expected ({type(error).__name__}).") from error

    async def aclose(self) -> None:
        """Close the connections to the model."""
        await self._model.aclose()

    async def _explore(self, url: str, state: StorageState | None) -> Layout:
        async with self._way_out() as proxy, _browser(self._headless, proxy) as (context, address):
            if state is not None:
                await context.add_cookies(state["cookies"])
                await context.add_init_script(f"({RESTORE})({json.dumps(state['origins'])})")
            await keep_to(context, url)
            gate = Gate(MARK)
            await gate.guard(context)
            async with pointing(address, self._model, MOST_QUESTIONS) as pointer:
                page = await context.new_page()
                page.set_default_timeout(STEP_MS)
                await _load(page, url, gate)
                found = await _find(page, pointer)
            await _load(page, url, gate)
            return await _proven(page, url, found)

    @asynccontextmanager
    async def _way_out(self) -> AsyncIterator[str | None]:
        """Open the one way out that there may be, and give its address."""
        if self._gateway is None:
            yield None
            return
        gateway = self._gateway()
        await gateway.open()
        try:
            yield gateway.address
        finally:
            await gateway.close()


def clear_profiles() -> None:
    """Remove the profiles of explorers whose process was killed: somebody's login is in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PROFILE}*"):
        if not maker_lives(folder.name.removeprefix(PROFILE).partition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)


async def _load(page: "Page", url: str, gate: Gate) -> None:
    """Open the page and scroll through it, so that what loads late is there; then let nothing pass any more."""
    from playwright.async_api import TimeoutError as TooSlow  # noqa: PLC0415

    gate.is_closed = False
    await page.goto(url, wait_until="domcontentloaded")
    if not is_home(page.url, url):
        raise FormNotFound("The video's page led elsewhere.")
    with suppress(TooSlow):
        await page.wait_for_load_state("networkidle", timeout=QUIET_MS)
    for _ in range(SCREENS):
        await page.mouse.wheel(0, SCROLL_PX)
        await page.wait_for_timeout(LOOK_MS // 4)
    gate.is_closed = True


async def _find(page: "Page", pointer: Pointer) -> Layout:
    opener, box = "", await _box(page, pointer)
    if box is None:
        opener = await _open(page, pointer)
        box = await _box(page, pointer)
    if box is None:
        raise FormNotFound("The model found no field for comments on the page.")
    await box.fill(MARK)
    for element in await pointer.point(page, SEND):
        send = (await element.evaluate_handle(f"(one, box) => ({form()}).sendOf(one, box)", box)).as_element()
        if send is not None:
            return Layout(opener=opener, box=await _selector(box), send=await _selector(send))
    raise FormNotFound("The model found no button that could belong to the field for comments.")


async def _box(page: "Page", pointer: Pointer) -> "ElementHandle | None":
    await page.evaluate(f"() => ({form()}).markEditables()")
    for element in await pointer.point(page, BOX):
        box = (await element.evaluate_handle(f"one => ({form()}).boxOf(one)")).as_element()
        if box is not None:
            return box
    return None


async def _open(page: "Page", pointer: Pointer) -> str:
    elements = await pointer.point(page, OPENER)
    if not elements:
        return ""
    selector = await _selector(elements[0])
    await elements[0].click(no_wait_after=True)
    await page.wait_for_timeout(LOOK_MS)
    return selector


async def _proven(page: "Page", url: str, found: Layout) -> Layout:
    """Fill the form in by the layout alone; the opener is left out if the box is there without it."""
    layout = replace(found, opener="") if await shown(page, found.box) is not None else found
    with suppress(LossyError):
        if await LearnedPage(layout).fill(page, Comment(url, "", MARK, 0.0)) == MARK:
            return layout
    raise FormNotFound("The comment form that the model pointed at could not be filled in.")


async def _selector(element: "ElementHandle") -> str:
    return str(await element.evaluate(f"one => ({form()}).selectorOf(one)"))


@asynccontextmanager
async def _browser(headless: bool, way_out: str | None) -> AsyncIterator[tuple["BrowserContext", str]]:
    """Start a Chromium that ends with this process; give its default context and its debugging address."""
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 -- half a second, used by few

    port = _free_port()
    mark = f"{SWITCH}{KIND}:{me()}:{os.urandom(8).hex()}"
    arguments = [mark, *SWITCHES, f"--remote-debugging-port={port}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    # Stagehand's extension calls the debugging port from inside the browser.
    proxy = None if way_out is None else {"server": way_out, "bypass": f"<-loopback>,127.0.0.1:{port}"}
    with tempfile.TemporaryDirectory(prefix=f"{PROFILE}{me()}-", ignore_cleanup_errors=True) as profile:
        async with async_playwright() as playwright:
            try:
                context = await playwright.chromium.launch_persistent_context(
                    profile, executable_path=find_chromium(), headless=headless, viewport=VIEWPORT,  # type: ignore[arg-type]
                    args=arguments, ignore_default_args=["--disable-extensions"], proxy=proxy,  # type: ignore[arg-type]
                )  # fmt: skip
            except Error as error:
                raise Unavailable("No browser could be started to look for the form. See: lossy doctor") from error
            try:
                yield context, f"http://127.0.0.1:{port}"
            finally:
                await context.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
