"""The main video is found in every page, with whatever player, and the page notices nothing of it.

A seek that Lossy is asked for goes to the video that it found: the right one moves, and no other.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Frame, Page, Playwright, WebError

from tests.e2e.extension import DIST, Extension, wait_for
from tests.e2e.player_pages import FEED_STOPS, OWN_PAGES, PLAYER_PAGES, PLAYERS
from tests.e2e.reviewer import FIRMED, Reviewer, count, text_and_place
from tests.e2e.site import Site

Reviewing = Callable[..., Reviewer]

pytestmark = pytest.mark.once
MUSIC = "01-the-music-is-too-loud.wav"
FAR_IN = 12.0
POSITIONS = """() => [...document.getElementsByTagName("video")].map((video) => video.currentTime)"""


class Browser:
    """Chromium with the extension, in which nobody is signed in; it notes what goes wrong."""

    def __init__(self, context: BrowserContext) -> None:
        self.extension = Extension(context)
        self.wrong: list[str] = []
        context.on("console", self._note_words)
        context.on("weberror", self._note_error)
        self._ours = context.new_page()
        self._ours.goto(self.extension.address("options.html"))
        self._seeks = 0

    def open(self, url: str) -> Page:
        """Open a page in front."""
        page = self.extension.context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url)
        page.bring_to_front()
        return page

    def finds(self, page: Page, frame: Frame, wanted: str = "wanted()") -> bool:
        """Tell whether a seek comes to reach the wanted video, and no other one."""

        def look() -> bool:
            self._seeks += 1
            at = FAR_IN + self._seeks % 50 / 10
            self._tell({"type": "seek", "position": at})
            page.wait_for_timeout(50)
            here = frame.evaluate(f"Math.abs(({wanted})?.currentTime - {at}) < 0.04 && !({wanted}).seeking")
            everywhere = [position for one in page.frames for position in one.evaluate(POSITIONS)]
            others = sum(abs(position - at) < 0.04 for position in everywhere)
            return bool(here) and others <= 1

        try:
            return bool(wait_for(page, look, f"the video of {page.url}"))
        except TimeoutError:
            return False

    def known(self) -> dict[str, Any]:
        """Give what the worker knows of the tab in front."""
        standing: dict[str, Any] = self._tell({"type": "ask_standing"})
        return standing["video"] or {}

    def knows(self, address: str) -> bool:
        """Tell whether the video in front is known by this address."""
        return bool(self.known()["context"]["url"] == address)

    def _tell(self, message: dict[str, Any]) -> Any:
        return self._ours.evaluate(
            """message => chrome.windows.getCurrent().then(({ id }) =>
               chrome.runtime.sendMessage({ to: "worker", window: id, ...message }))""",
            message,
        )

    def _note_words(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "chrome-extension:" in f"{message.text} {message.location}":
            self.wrong.append(message.text)

    def _note_error(self, error: WebError) -> None:
        if "chrome-extension:" in f"{error.error.stack} {error.error.message}":
            self.wrong.append(str(error.error))


@pytest.fixture
def browser_of_others(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Browser]:
    ours = [f"--load-extension={DIST}", f"--disable-extensions-except={DIST}"]
    quiet = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
    args = [*browser_type_launch_args["args"], *ours, *quiet]
    options = {**browser_type_launch_args, "args": args, "headless": True}
    context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), **options)
    yield Browser(context)
    context.close()


@pytest.fixture
def players(site: Site) -> Site:
    if not PLAYERS.is_dir():
        pytest.fail("The players are not installed: scripts/python -I scripts/extension.py players")
    site.add_players()
    return site


def test_the_right_video_is_found_on_every_page_and_the_page_is_untouched(
    players: Site, browser_of_others: Browser, record_property: Callable[[str, object], None]
) -> None:
    browser = browser_of_others
    found: dict[str, bool] = {}
    for name in [*PLAYER_PAGES, *OWN_PAGES]:
        page = browser.open(f"{players.url}/{name}.html")
        found[name] = browser.finds(page, page.main_frame)
        if name not in ("written frame", "prototypes redefined"):
            assert_untouched(page, page.main_frame)
        page.close()
    found |= find_in_a_frame(browser, players) | find_in_a_feed(browser, players) | find_after_moves(browser, players)
    record_property("right_video_found", f"{sum(found.values())} of {len(found)}")
    assert [name for name, is_found in found.items() if not is_found] == []
    assert browser.wrong == []


def find_in_a_frame(browser: Browser, players: Site) -> dict[str, bool]:
    """Find the film in a frame of another site; when the frame goes, the best one of the page is left."""
    page = browser.open(f"{players.url}/frame.html")
    [inside] = [frame for frame in page.frames if "inside" in frame.url]
    is_found = browser.finds(page, inside)
    assert (browser.known()["context"]["url"], browser.known()["title"]) == (f"{players.url}/frame.html", "frame")
    assert_untouched(page, inside)
    page.evaluate("document.querySelector('iframe').remove()")
    falls_back = browser.finds(page, page.main_frame, "document.querySelector('.hero')")
    page.close()
    return {"frame of another site": is_found, "its frame taken away": falls_back}


def find_in_a_feed(browser: Browser, players: Site) -> dict[str, bool]:
    """Find the one in view, wherever the reviewer scrolls to."""
    page = browser.open(f"{players.url}/feed.html")
    found = {}
    for stop in FEED_STOPS:
        page.evaluate(f"document.getElementById('film-{stop}').scrollIntoView({{ block: 'center' }})")
        found[f"feed, film {stop}"] = browser.finds(page, page.main_frame, f"document.getElementById('film-{stop}')")
    page.close()
    return found


def find_after_moves(browser: Browser, players: Site) -> dict[str, bool]:
    """Find the film of each view of a page that is loaded once, and know its address and title."""
    page = browser.open(f"{players.url}/spa.html")
    found = {}
    for name in ("one", "two"):
        page.evaluate(f"show('{name}')")
        page.wait_for_selector("#film")
        found[f"view {name}"] = browser.finds(page, page.main_frame)
        address = f"{players.url}/watch/{name}"
        wait_for(page, partial(browser.knows, address), f"the address {address}")
        assert browser.known()["title"] == f"Film {name}"
    page.close()
    return found


def assert_untouched(page: Page, frame: Frame) -> None:
    """Click the film and press a key: the page is told of each once, as if nobody else were there."""
    frame.evaluate("told.length = 0")
    box = frame.evaluate(
        "(({ x, y, width, height }) => [x + width / 2, y + height / 2])(wanted().getBoundingClientRect())"
    )
    left, top = (
        (0, 0)
        if frame == page.main_frame
        else page.evaluate("(({ x, y }) => [x, y])(document.querySelector('iframe').getBoundingClientRect())")
    )
    page.mouse.click(left + box[0], top + box[1])
    page.keyboard.press("j")
    frame.wait_for_function("told.length >= 2")
    assert frame.evaluate("told") == [["click", False], ["keydown", False]], page.url
    assert page.evaluate("document.querySelectorAll('[popover]').length") == 0


def test_a_remark_on_a_film_in_a_frame_of_another_site_is_a_note_on_the_page(
    players: Site, reviewing: Reviewing
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    address = f"{players.url}/frame.html"
    page = reviewer.extension.context.new_page()
    page.goto(address)
    [inside] = [frame for frame in page.frames if "inside" in frame.url]
    inside.evaluate("wanted().currentTime = 12.5")
    panel = reviewer.open_panel(page)
    panel.click(".talk .mic")
    inside.wait_for_function("!!document.querySelector(':popover-open')")
    panel.wait_for(f"{count(FIRMED)} === 1")
    assert [text_and_place(note) for note in reviewer.notes_on(address)] == [("The music is too loud", 12.5)]
    inside.wait_for_function("!document.querySelector(':popover-open')")
    assert page.evaluate("!document.querySelector(':popover-open')")
