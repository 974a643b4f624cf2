"""Take pictures of every page and state of the dashboard, dark and light, at four widths.

    python -m scripts.screenshots FOLDER [--only WORD] [--widths 400,1440]
    python -m scripts.screenshots --readme

A real server runs on a temporary data folder; Chromium looks at it. `--readme` writes the README's pictures.
"""

import argparse
import asyncio
import base64
import socket
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import uvicorn
from playwright.sync_api import Browser, Page, Route, sync_playwright

from lossy.agent.core import Core
from lossy.app import make_app
from lossy.db import notes, videos
from lossy.db.migrations import migrate
from lossy.db.models import NoteRow
from lossy.events import AsrPartial, MicrophoneChanged, MicrophoneState, TurnChanged, TurnState
from lossy.settings import Settings
from scripts.screenshot_seed import GHOST_WORDS, Seeded, seed
from tests.services.find import chromium

WIDTHS = (400, 768, 1024, 1440)
HEIGHT = 900
README_IMAGES = Path(__file__).parent.parent / "docs" / "images"
READY_SECONDS = 30
SEEK = """async seconds => {
  const video = document.querySelector("video");
  const there = new Promise(done => (video.onseeked = done));
  video.currentTime = seconds;
  await there;
}"""
OPEN_MICROPHONE = """async () => {
  const { recorder } = (await import("lossy/review.js")).review;
  [recorder.level, recorder.state] = [0.2, "open"];
  recorder.tell("open");
}"""
PAINT = """([from, over, to]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 270 });
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 480, 270);
  sky.addColorStop(0, from), sky.addColorStop(0.6, over), sky.addColorStop(1, to);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 480, 270);
  return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}"""
PALETTES = (("#14532d", "#86a873", "#1f2937"), ("#312e81", "#a78bfa", "#0f172a"), ("#3b5b7a", "#d48b6a", "#2b2136"))
Scheme = Literal["dark", "light"]
SCHEMES: tuple[Scheme, ...] = ("dark", "light")


class Stage:
    """A running server, its core and what was seeded."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.settings = Settings(data_dir=data, port=port, stt_model="demo", extension_origins=())
        self.loop = asyncio.new_event_loop()
        self.core: Core
        self.seeded: Seeded
        self._server: uvicorn.Server
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> None:
        """Serve, and fill the database."""
        self._thread.start()
        if not self._ready.wait(READY_SECONDS):
            raise RuntimeError("the server did not start")
        self.seeded = self.run(seed(self.core))

    def stop(self) -> None:
        """End the server; a page that looks at it is offline then."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(READY_SECONDS)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(READY_SECONDS)

    async def _serve(self) -> None:
        await migrate(self.settings.async_database_url)
        self.core = Core(self.settings)
        config = uvicorn.Config(
            make_app(self.core), port=self.settings.port, log_level="warning", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.ensure_future(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  # uvicorn tells it no other way
            await asyncio.sleep(0.05)
        self._ready.set()
        await serving


@dataclass(frozen=True)
class Shot:
    """One state: where, as whom, and what to do before the picture."""

    name: str
    path: Callable[[Seeded], str]
    prepare: Callable[[Stage, Page], None] = lambda _stage, _page: None
    token: Callable[[Seeded], str | None] = lambda seeded: seeded.token
    wait_for: str = ".content > :not(.skeleton)"


def _seek(seconds: float) -> Callable[[Stage, Page], None]:
    def prepare(_stage: Stage, page: Page) -> None:
        page.wait_for_function("document.querySelector('video')?.readyState >= 2")
        page.evaluate(SEEK, seconds)

    return prepare


def _listening(stage: Stage, page: Page) -> None:
    _seek(5.6)(stage, page)
    seeded = stage.seeded
    whose: dict[str, Any] = {"user_id": seeded.user_id, "session_id": seeded.session_id, "video_id": seeded.sample_id}
    page.evaluate(OPEN_MICROPHONE)
    ghost = NoteRow.model_validate(seeded.ghost.model_dump(exclude={"id"}))
    stage.run(_tell_ghost(stage.core, ghost))
    page.wait_for_selector(".note.ghost")
    bus = stage.core.bus
    turn = seeded.turn_id
    stage.loop.call_soon_threadsafe(bus.publish, MicrophoneChanged(**whose, state=MicrophoneState.OPEN))
    stage.loop.call_soon_threadsafe(
        bus.publish, TurnChanged(**whose, turn_id=turn, state=TurnState.CONFIRMING, deadline_seconds=3.0)
    )
    words = AsrPartial(**whose, turn_id=turn, stable=GHOST_WORDS[0], unstable=GHOST_WORDS[1])
    stage.loop.call_soon_threadsafe(bus.publish, words)
    page.wait_for_selector(".ring")
    page.wait_for_timeout(900)


async def _tell_ghost(core: Core, ghost: NoteRow) -> None:
    async with core.database.write() as db:
        earlier = await notes.note_of_turn(db, str(ghost.turn_id))
        if earlier is not None:
            await db.delete(earlier)
            await db.flush()
        await notes.create_note(db, ghost)


def _forget_ghost(stage: Stage) -> None:
    async def forget() -> None:
        async with stage.core.database.write() as db:
            ghost = await notes.note_of_turn(db, stage.seeded.turn_id)
            if ghost is not None:
                await db.delete(ghost)

    stage.run(forget())


def _menu(_stage: Stage, page: Page) -> None:
    page.click("button[aria-label=Account]")


def _dialog(_stage: Stage, page: Page) -> None:
    page.click("text=Review a video")
    page.wait_for_timeout(300)


def _edit(stage: Stage, page: Page) -> None:
    _seek(6.2)(stage, page)
    page.click(".note >> nth=2 >> .text")


def _deleted(stage: Stage, page: Page) -> None:
    _seek(3.0)(stage, page)
    page.hover(".note >> nth=5")
    page.click(".note >> nth=5 >> button[aria-label=Delete]")
    page.wait_for_selector(".toast")
    page.wait_for_timeout(300)


def _undo(stage: Stage, page: Page) -> None:
    page.click(".toast .act")
    page.wait_for_function("document.querySelectorAll('.note').length === 7")


def _search(_stage: Stage, page: Page) -> None:
    page.fill(".search input", "no such words")
    page.wait_for_selector("text=Nothing found")


def _blocked(stage: Stage, page: Page) -> None:
    _seek(3.0)(stage, page)
    page.keyboard.press("m")
    page.wait_for_selector(".talk[data-state=blocked]")


SHOTS = (
    Shot("signin", lambda _s: "/signin", token=lambda _s: None),
    Shot("library-empty", lambda _s: "/", token=lambda s: s.empty_token, wait_for=".first-time"),
    Shot("library", lambda _s: "/", wait_for=".card"),
    Shot("library-menu", lambda _s: "/", _menu, wait_for=".card"),
    Shot("library-dialog", lambda _s: "/", _dialog, wait_for=".card"),
    Shot("library-nothing-found", lambda _s: "/", _search, wait_for=".card"),
    Shot("review-listening", lambda s: f"/review/{s.sample_id}", _listening, wait_for=".note"),
    Shot("review", lambda s: f"/review/{s.sample_id}", _seek(7.5), wait_for=".note"),
    Shot("review-edit", lambda s: f"/review/{s.sample_id}", _edit, wait_for=".note"),
    Shot("review-deleted", lambda s: f"/review/{s.sample_id}", _deleted, wait_for=".note"),
    Shot("review-blocked", lambda s: f"/review/{s.sample_id}", _blocked, wait_for=".note"),
    Shot("review-unplayable", lambda s: f"/review/{s.url_id}", wait_for=".over"),
    Shot("review-file", lambda s: f"/review/{s.local_id}", wait_for=".over"),
    Shot("review-missing", lambda _s: "/review/nosuchvideo", wait_for=".state-page"),
    Shot("settings", lambda _s: "/settings", wait_for=".account"),
    Shot("not-found", lambda _s: "/nothing/here", wait_for=".state-page"),
    Shot("locked", lambda s: f"/review/{s.sample_id}", wait_for=".skeleton"),
)


def take(stage: Stage, browser: Browser, shot: Shot, look: tuple[Scheme, int], path: Path) -> None:
    """Take one picture in a scheme and width."""
    scheme, width = look
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"  {path.name}: {error}"))
    token = shot.token(stage.seeded)
    if token is not None:
        page.add_init_script(f"localStorage.setItem('lossy.token', '{token}')")
    if shot.name == "locked":
        page.route("**/api/tickets", lambda _route: None)
    page.route("https://media.example.com/**", _refuse)
    page.goto(stage.settings.origin + shot.path(stage.seeded))
    page.wait_for_selector(shot.wait_for, timeout=15_000)
    shot.prepare(stage, page)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(350)
    page.screenshot(path=path)
    if shot.name == "review-deleted":
        _undo(stage, page)
    if shot.name == "review-listening":
        _forget_ghost(stage)
    context.close()


def _refuse(route: Route) -> None:
    route.fulfill(status=404, content_type="text/html", body="no such film")


def _paint_posters(stage: Stage, browser: Browser) -> None:
    page = browser.new_page()
    seeded = stage.seeded
    for video_id, palette in zip(seeded.pictured_ids, PALETTES, strict=True):
        stage.run(_store_poster(stage.core, seeded.user_id, video_id, page.evaluate(PAINT, palette)))
    page.add_init_script(f"localStorage.setItem('lossy.token', '{seeded.token}')")
    page.goto(f"{stage.settings.origin}/review/{seeded.sample_id}")
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.wait_for_timeout(500)
    page.close()


async def _store_poster(core: Core, user_id: str, video_id: str, picture: str) -> None:
    async with core.database.write() as db:
        await videos.change_video(db, user_id, video_id, thumbnail=base64.b64decode(picture))


@contextmanager
def staged() -> Iterator[tuple[Stage, Browser]]:
    """Run server and browser."""
    found = chromium()
    if found is None:
        raise SystemExit("Chromium is missing: `make test` installs it or says how.")
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        stage = Stage(Path(data))
        stage.start()
        browser = playwright.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        _paint_posters(stage, browser)
        yield stage, browser
        browser.close()
        stage.stop()


def main() -> None:
    """Take the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--schemes", default="dark,light")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--readme", action="store_true")
    given = parser.parse_args()
    with staged() as (stage, browser):
        if given.readme:
            README_IMAGES.mkdir(parents=True, exist_ok=True)
            listening = next(shot for shot in SHOTS if shot.name == "review-listening")
            for scheme in SCHEMES:
                take(stage, browser, listening, (scheme, 1280), README_IMAGES / f"review-{scheme}.png")
        if given.folder is not None:
            given.folder.mkdir(parents=True, exist_ok=True)
            _take_all(stage, browser, given)


def _take_all(stage: Stage, browser: Browser, given: argparse.Namespace) -> None:
    for shot in (shot for shot in SHOTS if given.only in shot.name):
        for scheme in (scheme for scheme in SCHEMES if scheme in given.schemes):
            for width in map(int, given.widths.split(",")):
                take(stage, browser, shot, (scheme, width), given.folder / f"{shot.name}-{scheme}-{width}.png")


if __name__ == "__main__":
    main()
