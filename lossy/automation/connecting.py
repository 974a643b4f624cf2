"""Lets a person sign in at a platform in a window of their own, and keeps what the browser then knows.

The window on this machine is a Chromium without the marks of automation, with a profile that is gone when it closes:
nothing looks at what is typed. While a window is open its cookies and storage are read now and then; what it had last
is sealed and kept once the person closes it or says that they are done, and forgotten otherwise.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossy.automation.authorizing import Connected
from lossy.automation.browsers import StorageState
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers
from lossy.automation.browsers.local import KIND, SWITCH, me
from lossy.automation.chromium import find_chromium
from lossy.automation.sealing import Seal
from lossy.db import logins
from lossy.db.engine import Database
from lossy.errors import InvalidInput, SetupProblem, Unavailable
from lossy.video_url import VideoIdentity, identify_url, is_of_a_platform, posting_address

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

READ_EVERY_SECONDS = 0.5
WAIT_SECONDS = 15 * 60.0
AFTER_SECONDS = 60
NOT_ON_A_PAGE = ("sample", "local")


@dataclass(frozen=True)
class Window:
    """A browser in which a person signs in; `live_view` is where they see it, if it is not on this machine."""

    context: "BrowserContext"
    live_view: str | None = None


OpenWindow = Callable[[], AbstractAsyncContextManager[Window]]
WhenOpen = Callable[[Window], Coroutine[None, None, None]]


def has_screen() -> bool:
    """Whether a window on this machine can be seen by whoever sits at it."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@asynccontextmanager
async def window_here() -> AsyncIterator[Window]:
    """Open a window on this machine; the block's end closes it."""
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 -- half a second, used by few

    if not has_screen():
        raise SetupProblem("This machine has no screen to open a window on. Run this where you sit, with its database.")
    arguments = [
        "--disable-blink-features=AutomationControlled",
        f"{SWITCH}{KIND}:{me()}:window",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with tempfile.TemporaryDirectory(prefix="lossy-connect-", ignore_cleanup_errors=True) as profile:
        async with async_playwright() as playwright:
            try:
                context = await playwright.chromium.launch_persistent_context(
                    profile, executable_path=find_chromium(), headless=False, args=arguments, no_viewport=True,
                    ignore_default_args=["--enable-automation"],
                )  # fmt: skip
            except Error as error:
                raise Unavailable("No browser window could be opened. See: lossy doctor") from error
            try:
                yield Window(context)
            finally:
                with suppress(Error):
                    await context.close()


@asynccontextmanager
async def window_at_browserbase(far: BrowserbaseBrowsers) -> AsyncIterator[Window]:
    """Open a session at Browserbase that the person sees from afar; the block's end releases it."""
    async with far.live_view({"for": "sign-in"}, int(WAIT_SECONDS) + AFTER_SECONDS) as (address, context):
        yield Window(context, address)


async def connect(
    database: Database,
    seal: Seal,
    user_id: str,
    url: str,
    *,
    window: OpenWindow = window_here,
    ended: asyncio.Event | None = None,
    when_open: WhenOpen | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> Connected:
    """Open the video's page, wait for the window to be closed or for `ended`, and keep the login of its host.

    `when_open` acts beside the person. `Unavailable` if nobody closes it in time.
    """
    named, place = place_of_video(url)
    async with window() as opened:
        await _show(opened, named.url or url)
        acting = asyncio.ensure_future(_nothing() if when_open is None else when_open(opened))
        try:
            async with asyncio.timeout(wait_seconds):
                state = await _until_closed(opened.context, ended or asyncio.Event())
            await acting
        except TimeoutError as error:
            raise Unavailable("Nobody finished in time, so the browser was closed. Begin again.") from error
        finally:
            acting.cancel()
    if not state["cookies"] and not state["origins"]:
        raise InvalidInput(
            f"{place} kept nothing in that window, so nobody is signed in. Try again, and sign in there."
        )
    async with database.write() as db:
        going_on = await logins.keep_login(db, user_id, named.platform, place, sealed=seal.seal(state))
    return Connected(place, "", going_on)


def place_of(address: str) -> str:
    """Give the host that a video's address, or a host itself, stands for."""
    return place_of_video(address)[1] if "://" in address else address


def place_of_video(url: str) -> tuple[VideoIdentity, str]:
    """Tell which video an address names, and the host where its login belongs to."""
    named = identify_url(url)
    if named.platform in NOT_ON_A_PAGE or named.url is None:
        raise InvalidInput("This video is on no platform that comments could be posted to.")
    if named.platform == "web" and is_of_a_platform(named.url):
        raise InvalidInput("This is not the page of a video. Copy the address of a video there, then try again.")
    return named, posting_address(named.platform, named.external_id, named.url).place


async def _show(window: Window, url: str) -> None:
    from playwright.async_api import Error  # noqa: PLC0415

    with suppress(Error):  # the person sees what is the matter with the page
        await window.context.pages[0].goto(url, wait_until="domcontentloaded")


async def _nothing() -> None:
    """The person acts, in the window."""


async def _until_closed(context: "BrowserContext", ended: asyncio.Event) -> StorageState:
    """Read what the window knows until it is closed or the person is done, and give what it knew last."""
    from playwright.async_api import Error  # noqa: PLC0415

    state: Any = {"cookies": [], "origins": []}
    context.on("close", lambda _: ended.set())
    with suppress(Error):  # it was closed while it was read
        while context.pages:
            is_last = ended.is_set()
            state = await context.storage_state()
            if is_last:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_EVERY_SECONDS):
                    await ended.wait()
    return dict(state)
