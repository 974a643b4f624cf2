"""What a page sends while its browser is only to look."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from playwright.async_api import BrowserContext, Page
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.guard import Gate, keep_to
from lossy.bench.loopback import Loopback

WAIT_SECONDS = 30
MARK = "themark"
WAYS = {
    "post": "fetch('/take/post', { method: 'POST', body: 'x' })",
    "delete": "fetch('/take/delete', { method: 'DELETE' })",
    "beacon": "navigator.sendBeacon('/take/beacon', 'x')",
    "marked": f"fetch('/take/marked?text={MARK}')",
    "form": "document.querySelector('form').submit()",
    "link": "location.href = '/take/link'",
    "window": "window.open('/take/window')",
    "frame": "document.querySelector('iframe').contentWindow.fetch('/take/frame', { method: 'POST' })",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('${origin}/take/worker', { method: 'POST' })`])))",
    "socket": "socket.send('x')",
}
PAGE = """<!doctype html><title>Page</title><form method=post action=/take/form></form><iframe src=/inner></iframe>
<script>
const socket = new WebSocket(`ws://${location.host}/socket`);
window.ready = new Promise((resolve) => { socket.onopen = resolve; });
</script>"""


class Recorder(Loopback):
    """Serves a page, and knows what reached it."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.listen(
            [
                Route("/", self._page),
                Route("/inner", self._page_inside),
                Route("/take/{way}", self._take, methods=["GET", "POST", "DELETE"]),
                WebSocketRoute("/socket", self._socket),
            ]
        )

    @property
    def elsewhere(self) -> str:
        """Give its address by another name."""
        return self.url.replace("127.0.0.1", "localhost")

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def _page_inside(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><p>Inside")

    async def _take(self, request: Request) -> Response:
        self.took.append(request.path_params["way"])
        return JSONResponse({})

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        async for _ in socket.iter_text():
            self.took.append("socket")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as site:
        yield site


@pytest.fixture
async def gate() -> Gate:
    return Gate(MARK)


@pytest.fixture
async def context(recorder: Recorder, gate: Gate) -> AsyncIterator[BrowserContext]:
    browsers = LocalBrowsers()
    async with browsers.open(None, {}) as opened:
        await keep_to(opened.context, recorder.url)
        await gate.guard(opened.context)
        yield opened.context
    await browsers.aclose()


async def test_a_closed_gate_stops_whatever_could_change_something(
    context: BrowserContext, recorder: Recorder, gate: Gate
) -> None:
    for way, script in WAYS.items():
        tab = await _load(context, recorder, gate)
        gate.is_closed, stopped = True, gate.stopped
        await tab.evaluate(f"() => void ({script})")
        await _until(lambda before=stopped: gate.stopped > before)  # type: ignore[misc]
        assert (way, recorder.took) == (way, [])
        assert tab.url == f"{recorder.url}/"


async def test_an_open_gate_lets_all_of_it_pass(context: BrowserContext, recorder: Recorder, gate: Gate) -> None:
    for way, script in WAYS.items():
        tab = await _load(context, recorder, gate)
        await tab.evaluate(f"() => void ({script})")
        await _until(lambda this=way: this in recorder.took)  # type: ignore[misc]
    assert gate.stopped == 0


async def test_a_closed_gate_lets_a_page_read(context: BrowserContext, recorder: Recorder, gate: Gate) -> None:
    tab = await _load(context, recorder, gate)
    gate.is_closed = True
    assert await tab.evaluate("() => fetch('/take/more').then((answer) => answer.status)") == 200
    assert recorder.took == ["more"]


async def test_a_window_elsewhere_does_not_open_and_is_no_leading_away(recorder: Recorder) -> None:
    browsers = LocalBrowsers()
    async with browsers.open(None, {}) as opened:
        kept_from = await keep_to(opened.context, recorder.url)
        tab = await opened.context.new_page()
        await tab.goto(recorder.url)
        async with opened.context.expect_event("requestfailed", lambda failed: "/take/window" in failed.url):
            await tab.evaluate("address => void window.open(address)", f"{recorder.elsewhere}/take/window")
    await browsers.aclose()
    assert (kept_from, recorder.took) == ([], [])


async def _load(context: BrowserContext, recorder: Recorder, gate: Gate) -> Page:
    gate.is_closed = False
    tab = await context.new_page()
    await tab.goto(recorder.url)
    await tab.evaluate("() => window.ready")
    return tab


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait for what happens in the site's thread or in the browser, which tell nobody."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)
