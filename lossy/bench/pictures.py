"""How long the extension takes for a picture of a film in 1080p: from what is presented to the WebP in its hands.

The film is the demo's, enlarged. It stands still at a new moment for each picture, and then it plays; there the wait
for the next picture that the film presents is told apart from the work.
"""

import base64
import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossy.bench.extension import one_page, open_browser
from lossy.bench.figures import in_ms
from lossy.demo import FILM
from lossy.errors import LossyError
from lossy.settings import EXTENSION

if TYPE_CHECKING:
    from playwright.async_api import Page, Worker

PICTURES = 40
FILM_PICTURES = 60
FILM_RATE = 24
SIZE = (1920, 1080)
GOAL_MS = 60.0
PAGE = """<!doctype html><title>A film</title><style>video { width: 960px }</style>
<video muted loop src="data:video/webm;base64,%s"></video>"""
GRAB = """async () => {
    const [tab] = await chrome.tabs.query({ title: "A film" });
    const began = performance.now();
    const grab = { to: "content", type: "grab_frame", at: null };
    const grabbed = await chrome.tabs.sendMessage(tab.id, grab, { frameId: 0 });
    const ended = performance.now();
    const presented = 1000 * grabbed?.captured_at - performance.timeOrigin;
    return { whole: ended - began, work: ended - presented, size: grabbed?.webp?.length, none: grabbed?.none };
}"""
SEEK = """at => new Promise((done) => {
    const video = document.querySelector("video");
    video.addEventListener("seeked", () => done(), { once: true });
    video.currentTime = at;
})"""


@dataclass(frozen=True)
class _Grabbed:
    seconds: float
    waited_seconds: float
    """For the film to present it."""
    size: int


async def measure_pictures(chromium: Path | None, pictures: int = PICTURES) -> dict[str, Any]:
    """Take so many pictures of a film that stands, and of one that plays; give the milliseconds and the bytes."""
    film = base64.b64encode(large_film()).decode()
    async with one_page(PAGE % film) as url, open_browser(chromium, EXTENSION) as context:
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_function("document.querySelector('video').readyState >= 2")
        [worker] = context.service_workers
        await _until_found(page, worker)
        standing = []
        for number in range(pictures):
            await page.evaluate(SEEK, number % FILM_PICTURES / FILM_RATE)
            standing.append(await _grab(worker))
        await page.evaluate("document.querySelector('video').play()")
        playing = [await _grab(worker) for _ in range(pictures)]
    goal = {"p50": GOAL_MS}
    return {
        "picture_of_1080p_standing_ms": in_ms([one.seconds for one in standing], 50, 95, goals=goal),
        "picture_of_1080p_playing_ms": in_ms([one.seconds for one in playing], 50, 95, goals=goal),
        "wait_for_it_playing_ms": in_ms([one.waited_seconds for one in playing], 50, 95),
        "picture_kb": {"max": round(max(one.size for one in standing + playing) / 1000, 1)},
    }


def large_film() -> bytes:
    """Enlarge the beginning of the demo's film."""
    import av  # noqa: PLC0415

    made = io.BytesIO()
    with av.open(str(FILM)) as source, av.open(made, "w", format="webm") as film:
        stream = film.add_stream("libvpx", rate=FILM_RATE, options={"deadline": "realtime", "cpu-used": "8", "g": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", 8_000_000
        for number, picture in enumerate(source.decode(video=0)):
            if number == FILM_PICTURES:
                break
            enlarged = picture.reformat(*SIZE, format="yuv420p")
            enlarged.pts, enlarged.time_base = number, Fraction(1, FILM_RATE)
            film.mux(stream.encode(enlarged))
        film.mux(stream.encode(None))
    return made.getvalue()


async def _until_found(page: "Page", worker: "Worker") -> None:
    while not (await worker.evaluate(GRAB))["size"]:
        await page.wait_for_timeout(50)  # the content script looks for videos once the page is idle


async def _grab(worker: "Worker") -> _Grabbed:
    took = await worker.evaluate(GRAB)
    if not took["size"]:
        raise LossyError(f"The extension took no picture: {took['none']}.")
    return _Grabbed(took["work"] / 1000, (took["whole"] - took["work"]) / 1000, took["size"] * 3 // 4)
