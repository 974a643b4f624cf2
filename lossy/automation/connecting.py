"""Lets a person sign in at a platform in a window of their own, and keeps what the browser then knows.

The window is a Chromium without the marks of automation, with a profile that is gone when it closes: nothing looks at
what is typed. While it is open its cookies and storage are read now and then; what it had last is sealed and kept.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lossy.automation.browsers import StorageState
from lossy.automation.chromium import find_chromium
from lossy.automation.sealing import Seal
from lossy.db import logins
from lossy.db.engine import Database
from lossy.errors import InvalidInput, SetupProblem, Unavailable
from lossy.video_url import VideoIdentity, identify_url, posting_address

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

READ_EVERY_SECONDS = 0.5
WAIT_SECONDS = 15 * 60.0
NOT_ON_A_PAGE = ("sample", "local")

WhenOpen = Callable[["BrowserContext"], Coroutine[None, None, None]]


async def connect(
    database: Database, seal: Seal, user_id: str, url: str, *, when_open: WhenOpen | None = None
) -> tuple[str, int]:
    """Open the video's page, wait for the window to be closed, and keep the login of its host.

    Gives the host, and how many notes go on that waited for it. `when_open` acts in the window beside the person.
    """
    named, place = _place(url)
    state = await _signed_in(named.url or url, when_open)
    if not state["cookies"] and not state["origins"]:
        raise InvalidInput(
            f"{place} kept nothing in that window, so nobody is signed in. Try again, and sign in there."
        )
    async with database.write() as db:
        return place, await logins.keep_login(db, user_id, named.platform, place, sealed=seal.seal(state))


def place_of(address: str) -> str:
    """Give the host that a video's address, or a host itself, stands for."""
    return _place(address)[1] if "://" in address else address


def _place(url: str) -> tuple[VideoIdentity, str]:
    named = identify_url(url)
    if named.platform in NOT_ON_A_PAGE or named.url is None:
        raise InvalidInput("This video is on no platform that comments could be posted to.")
    return named, posting_address(named.platform, named.external_id, named.url).place


async def _signed_in(url: str, when_open: WhenOpen | None) -> StorageState:
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 -- half a second, used by few

    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SetupProblem("This machine has no screen to open a window on. Run this where you sit, with its database.")
    arguments = ["--disable-blink-features=AutomationControlled", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory(prefix="lossy-connect-") as profile:
        async with async_playwright() as playwright:
            try:
                context = await playwright.chromium.launch_persistent_context(
                    profile, executable_path=find_chromium(), headless=False, args=arguments, no_viewport=True,
                    ignore_default_args=["--enable-automation"],
                )  # fmt: skip
            except Error as error:
                raise Unavailable("No browser window could be opened. See: lossy doctor") from error
            page = context.pages[0]
            with suppress(Error):  # the person sees what is the matter with the page
                await page.goto(url)
            acting = asyncio.ensure_future(_nothing(context) if when_open is None else when_open(context))
            state = await _until_closed(context)
            await acting
            with suppress(Error):
                await context.close()
    return state


async def _nothing(_context: "BrowserContext") -> None:
    """The person acts, in the window."""


async def _until_closed(context: "BrowserContext") -> StorageState:
    """Read what the window knows until it is closed, and give what it knew last."""
    from playwright.async_api import Error  # noqa: PLC0415

    state: Any = {"cookies": [], "origins": []}
    closed = asyncio.Event()
    context.on("close", lambda _: closed.set())
    with suppress(TimeoutError, Error):
        async with asyncio.timeout(WAIT_SECONDS):
            while not closed.is_set() and context.pages:
                state = await context.storage_state()
                with suppress(TimeoutError):
                    async with asyncio.timeout(READ_EVERY_SECONDS):
                        await closed.wait()
    return dict(state)
