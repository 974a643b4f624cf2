"""What the extension costs the pages that it is in and that have no video, beside the same pages without it.

Two Chromiums show the same pages at the same time, one with the extension. What the browser says of the time it spent
on scripts, and of the memory they hold once the garbage is collected, is compared. Nobody is signed in: nothing but
the content script is in those pages.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossy.automation.chromium import find_chromium
from lossy.bench.child import free_port
from lossy.errors import SetupProblem
from lossy.settings import EXTENSION

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession

SECONDS = 20.0
SETTLE_SECONDS = 3.0
MB = 1_000_000
GOALS = {"goal_scripting_ms_per_second": 1.0, "goal_heap_mb": 2.0}
PARAGRAPHS = 1_500
PAGE = """<!doctype html><title>Words only</title><body><script>
  for (let number = 0; number < %d; number += 1) {
    const part = document.createElement("div");
    part.innerHTML = `<p>Paragraph <span>${number}</span></p>`;
    document.body.append(part);
  }
</script>"""
PAGES = {
    "quiet": PAGE % PARAGRAPHS,
    "lively": PAGE % PARAGRAPHS
    + """<main></main><script>setInterval(() =>
      document.querySelector("main").replaceChildren(new Date()), 100)</script>""",
    "flooding": PAGE % PARAGRAPHS
    + """<main></main><script>setInterval(() => document.querySelector("main").replaceChildren(
      ...Array.from({ length: 50 }, () => document.createElement("p"))), 4)</script>""",
}


@dataclass(frozen=True)
class _Cost:
    scripting_seconds: float
    heap_bytes: float


async def measure_extension(seconds: float = SECONDS, chromium: Path | None = None) -> dict[str, Any]:
    """Measure each page for so long; give what the extension adds a second, and to the heap."""
    if not (EXTENSION / "manifest.json").is_file():
        raise SetupProblem("The extension is not built: make extension.")
    figures: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_browser(chromium or find_chromium(), EXTENSION))
        bare = await stack.enter_async_context(_browser(chromium or find_chromium(), None))
        for name, body in PAGES.items():
            async with one_page(body) as url:
                with_it, without = await asyncio.gather(_cost(ours, url, seconds), _cost(bare, url, seconds))
            figures[f"{name}_page_without_a_video"] = {
                "scripting_ms_per_second": _per_second(with_it, without, seconds),
                "heap_mb": round((with_it.heap_bytes - without.heap_bytes) / MB, 2),
                "page_alone_scripting_ms_per_second": round(1000 * without.scripting_seconds / seconds, 2),
                **GOALS,
            }
    return figures


def _per_second(with_it: _Cost, without: _Cost, seconds: float) -> float:
    return round(1000 * (with_it.scripting_seconds - without.scripting_seconds) / seconds, 2)


async def _cost(session: "CDPSession", url: str, seconds: float) -> _Cost:
    await session.send("Page.navigate", {"url": url})
    await asyncio.sleep(SETTLE_SECONDS)
    before = await _metrics(session)
    await asyncio.sleep(seconds)
    after = await _metrics(session)
    await session.send("HeapProfiler.collectGarbage")
    heap = await _metrics(session)
    return _Cost(after["ScriptDuration"] - before["ScriptDuration"], heap["JSHeapUsedSize"])


async def _metrics(session: "CDPSession") -> dict[str, float]:
    told = await session.send("Performance.getMetrics")
    return {metric["name"]: float(metric["value"]) for metric in told["metrics"]}


@asynccontextmanager
async def _browser(chromium: Path | None, extension: Path | None) -> "AsyncIterator[CDPSession]":
    async with open_browser(chromium, extension) as context:
        session = await context.new_cdp_session(await context.new_page())
        # Not the time that other programs took from it.
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        yield session


@asynccontextmanager
async def open_browser(chromium: Path | None, extension: Path | None) -> "AsyncIterator[BrowserContext]":
    """Run a Chromium with a new profile, with the extension or without."""
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415
    except ImportError as error:
        raise SetupProblem("This bench drives a browser: pip install playwright.") from error
    if chromium is None:
        raise SetupProblem("This bench drives a browser, and there is no Chromium here: `lossy doctor` says more.")
    ours = [f"--load-extension={extension}", f"--disable-extensions-except={extension}"] if extension else []
    with tempfile.TemporaryDirectory(prefix="lossy-bench-", ignore_cleanup_errors=True) as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=chromium, headless=True, args=["--no-sandbox", *ours]
            )
            if extension and not context.service_workers:
                await context.wait_for_event("serviceworker")
            if extension:
                await close_welcome(context)
            yield context
            await context.close()


async def close_welcome(context: "BrowserContext") -> None:
    """Close the page for whoever installed it; the browser gives a page behind it less time."""
    opened = context.pages[1:]
    welcome = opened[0] if opened else await context.wait_for_event("page")
    await welcome.wait_for_url("**/welcome.html")
    await welcome.close()


@asynccontextmanager
async def one_page(body: str) -> AsyncIterator[str]:
    """Serve a page on a loopback port of its own; yield its address."""
    port = free_port()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # browsers connect ahead and may not ask
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"{head}{body}".encode())
        writer.close()

    async with await asyncio.start_server(give, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}/"
