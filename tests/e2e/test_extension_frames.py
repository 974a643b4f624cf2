"""Pictures of what is spoken about: taken where the reviewer allowed it, of the right moment, and of nothing else."""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page
from sqlmodel import col, select

from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.db.models import VideoFrame
from tests.e2e.extension import EXTENSION_ID, Target, wait_for
from tests.e2e.reviewer import FIRMED, Reviewer, Trouble, count
from tests.e2e.server import LivePerson
from tests.e2e.site import Site

pytestmark = pytest.mark.once
Reviewing = Callable[..., Reviewer]
Picture = npt.NDArray[np.int16]

MUSIC = "01-the-music-is-too-loud.wav"
GRANTED = {"api": [], "explicit_host": ["<all_urls>"], "manifest_permissions": [], "scriptable_host": []}
_SAID_YES = {f"{kind}_permissions": GRANTED for kind in ("active", "granted", "runtime_granted")}
EVERYWHERE = Trouble(
    "every site allowed",
    # Chrome takes the files of this machine out of "every site" unless they are allowed, and has no such words then.
    preferences={"extensions": {"settings": {EXTENSION_ID: {**_SAID_YES, "newAllowFileAccess": True}}}},
)
"""As if the reviewer had said yes to the browser's question."""
SIZE = (16, 9)
ALIKE = 12.0
"""Of 255, on the mean: the same picture, drawn and compressed by others."""
PAGE = """<!doctype html><title>{title}</title><body style="margin: 0; background: #e0f">
<video src="{film}" style="position: absolute; left: 60px; top: 40px; width: 480px; height: 300px; background: #000"
  muted loop preload="auto"></video>"""
FRAME = """<!doctype html><title>Around</title><body style="margin: 0; background: #0a0">
<iframe src="{inside}" style="position: absolute; left: 90px; top: 70px; width: 560px; height: 360px; border: 5px solid"
></iframe>"""


@pytest.fixture
def kept(database_url: str) -> Callable[[], list[VideoFrame]]:
    """Give a function that reads what pictures the server has."""

    async def read() -> list[VideoFrame]:
        database = Database(database_url, Bus())
        async with database.read() as db:
            rows = list((await db.exec(select(VideoFrame).order_by(col(VideoFrame.captured_at)))).all())
        await database.close()
        return rows

    def read_elsewhere() -> list[VideoFrame]:
        with ThreadPoolExecutor(1) as elsewhere:  # Playwright keeps a loop running in this thread
            return elsewhere.submit(asyncio.run, read()).result()

    return read_elsewhere


Kept = Callable[[], list[VideoFrame]]


@dataclass
class Log:
    """What the extension says of pictures that it did not take."""

    reviewer: Reviewer
    lines: list[str] = field(default_factory=list)

    def begin(self) -> "Log":
        """Listen."""
        offscreen = self.reviewer.extension.target("offscreen.html")
        offscreen.evaluate(
            """(() => { window.said = []; const say = console.info;
               console.info = (line) => { said.push(line); say(line); } })()"""
        )
        self._offscreen = offscreen
        return self

    def wait_for(self, words: str) -> None:
        """Wait for a reason."""
        self._offscreen.wait_for(f"said.some((line) => line.includes({words!r}))")


def allow(person: LivePerson) -> None:
    """Say yes in the settings."""
    person.api.patch("/settings", json={"values": {"keep_frames": True}}).raise_for_status()


def speak(reviewer: Reviewer, panel: Target, notes: int = 1) -> None:
    """Say the one thing, and wait for its note."""
    panel.wait_for("document.querySelector('.talk').dataset.state === 'off'")
    reviewer.speak(panel)
    panel.wait_for(f"{count(FIRMED)} === {notes}")
    panel.wait_for("document.querySelector('.talk').dataset.state === 'off'")


def wait_for_pictures(page: Page, kept: Kept, many: int) -> list[VideoFrame]:
    """Wait until there are so many."""
    rows: list[VideoFrame] = wait_for(page, lambda: (rows := kept()) and len(rows) >= many and rows, "the pictures")
    return rows


def test_a_picture_of_the_moment_is_kept(site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept) -> None:
    allow(ann)
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    speak(reviewer, reviewer.open_panel(page))
    [row] = wait_for_pictures(page, kept, 1)
    assert row.position_seconds == pytest.approx(12.5, abs=0.05)
    assert difference(picture_of(row), as_drawn(page)) < ALIKE


def test_it_waits_for_a_server_that_was_away(site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept) -> None:
    allow(ann)
    reviewer = reviewing(0.5, MUSIC, 30.0, trouble=Trouble("server killed", kills_server=True))
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    speak(reviewer, reviewer.open_panel(page))
    assert [round(row.position_seconds, 1) for row in wait_for_pictures(page, kept, 1)] == [12.5]


def test_none_is_taken_until_the_reviewer_allows_it(
    site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept
) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    panel = reviewer.open_panel(page)
    speak(reviewer, panel)
    allow(ann)
    page.evaluate("document.querySelector('video').currentTime = 4")
    speak(reviewer, panel, notes=2)
    assert [round(row.position_seconds) for row in wait_for_pictures(page, kept, 1)] == [4]


def test_a_film_of_another_site_is_cut_out_of_the_tab(
    site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept
) -> None:
    allow(ann)
    site.write("tainted.html", PAGE.format(title="Tainted", film=f"{site.elsewhere}/film.webm"))
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.watch(f"{site.url}/tainted.html", 12.5)
    assert "SecurityError" in page.evaluate(READ_PIXELS)
    reviewer.extension.click_its_button(page)
    reviewer.extension.close_popup()
    speak(reviewer, reviewer.open_panel(page))
    [row] = wait_for_pictures(page, kept, 1)
    assert row.position_seconds == pytest.approx(12.5, abs=0.05)
    assert difference(picture_of(row), as_drawn(reviewer.watch(f"{site.url}/a.html", 12.5))) < ALIKE


def test_also_from_inside_a_frame(site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept) -> None:
    allow(ann)
    site.write("inside_tainted.html", PAGE.format(title="Tainted", film=f"{site.url}/film.webm"))
    site.write("around.html", FRAME.format(inside=f"{site.elsewhere}/inside_tainted.html"))
    reviewer = reviewing(0.5, MUSIC, 30.0, trouble=EVERYWHERE)
    page = reviewer.extension.context.new_page()
    page.goto(f"{site.url}/around.html")
    inside = page.frames[1]
    inside.wait_for_function("document.querySelector('video')?.readyState >= 2")
    inside.evaluate("document.querySelector('video').currentTime = 12.5")
    inside.wait_for_function("!document.querySelector('video').seeking")
    speak(reviewer, reviewer.open_panel(page))
    [row] = wait_for_pictures(page, kept, 1)
    assert difference(picture_of(row), as_drawn(reviewer.watch(f"{site.url}/a.html", 12.5))) < ALIKE


def test_without_leave_to_see_the_tab_there_is_a_note_and_no_picture(
    site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept
) -> None:
    allow(ann)
    site.write("tainted.html", PAGE.format(title="Tainted", film=f"{site.elsewhere}/film.webm"))
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.watch(f"{site.url}/tainted.html", 12.5)
    panel = reviewer.open_panel(page)
    log = Log(reviewer).begin()
    speak(reviewer, panel)
    log.wait_for("permission is required")
    assert kept() == []


def test_a_black_picture_is_no_picture(
    site: Site, reviewing: Reviewing, ann: LivePerson, kept: Kept, tmp_path: Path
) -> None:
    allow(ann)
    site.write("black.mp4", black_film(tmp_path / "black.mp4"))
    site.write("black.html", PAGE.format(title="Protected", film="black.mp4"))
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.watch(f"{site.url}/black.html", 1.0)
    panel = reviewer.open_panel(page)
    log = Log(reviewer).begin()
    speak(reviewer, panel)
    log.wait_for("only black")
    assert kept() == []


DRAW = f"""(() => {{
    const [width, height] = [{SIZE[0]}, {SIZE[1]}];
    const context = Object.assign(document.createElement("canvas"), {{ width, height }}).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(document.querySelector("video"), 0, 0, width, height);
    return [...context.getImageData(0, 0, width, height).data];
}})()"""
READ_PIXELS = f"(() => {{ try {{ return String({DRAW}) }} catch (error) {{ return String(error) }} }})()"


def as_drawn(page: Page) -> Picture:
    """Give what the page's own video shows."""
    return np.array(page.evaluate(DRAW), np.int16).reshape(SIZE[1], SIZE[0], 4)[:, :, :3]


def picture_of(row: VideoFrame) -> Picture:
    """Give what was kept, as small."""
    with Image.open(io.BytesIO(row.webp)) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture.convert("RGB").resize(SIZE, Image.Resampling.BOX), np.int16)


def difference(one: Picture, other: Picture) -> float:
    """Give how far two pictures are from each other, of 255."""
    return float(np.abs(one - other).mean())


def black_film(path: Path) -> bytes:
    """Give a film that shows nothing, as protected ones do to whoever may not see them."""
    with av.open(str(path), "w") as film:
        stream: Any = film.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(40):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((180, 320, 3), np.uint8))))
        film.mux(stream.encode(None))
    return path.read_bytes()
