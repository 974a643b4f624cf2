"""Take pictures of every page and state of the dashboard, dark and light, at four widths.

    python -m scripts.screenshots FOLDER [--only WORD] [--widths 400,1440]
    python -m scripts.screenshots --readme

A real server runs on a temporary data folder; Chromium looks at it. `--readme` writes the README's pictures.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Route, sync_playwright

from lossy.agent.core import Core
from lossy.db import notes
from lossy.db.models import NoteRow
from lossy.events import AsrPartial, MicrophoneChanged, MicrophoneState, TurnChanged, TurnState
from scripts.screenshot_seed import GHOST_WORDS, Seeded
from scripts.screenshot_stage import Stage, paint_posters
from tests.services.find import chromium

WIDTHS = (400, 768, 1024, 1440)
HEIGHT = 900
README_WIDTH, README_HEIGHT = 1200, 740
README_IMAGES = Path(__file__).parent.parent / "docs" / "images"
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
Scheme = Literal["dark", "light"]
Look = tuple[Scheme, int]
SCHEMES: tuple[Scheme, ...] = ("dark", "light")


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


def take(stage: Stage, browser: Browser, shot: Shot, look: Look, path: Path) -> None:
    """Take one picture in a scheme and width."""
    page = open_page(stage, browser, look, shot.token(stage.seeded))
    if shot.name == "locked":
        page.route("**/api/tickets", lambda _route: None)
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
    page.unroute_all(behavior="ignoreErrors")
    page.context.close()


def open_page(stage: Stage, browser: Browser, look: Look, token: str | None) -> Page:
    """Open a tab in a scheme and width, signed in with a token."""
    scheme, width = look
    height = README_HEIGHT if width == README_WIDTH else HEIGHT
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"  {error}"))
    page.route("https://media.example.com/**", _refuse)
    if token is not None:
        page.add_init_script(f"localStorage.setItem('lossy.token', '{token}')")
    return page


def _refuse(route: Route) -> None:
    route.fulfill(status=404, content_type="text/html", body="no such film")


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
        paint_posters(stage, browser)
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
                take(stage, browser, listening, (scheme, README_WIDTH), README_IMAGES / f"review-{scheme}.png")
        if given.folder is not None:
            given.folder.mkdir(parents=True, exist_ok=True)
            _take_all(stage, browser, given)
            if given.only in "offline":
                _take_offline(stage, browser, given)


def _take_offline(stage: Stage, browser: Browser, given: argparse.Namespace) -> None:
    looks = [
        (scheme, width) for scheme in SCHEMES if scheme in given.schemes for width in map(int, given.widths.split(","))
    ]
    pages = [open_page(stage, browser, look, stage.seeded.token) for look in looks]
    for page in pages:
        page.goto(f"{stage.settings.origin}/review/{stage.seeded.sample_id}")
        page.wait_for_selector(".note")
        _seek(5.6)(stage, page)
    stage.stop()
    for page, (scheme, width) in zip(pages, looks, strict=True):
        page.wait_for_selector(".banner")
        page.wait_for_timeout(300)
        page.screenshot(path=given.folder / f"offline-{scheme}-{width}.png")


def _take_all(stage: Stage, browser: Browser, given: argparse.Namespace) -> None:
    for shot in (shot for shot in SHOTS if given.only in shot.name):
        for scheme, width in _looks(given):
            take(stage, browser, shot, (scheme, width), given.folder / f"{shot.name}-{scheme}-{width}.png")


def _looks(given: argparse.Namespace) -> list[Look]:
    widths = [int(width) for width in given.widths.split(",")]
    return [(scheme, width) for scheme in SCHEMES if scheme in given.schemes for width in widths]


if __name__ == "__main__":
    main()
