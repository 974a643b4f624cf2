"""The main video is found in every page, with whatever player, and the page notices nothing of it.

A seek that Lossy is asked for goes to the video that it found: the right one moves, and no other.
"""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Frame, Page

from tests.e2e.extension import wait_for
from tests.e2e.player_pages import FEED_STOPS, OWN_PAGES, PLAYER_PAGES
from tests.e2e.reviewer import FIRMED, Reviewer, count, text_and_place
from tests.e2e.site import Site
from tests.e2e.strangers_browser import StrangersBrowser

Reviewing = Callable[..., Reviewer]

pytestmark = pytest.mark.once
MUSIC = "01-the-music-is-too-loud.wav"


def test_the_right_video_is_found_on_every_page_and_the_page_is_untouched(
    players: Site, strangers_browser: StrangersBrowser, record_property: Callable[[str, object], None]
) -> None:
    browser = strangers_browser
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


def find_in_a_frame(browser: StrangersBrowser, players: Site) -> dict[str, bool]:
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


def find_in_a_feed(browser: StrangersBrowser, players: Site) -> dict[str, bool]:
    """Find the one in view, wherever the reviewer scrolls to."""
    page = browser.open(f"{players.url}/feed.html")
    found = {}
    for stop in FEED_STOPS:
        page.evaluate(f"document.getElementById('film-{stop}').scrollIntoView({{ block: 'center' }})")
        found[f"feed, film {stop}"] = browser.finds(page, page.main_frame, f"document.getElementById('film-{stop}')")
    page.close()
    return found


def find_after_moves(browser: StrangersBrowser, players: Site) -> dict[str, bool]:
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
