"""Chromium on this machine. It is kept warm between attempts; each has a context of its own.

Every browser process carries a mark with the process that made it, so that one which outlived a killed worker is found
and ended by whoever comes next, whatever its pid is by then.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from lossy.automation.browsers import OpenBrowser, StorageState
from lossy.automation.chromium import find_chromium
from lossy.automation.gateway import Gateway
from lossy.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

KIND = "local"
SWITCH = "--lossy-browser="
AT_ONCE = 2
USES = 50
"""After so many attempts a browser makes room for a new one, as its memory only grows."""
VIEWPORT = {"width": 1280, "height": 900}
GONE_SECONDS = 5.0


class LocalBrowsers:
    """At most two browsers at once, reused; with a gateway, nothing of theirs goes another way."""

    def __init__(self, *, headless: bool = True, at_once: int = AT_ONCE, gateway: Gateway | None = None) -> None:
        self.launched = 0
        """How many browsers it has started so far."""
        self._headless = headless
        self._gateway = gateway
        self._slots = asyncio.Semaphore(at_once)
        self._idle: list[_Warm] = []
        self._open: dict[str, BrowserContext] = {}
        self._playwright: Playwright | None = None
        self._starting = asyncio.Lock()

    @asynccontextmanager
    async def open(self, state: StorageState | None, tags: dict[str, str]) -> AsyncIterator[OpenBrowser]:
        """Open a context in a warm browser, or in a new one."""
        async with self._slots:
            warm = await self._take()
            try:
                context = await warm.browser.new_context(storage_state=state, viewport=VIEWPORT)  # type: ignore[arg-type]
                key = f"{warm.key}:{uuid.uuid4().hex}"
                self._open[key] = context
                try:
                    yield OpenBrowser(key, context)
                finally:
                    await self.end(key)
            finally:
                await self._put_back(warm)

    async def end(self, key: str) -> None:
        """Close the context, if it is of this process; else kill its whole browser, as nobody can be asked to."""
        browser, _, _ = key.rpartition(":")
        if browser.startswith(f"{KIND}:{me()}:"):
            if (context := self._open.pop(key, None)) is not None:
                with suppress(Exception):
                    await context.close()
        else:
            await asyncio.to_thread(_kill, list(_marked(f"{SWITCH}{browser}")))

    async def reap(self) -> int:
        """Kill the browsers whose process is dead; give how many there were."""
        orphans = {process: mark for process in _marked(SWITCH) if not maker_lives(_maker(mark := _mark(process)))}
        await asyncio.to_thread(_kill, list(orphans))
        return len(set(orphans.values()))

    async def aclose(self) -> None:
        """Close every browser that is idle, and the driver with the others."""
        for warm in self._idle:
            await _close(warm)
        self._idle.clear()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
            if self._gateway is not None:
                await self._gateway.close()

    async def _take(self) -> "_Warm":
        while self._idle:
            warm = self._idle.pop()
            if warm.browser.is_connected():
                return warm
        return await self._launch()

    async def _put_back(self, warm: "_Warm") -> None:
        warm.uses += 1
        if warm.browser.is_connected() and warm.uses < USES:
            self._idle.append(warm)
        else:
            await _close(warm)

    async def _launch(self) -> "_Warm":
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415 -- half a second, used by few

        async with self._starting:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
                if self._gateway is not None:
                    await self._gateway.open()
        proxy = None if self._gateway is None else {"server": self._gateway.address, "bypass": "<-loopback>"}
        key = f"{KIND}:{me()}:{uuid.uuid4().hex}"
        args = [f"{SWITCH}{key}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=find_chromium(),
                headless=self._headless,
                args=args,
                proxy=proxy,  # type: ignore[arg-type]
            )
        except Error as error:
            raise Unavailable("No browser could be started for posting. See: lossy doctor") from error
        self.launched += 1
        return _Warm(key, browser)


class _Warm:
    def __init__(self, key: str, browser: "Browser") -> None:
        self.key = key
        self.browser = browser
        self.uses = 0


async def _close(warm: _Warm) -> None:
    with suppress(Exception):
        await warm.browser.close()


def me() -> str:
    """Name this process as no other one on this machine ever is."""
    return f"{os.getpid()}.{psutil.Process().create_time():.2f}"


def _marked(beginning: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(word.startswith(beginning) for word in process.cmdline()):
                yield process


def maker_lives(name: str) -> bool:
    """Whether the process that called itself `me()` still lives."""
    pid, _, begun = name.partition(".")
    with suppress(psutil.Error, ValueError):
        return f"{psutil.Process(int(pid)).create_time():.2f}" == begun
    return False


def _mark(process: psutil.Process) -> str:
    """Read the browser's key; what it is just forking carries the same one."""
    with suppress(psutil.Error, StopIteration):
        return next(word for word in process.cmdline() if word.startswith(SWITCH)).removeprefix(SWITCH)
    return ""


def _maker(mark: str) -> str:
    return mark.split(":")[1] if ":" in mark else ""


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=GONE_SECONDS)
