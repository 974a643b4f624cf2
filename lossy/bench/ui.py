"""From an event on the bus to the note in the panel, beside a label of a bare NiceGUI, in turn in one run.

Both are real servers with real pages in one Chromium. The clock that says when a page showed something is the one that
says when it was published: everything is on this machine. The panels stand in a frame, as in the extension; the page
around them hands them a ticket and names the video, as the extension does. While several pages are open, fifty socket
clients are connected to each server too, and hear as much of their own whenever its pages are measured.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import socketio

from lossy.automation.chromium import find_chromium
from lossy.bench.child import child, free_port, lossy_command, seconds_to_answer
from lossy.bench.figures import in_ms, percentile
from lossy.client import Connection, api
from lossy.errors import SetupProblem
from lossy.events import Category, Event, Note, NoteChanged, NoteStatus
from lossy.protocol import Me, SignedIn, TicketIssued, VideoContext, VideoOpened

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Frame, Page

MANY_PAGES = 10
CLIENTS = 50
CLIENTS_PER_USER = 5
NOTES = 20
ROUNDS = (100, 30)
REST_SECONDS = 0.1
"""Between two events, so that each comes to pages that have nothing to do."""
GOAL_RATIO = 2.0
VIDEO = "https://example.org/bench.mp4"
SHOWN_SECONDS = 20.0

BARE = """
import asyncio, sys, time
import uvicorn
from fastapi import FastAPI
from nicegui import core, ui

app = FastAPI()
labels = []
BODY = {"type": "note_changed", "note": {f"field_{i}": "twenty-one characters" for i in range(20)}}
core.sio.on("connect", lambda sid, environ, auth: None, namespace="/bench")

@app.get("/api/health")
def health() -> dict[str, str]:
    return {"status": "ok"}

@ui.page("/")
def page() -> None:
    labels.append(ui.label("Remark 0"))

async def take_orders() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for order in orders:
        at = time.time()
        for label in labels:
            label.set_text(order.decode().strip())
        for sid, _ in list(core.sio.manager.get_participants("/bench", None)):
            asyncio.create_task(core.sio.emit("event", BODY, to=sid, namespace="/bench"))
        print(at, flush=True)
    server.should_exit = True

ui.run_with(app)
server = uvicorn.Server(uvicorn.Config(app, port=int(sys.argv[1]), log_level="warning"))

async def main() -> None:
    await asyncio.gather(server.serve(), take_orders())

asyncio.run(main())
"""

AROUND = """<!doctype html><meta charset="utf-8">
<style>html, body, iframe { display: block; margin: 0; border: 0; width: 100%; height: 100% }</style>
<iframe src="SERVER/panel"></iframe>
<script>
  const frame = document.querySelector("iframe").contentWindow;
  addEventListener("message", async ({ source, data }) => {
    if (source !== frame || !["hello", "ask_ticket"].includes(data.type)) return;
    if (data.type === "hello") frame.postMessage({ type: "shown", shown: { video: "VIDEO", title: "" } }, "SERVER");
    frame.postMessage({ type: "ticket", ticket: await window.ticket() }, "SERVER");
  });
</script>"""

EXPECT = """([selector, text]) => {
  window.shownAt = new Promise((resolve) => {
    const look = () => {
      if (!document.querySelector(selector)?.textContent.includes(text)) return;
      watching.disconnect();
      resolve((performance.timeOrigin + performance.now()) / 1000);
    };
    const watching = new MutationObserver(look);
    watching.observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  });
}"""


class Publisher(Protocol):
    """A server with pages that show what it is ordered to."""

    pages: "list[Page | Frame]"

    @property
    def selector(self) -> str:
        """Give the element that shows it."""

    async def publish(self, text: str) -> float:
        """Have every page show a text; give the wall-clock second of it."""


async def measure_ui(
    pages: int = MANY_PAGES, rounds: tuple[int, int] = ROUNDS, chromium: Path | None = None
) -> dict[str, Any]:
    """Measure with one page of each, then with `pages`, as many rounds as said; give the figures beside each other."""
    async with AsyncExitStack() as stack:
        context = await stack.enter_async_context(_browser(chromium or find_chromium()))
        lossy = await stack.enter_async_context(_lossy(context))
        bare = await stack.enter_async_context(_bare(context))
        await lossy.open()
        await bare.open()
        alone = await _compare(lossy, bare, rounds[0])
        before = [await _resident_mb(server.process) for server in (lossy, bare)]
        for _ in range(pages - 1):
            await lossy.open()
            await bare.open()
        after = [await _resident_mb(server.process) for server in (lossy, bare)]
        heap = await _heap_mb(lossy.pages[-1])
        await stack.enter_async_context(_clients(lossy))
        await stack.enter_async_context(_bare_clients(bare))
        crowd = await _compare(lossy, bare, rounds[1])
    growth = [round((end - begin) / (pages - 1), 2) for begin, end in zip(before, after, strict=True)]
    return {
        "one_page": alone,
        f"{pages}_pages_and_{CLIENTS}_clients": crowd,
        "server_memory_per_idle_page_mb": {"panel": growth[0], "bare_label": growth[1]},
        "javascript_heap_of_a_panel_mb": heap,
    }


@dataclass
class _Lossy:
    """Lossy with its panels."""

    process: Process
    url: str
    around: str
    notes: list[Note]
    context: "BrowserContext"
    pages: "list[Page | Frame]" = field(default_factory=list)
    crowd: list[NoteChanged] = field(default_factory=list)

    @property
    def selector(self) -> str:
        return f'article[data-id="{self.notes[0].id}"]'

    async def open(self) -> None:
        page = await self.context.new_page()
        await page.goto(self.around)
        frame = page.frames[1]
        self.pages.append(frame)
        await frame.wait_for_selector(".talk .mic")
        for note in self.notes:
            await self._order([self._changed(note)])
        await frame.wait_for_selector(self.selector)

    async def publish(self, text: str) -> float:
        note = self.notes[0].model_copy(update={"text": text, "version": self.notes[0].version + 1})
        self.notes[0] = note
        return await self._order([self._changed(note), *self.crowd])

    def _changed(self, note: Note) -> NoteChanged:
        return NoteChanged(user_id=note.author_id, video_id=note.video_id, note=note)

    async def _order(self, events: Sequence[Event]) -> float:
        body = "[" + ",".join(event.model_dump_json() for event in events) + "]"
        return await _order(self.process, body)


@dataclass
class _Bare:
    """A NiceGUI with one label a page."""

    process: Process
    url: str
    context: "BrowserContext"
    pages: "list[Page | Frame]" = field(default_factory=list)
    selector = ".nicegui-content"

    async def open(self) -> None:
        page = await self.context.new_page()
        await page.goto(self.url)
        await page.wait_for_function("window.socket?.connected")
        self.pages.append(page)

    async def publish(self, text: str) -> float:
        return await _order(self.process, text)


async def _compare(lossy: Publisher, bare: Publisher, rounds: int) -> dict[str, Any]:
    took: dict[str, list[float]] = {"panel": [], "bare": []}
    for number in range(rounds):
        for name, server in (("panel", lossy), ("bare", bare)):
            took[name] += await _shown(server, f"Remark {number} of {name} {uuid4().hex[:8]}")
    ratios = {
        f"p{part}": round(percentile(took["panel"], part) / percentile(took["bare"], part), 2) for part in (50, 95)
    }
    return {
        "event_to_panel_ms": in_ms(took["panel"], 50, 95),
        "event_to_bare_label_ms": in_ms(took["bare"], 50, 95),
        "ratio": {**ratios, "goal": GOAL_RATIO},
    }


async def _shown(server: Publisher, text: str) -> list[float]:
    await asyncio.sleep(REST_SECONDS)
    for page in server.pages:
        await page.evaluate(EXPECT, [server.selector, text])
    at = await server.publish(text)
    async with asyncio.timeout(SHOWN_SECONDS):
        shown = [await page.evaluate("shownAt") for page in server.pages]
    return [each - at for each in shown]


@asynccontextmanager
async def _browser(chromium: Path | None) -> "AsyncIterator[BrowserContext]":
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415
    except ImportError as error:
        raise SetupProblem("This bench drives a browser: pip install playwright.") from error
    if chromium is None:
        raise SetupProblem("This bench drives a browser, and there is no Chromium here: `lossy doctor` says more.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield await browser.new_context(viewport={"width": 400, "height": 800})
        await browser.close()


@asynccontextmanager
async def _lossy(context: "BrowserContext") -> AsyncIterator[_Lossy]:
    port, around = free_port(), free_port()
    url, origin = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{around}"
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name:
        folder = Path(name)
        command = lossy_command(folder, port, ["lossy.bench.ui_server"], LOSSY_EXTENSION_ORIGINS=origin)
        async with child(command, folder, is_talked_to=True) as process:
            await seconds_to_answer(process, port, folder)
            signed_in = await _register(url)
            async with api(url, signed_in.token) as client:

                async def ticket() -> str:
                    return TicketIssued.model_validate((await client.post("/api/tickets")).json()).ticket

                await context.expose_function("ticket", ticket)
                who = await _who(url, signed_in)
                opened = VideoOpened.model_validate((await client.post("/api/videos", json={"url": VIDEO})).json())
                notes = [_note(opened.video, who, second) for second in range(NOTES)]
                async with _page(AROUND.replace("SERVER", url).replace("VIDEO", opened.video), around):
                    yield _Lossy(process, url, origin, notes, context)


@asynccontextmanager
async def _page(body: str, port: int) -> AsyncIterator[None]:
    """Serve a page on loopback: Chromium lets no page of another kind frame ours."""
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(give, "127.0.0.1", port):
        yield


@asynccontextmanager
async def _bare(context: "BrowserContext") -> AsyncIterator[_Bare]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as folder:
        async with child([sys.executable, "-c", BARE, str(port)], Path(folder), is_talked_to=True) as process:
            await seconds_to_answer(process, port, Path(folder))
            yield _Bare(process, f"http://127.0.0.1:{port}", context)


@asynccontextmanager
async def _clients(lossy: _Lossy) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(CLIENTS // CLIENTS_PER_USER):
            signed_in = await _register(lossy.url)
            for number in range(CLIENTS_PER_USER):
                connection = Connection(lossy.url, signed_in.token, client="bench/0.1")
                await stack.enter_async_context(connection)
                if number == 0:
                    video = await connection.open_video(VideoContext(url=VIDEO))
                    note = _note(video.video, await _who(lossy.url, signed_in), 1)
                    lossy.crowd.append(NoteChanged(user_id=note.author_id, video_id=note.video_id, note=note))
        yield
        lossy.crowd.clear()


@asynccontextmanager
async def _bare_clients(bare: _Bare) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(CLIENTS):
            client = socketio.AsyncClient(handle_sigint=False)
            await client.connect(
                bare.url, namespaces=["/bench"], socketio_path="/_nicegui_ws/socket.io", transports=["websocket"]
            )
            stack.push_async_callback(client.shutdown)
        yield


async def _register(server: str) -> SignedIn:
    who = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
    async with api(server) as client:
        return SignedIn.model_validate((await client.post("/api/auth/register", json=who)).json())


async def _who(server: str, signed_in: SignedIn) -> str:
    async with api(server, signed_in.token) as client:
        return Me.model_validate((await client.get("/api/me")).json()).id


def _note(video_id: str, author_id: str, second: int) -> Note:
    now = datetime.now(UTC)
    return Note(
        id=uuid4().hex,
        video_id=video_id,
        session_id=None,
        turn_id=None,
        author_id=author_id,
        text=f"Remark at second {second}",
        raw_transcript="",
        start_seconds=float(second),
        end_seconds=None,
        category=Category.OTHER,
        confidence=0.9,
        status=NoteStatus.FIRMED,
        thumbnail_url=None,
        permalink=None,
        error=None,
        engine="bench",
        created_at=now,
        updated_at=now,
        version=1,
    )


async def _resident_mb(process: Process) -> float:
    told = await asyncio.create_subprocess_exec(
        "ps", "-o", "rss=", "-p", str(process.pid), stdout=asyncio.subprocess.PIPE
    )
    return int((await told.communicate())[0]) / 1024


async def _heap_mb(frame: "Page | Frame") -> float:
    used: int = await frame.evaluate("performance.memory.usedJSHeapSize")
    return round(used / 2**20, 1)


async def _order(process: Process, line: str) -> float:
    if process.stdin is None or process.stdout is None:
        raise ValueError("this child is not talked to")
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()
    return float(await process.stdout.readline())
