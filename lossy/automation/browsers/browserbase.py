"""Chromium at Browserbase: a session for each attempt, in its default context.

A session outlives the worker that made it, so each carries whose it is: the next start on this machine releases those
whose maker is dead. Those that nobody releases end by themselves.
"""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from lossy.automation.browsers import Browsers, OpenBrowser, StorageState
from lossy.automation.browsers.local import LocalBrowsers, maker_lives, me
from lossy.automation.contract import Busy
from lossy.errors import LossyError, Unavailable
from lossy.settings import Settings

if TYPE_CHECKING:
    from browserbase import APIError, AsyncBrowserbase
    from playwright.async_api import BrowserContext, Playwright

logger = logging.getLogger(__name__)

KIND = "browserbase"
AT_ONCE = 2
LIVES_SECONDS = 300
"""A session that nobody released ends after this; an attempt takes less."""
LIVE = ("PENDING", "RUNNING")
RELEASED_SECONDS = 15.0
LOOK_SECONDS = 0.25
BUSY_SECONDS = 10.0
REQUEST_SECONDS = 30.0
PLAN_IS_USED_UP = 402
RESTORE = """entries => {
    const mine = entries.find((one) => one.origin === location.origin);
    for (const { name, value } of mine?.localStorage ?? [])
        if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
}"""


class BrowserbaseBrowsers:
    """At most two sessions at once; what another kind of browsers left is ended by `others`."""

    def __init__(
        self, api_key: str, project_id: str | None, url: str | None, others: Browsers, *, at_once: int = AT_ONCE
    ) -> None:
        self._api_key = api_key
        self._project: dict[str, Any] = {} if project_id is None else {"project_id": project_id}
        self._url = url
        self._others = others
        self._slots = asyncio.Semaphore(at_once)
        self._made: AsyncBrowserbase | None = None
        self._playwright: Playwright | None = None
        self._starting = asyncio.Lock()

    @asynccontextmanager
    async def open(self, state: StorageState | None, tags: dict[str, str]) -> AsyncIterator[OpenBrowser]:
        """Open a session; `Busy` if the plan allows no more of them now."""
        async with self._slots:
            session = await self._create(tags)
            key = f"{KIND}:{session.id}"
            try:
                yield OpenBrowser(key, await self._connect(session.connect_url, state))
            finally:
                await asyncio.shield(self._release_in_peace(session.id))

    @asynccontextmanager
    async def live_view(self, tags: dict[str, str], lives_seconds: int) -> AsyncIterator[tuple[str, "BrowserContext"]]:
        """Open a session, beside those that post, and give the address where a person sees it."""
        from browserbase import APIError  # noqa: PLC0415

        session = await self._create(tags, lives_seconds)
        try:
            try:
                seen_at = (await self._client.sessions.debug(session.id)).debugger_fullscreen_url
            except APIError as error:
                raise _words(error) from error
            yield seen_at, await self._connect(session.connect_url, None)
        finally:
            await asyncio.shield(self._release_in_peace(session.id))

    async def end(self, key: str) -> None:
        """Release a session, and wait until it has ended."""
        kind, _, session_id = key.partition(":")
        if kind == KIND:
            await self._release(session_id)
        else:
            await self._others.end(key)

    async def reap(self) -> int:
        """Release the sessions of this machine whose maker is dead; give how many there were."""
        from browserbase import APIError  # noqa: PLC0415 -- used by few

        count = await self._others.reap()
        try:
            running = await self._client.sessions.list(status="RUNNING")
        except APIError as error:
            logger.warning("What was left at Browserbase could not be looked at (%s).", _words(error).message)
            return count
        for session in running:
            mark = session.user_metadata or {}
            if mark.get("lossy") == socket.gethostname() and not maker_lives(str(mark.get("maker"))):
                await self._release_in_peace(session.id)
                count += 1
        return count

    async def check(self) -> None:
        """Ask something of it; `Unavailable`, with why, if it does not answer or not to this key."""
        from browserbase import APIError  # noqa: PLC0415

        try:
            await self._client.sessions.list(status="RUNNING")
        except APIError as error:
            raise _words(error) from error

    async def aclose(self) -> None:
        """Close the connection to it, and what the others have."""
        await self._others.aclose()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
        if self._made is not None:
            await self._made.close()
            self._made = None

    @property
    def _client(self) -> "AsyncBrowserbase":
        from browserbase import AsyncBrowserbase  # noqa: PLC0415

        if self._made is None:
            self._made = AsyncBrowserbase(api_key=self._api_key, base_url=self._url, timeout=REQUEST_SECONDS)
        return self._made

    async def _create(self, tags: dict[str, str], lives_seconds: int = LIVES_SECONDS) -> Any:
        from browserbase import APIError  # noqa: PLC0415

        mark: dict[str, object] = {"lossy": socket.gethostname(), "maker": me(), **tags}
        once = self._client.with_options(max_retries=0)  # a second request would make a second session
        try:
            return await once.sessions.create(user_metadata=mark, api_timeout=lives_seconds, **self._project)
        except APIError as error:
            raise _words(error) from error

    async def _connect(self, url: str, state: StorageState | None) -> "BrowserContext":
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415

        async with self._starting:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
        try:
            browser = await self._playwright.chromium.connect_over_cdp(url)
        except Error as error:
            raise Unavailable("The browser at Browserbase can't be reached.") from error
        context = browser.contexts[0]
        if state is not None:
            await context.add_cookies(state["cookies"])
            await context.add_init_script(f"({RESTORE})({json.dumps(state['origins'])})")
        return context

    async def _release(self, session_id: str) -> None:
        from browserbase import APIError, NotFoundError  # noqa: PLC0415

        try:
            session = await self._client.sessions.update(session_id, status="REQUEST_RELEASE", **self._project)
            async with asyncio.timeout(RELEASED_SECONDS):
                while session.status in LIVE:
                    await asyncio.sleep(LOOK_SECONDS)
                    session = await self._client.sessions.retrieve(session_id)
        except NotFoundError:
            return
        except APIError as error:
            raise _words(error) from error
        except TimeoutError as error:
            raise Unavailable("A browser at Browserbase does not end.") from error

    async def _release_in_peace(self, session_id: str) -> None:
        """Release a session where nobody can do anything about it if that fails: it ends by itself."""
        try:
            await self._release(session_id)
        except LossyError as error:
            logger.warning("Session %s of Browserbase could not be released (%s).", session_id, error.message)


def browserbase_browsers(settings: Settings) -> BrowserbaseBrowsers | None:
    """Give those that the settings ask for, if they do."""
    if settings.browserbase_api_key is None:
        return None
    key, project = settings.browserbase_api_key.get_secret_value(), settings.browserbase_project_id
    return BrowserbaseBrowsers(key, project, settings.browserbase_url, LocalBrowsers(headless=settings.post_headless))


def _words(error: "APIError") -> LossyError:
    from browserbase import APIStatusError, AuthenticationError, RateLimitError  # noqa: PLC0415

    if isinstance(error, AuthenticationError):
        return Unavailable("Browserbase does not accept its key. See LOSSY_BROWSERBASE_API_KEY.")
    if isinstance(error, RateLimitError):
        seconds = BUSY_SECONDS
        with suppress(ValueError):
            seconds = float(error.response.headers.get("retry-after", BUSY_SECONDS))
        return Busy("Browserbase has no browser free at the moment; this waits for one.", seconds)
    if isinstance(error, APIStatusError) and error.status_code == PLAN_IS_USED_UP:
        return Unavailable("What the plan at Browserbase allows is used up.")
    return Unavailable("Browserbase can't be reached.")
