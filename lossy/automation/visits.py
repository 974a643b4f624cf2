"""One visit to a platform as somebody: on its page in a browser, or over its API. Who posts does not know which."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from lossy.automation.answers import Answer, carries, holds, read_answer
from lossy.automation.contract import Adapter, Api, Comment, NeedsLogin, Seen
from lossy.automation.guard import is_home
from lossy.settings import DEFAULT_PORTS

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Page, Request, Response, WebSocket

MORE_ANSWERS_SECONDS = 2.0
"""How long an answer without proof may be followed by one with it."""
SEND_SECONDS = 10.0
"""How long a page may take to send anything at all."""
PICTURE_MS = 5_000


class Visit(Protocol):
    """What posting does at a platform, in this order; only `submit` changes anything there."""

    async def open_at(self) -> None:
        """Open the video at the moment; `Refused` if it is gone or takes no comments."""

    async def who_is_logged_in(self) -> str:
        """Give the name of whoever is logged in; `NeedsLogin` if nobody is."""

    async def find(self, account: str) -> list[Seen]:
        """Look for this comment by this account."""

    async def fill(self) -> str:
        """Make the comment ready; give what would be submitted."""

    async def submit(self, within_seconds: float) -> Answer | None:
        """Submit once; give what was answered, or None if nothing was in time."""

    async def picture(self) -> bytes | None:
        """Give what is to be seen, as a JPEG."""


class PageVisit:
    """A visit in a browser."""

    def __init__(self, page: "Page", adapter: Adapter, comment: Comment, kept_from: Sequence[str] = ()) -> None:
        self._page = page
        self._kept_from = kept_from
        self._adapter = adapter
        self._comment = comment
        self._sockets: list[WebSocket] = []
        page.on("websocket", self._keep)

    async def open_at(self) -> None:
        """Open the page; `NeedsLogin` if it leads elsewhere, as pages do to have somebody sign in."""
        try:
            await self._adapter.open_at(self._page, self._comment)
        finally:
            self._stay_home()

    async def who_is_logged_in(self) -> str:
        """Read it off the page."""
        return await self._adapter.who_is_logged_in(self._page)

    async def find(self, account: str) -> list[Seen]:
        """Look through the page's comments."""
        return await self._adapter.find(self._page, self._comment, account)

    async def fill(self) -> str:
        """Type it into the box."""
        self._stay_home()
        return await self._adapter.fill(self._page, self._comment)

    async def submit(self, within_seconds: float) -> Answer | None:
        """Click, and watch what the page is answered."""
        answers = _Answers(self._page, self._sockets, self._comment.body)
        await self._adapter.submit(self._page)
        return await answers.proof(self._adapter.comment_id, within_seconds)

    async def picture(self) -> bytes | None:
        """Take a picture of the page, if it is the one that was meant."""
        if self._elsewhere():
            return None
        try:
            return await self._page.screenshot(type="jpeg", quality=60, timeout=PICTURE_MS)
        except Exception:  # noqa: BLE001 -- a page that crashed has no picture
            return None

    def _keep(self, socket: "WebSocket") -> None:
        self._sockets.append(socket)

    def _stay_home(self) -> None:
        led_to = self._kept_from[-1] if self._kept_from else self._elsewhere()
        if led_to:
            raise NeedsLogin(f"The video's page led to {led_to} instead. Sign in there, then it goes on by itself.")

    def _elsewhere(self) -> str:
        parts = urlsplit(self._page.url)
        is_page = parts.scheme in DEFAULT_PORTS and not is_home(self._page.url, self._comment.url)
        return parts.hostname or "" if is_page else ""


class ApiVisit:
    """A visit over the platform's API."""

    def __init__(self, client: "httpx.AsyncClient", api: Api, comment: Comment) -> None:
        self._client = client
        self._api = api
        self._comment = comment

    async def open_at(self) -> None:
        """Ask for the video."""
        await self._api.open_at(self._client, self._comment)

    async def who_is_logged_in(self) -> str:
        """Ask whose token it is."""
        return await self._api.who_is_logged_in(self._client)

    async def find(self, account: str) -> list[Seen]:
        """Ask for the comments."""
        return await self._api.find(self._client, self._comment, account)

    async def fill(self) -> str:
        """Nothing has to be made ready."""
        return self._comment.body

    async def submit(self, within_seconds: float) -> Answer | None:
        """Send the one request."""
        import httpx  # noqa: PLC0415 -- used by few

        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(within_seconds):
                return await self._api.submit(self._client, self._comment)
        return None

    async def picture(self) -> bytes | None:
        """There is nothing to be seen."""
        return None


class _Answers:
    """Collects what a page is answered to requests that carry a comment; what goes into a socket has no answer."""

    def __init__(self, page: "Page", sockets: "list[WebSocket]", body: str) -> None:
        self._body = body
        self._came: asyncio.Queue[Response | None] = asyncio.Queue()
        self._is_sent = asyncio.Event()
        self._sent = 0
        page.on("request", self._look)
        page.on("response", self._take)
        for socket in sockets:
            socket.on("framesent", self._hear)

    async def proof(self, comment_id: Callable[[Any], str | None], within_seconds: float) -> Answer | None:
        """Wait for an answer with the comment's id; else give the one that leaves the most open, or None."""
        answers: list[Answer] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds) as limit:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._is_sent.wait()
                while True:
                    response = await self._came.get()
                    if response is not None:
                        answers.append(answer := await read_answer(response))
                        if answer.is_yes and comment_id(answer.body) is not None:
                            return answer
                    limit.reschedule(asyncio.get_running_loop().time() + MORE_ANSWERS_SECONDS)
        return self._least_certain(answers)

    def _least_certain(self, answers: list[Answer]) -> Answer | None:
        """Give a yes, or what is neither; a no only if all that was sent got one, as a page may send twice."""
        yes, open_ = [each for each in answers if each.is_yes], [each for each in answers if not each.is_no]
        if yes or open_:
            return (yes or open_)[-1]
        return answers[-1] if answers and len(answers) >= self._sent else None

    def _look(self, request: "Request") -> None:
        if carries(request, self._body):
            self._sent += 1
            self._is_sent.set()

    def _take(self, response: "Response") -> None:
        if carries(response.request, self._body):
            self._is_sent.set()
            self._came.put_nowait(response)

    def _hear(self, frame: str | bytes) -> None:
        if holds(frame.encode() if isinstance(frame, str) else frame, self._body):
            self._sent += 1
            self._is_sent.set()
            self._came.put_nowait(None)
