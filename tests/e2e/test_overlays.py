"""Overlays on the video: seen above everything, pressed by people only, and gone with what they are about."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.e2e.extension import wait_for
from tests.e2e.overlays import Overlays
from tests.e2e.player_pages import OWN_PAGES, PLAYER_PAGES
from tests.e2e.reviewer import FIRMED, GHOST, Reviewer, count, text_and_place
from tests.e2e.server import LiveServer
from tests.e2e.site import Site
from tests.e2e.strangers_browser import StrangersBrowser

Reviewing = Callable[..., Reviewer]
pytestmark = pytest.mark.once

MUSIC = "01-the-music-is-too-loud.wav"
WITH_OWN_BAR = {"video.js", "plyr", "media-chrome", "vidstack", "mediaelement"}
LISTENING = (255, 106, 82)
COLOR_MARK = (199, 125, 255)
MICROPHONE = {"state": "open", "tab": 1, "problem": None, "mode": "one_note", "recording": None}
FULL = "(wanted().closest('media-player, media-controller, .stage > div') ?? wanted()).requestFullscreen()"


def overlay_note(name: str, start: float, status: str) -> dict[str, Any]:
    return {
        "id": name, "turn": f"turn-{name}" if status == "ghost" else None, "start": start, "end": None,
        "category": "color", "text": f"Remark {name}", "confidence": 0.8, "status": status,
    }  # fmt: skip


def test_they_are_seen_over_every_player_in_fullscreen_and_on_its_own_bar(
    players: Site, strangers_browser: StrangersBrowser, record_property: Callable[[str, object], None]
) -> None:
    seen: dict[str, bool] = {}
    marked: dict[str, bool] = {}
    notes = [overlay_note("a", 3.2, "firmed"), overlay_note("b", 14.0, "posted")]
    for name in [*PLAYER_PAGES, "bare", "open shadow", "closed shadow"]:
        assert name in PLAYER_PAGES or name in OWN_PAGES
        page = strangers_browser.open(f"{players.url}/{name}.html")
        assert strangers_browser.finds(page, page.main_frame), name
        strangers_browser.tell_page({"type": "microphone", "microphone": MICROPHONE, "pauses": False})
        strangers_browser.tell_page({"type": "overlay", "change": {"reset": notes}})
        page.evaluate("wanted().muted = true; wanted().play()")
        page.evaluate(FULL)
        page.wait_for_function("!!document.fullscreenElement")
        seen[name] = shows(page, LISTENING)
        if name in WITH_OWN_BAR:
            marked[name] = shows(page, COLOR_MARK)
        page.evaluate("document.exitFullscreen()")
        page.close()
    record_property("overlay_over_fullscreen", f"{sum(seen.values())} of {len(seen)}")
    record_property("marks_on_the_bar", f"{sum(marked.values())} of {len(marked)}")
    assert [name for name, is_seen in {**seen, **marked}.items() if not is_seen] == []
    assert strangers_browser.wrong == []


def shows(page: Page, color: tuple[int, int, int]) -> bool:
    """Tell whether a spot of this colour comes into sight while the mouse moves, as players show their bars then."""
    moves = 0

    def look() -> bool:
        nonlocal moves
        moves += 1
        page.mouse.move(300 + moves % 40, 300)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        colors = picture.getcolors(picture.width * picture.height) or []
        return sum(number for number, near in colors if _is_near(near, color)) >= 12

    try:
        return bool(wait_for(page, look, f"the colour {color}"))
    except TimeoutError:
        return False


def _is_near(one: Any, other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(one, other, strict=True))


def test_a_ghost_is_scratched_on_the_video_and_the_next_one_kept(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    panel = reviewer.open_panel(page)
    overlays = Overlays(page)
    reviewer.speak(panel)
    overlays.wait_for("listening")
    overlays.wait_for("The music is too loud", "00:12.5")
    overlays.click("Scratch this note")
    panel.wait_for(f"{count('article.note')} === 0")
    overlays.wait_for_none_of("The music is too loud", "listening")
    assert reviewer.notes_on(address) == []

    panel.wait_for("document.querySelector('.talk').dataset.state === 'off'")
    reviewer.speak(panel)
    panel.wait_for(f"{count(GHOST)} === 1")
    overlays.click("Keep this note")
    overlays.wait_for("saved")
    panel.wait_for(f"{count(FIRMED)} === 1")


def test_scripts_of_the_page_press_nothing_and_the_stage_comes_back(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    panel = reviewer.open_panel(page)
    overlays = Overlays(page)
    reviewer.speak(panel)
    overlays.wait_for("listening")
    page.evaluate("document.querySelectorAll('[popover]').forEach((host) => host.remove())")
    overlays.wait_for("The music is too loud")
    assert page.evaluate("document.querySelector('[popover]').shadowRoot") is None
    x, y = overlays.middle_of("Scratch this note")
    page.evaluate(
        """([x, y]) => {
            const event = (type) => new MouseEvent(type, { bubbles: true, composed: true, clientX: x, clientY: y });
            const there = document.elementFromPoint(x, y);
            for (const type of ["mousedown", "mouseup", "click"]) there.dispatchEvent(event(type));
        }""",
        [x, y],
    )
    panel.wait_for(f"{count(FIRMED)} === 1")
    assert [note["status"] for note in reviewer.notes_on(address)] == ["firmed"]


def test_a_mark_on_the_bar_leads_to_its_moment_and_to_its_note(players: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.extension.context.new_page()
    page.goto(f"{players.url}/plyr.html")
    page.wait_for_function("wanted()?.readyState >= 2")
    page.evaluate("wanted().currentTime = 12.5")
    panel = reviewer.open_panel(page)
    reviewer.speak(panel)
    panel.wait_for(f"{count(FIRMED)} === 1")
    page.evaluate("wanted().currentTime = 2")
    panel.evaluate("document.activeElement?.blur()")
    overlays = Overlays(page)
    page.mouse.move(*overlays.middle_of("00:12.5 The music is too loud"))
    overlays.wait_for("The music is too loud")
    overlays.click("00:12.5 The music is too loud")
    page.wait_for_function("Math.abs(wanted().currentTime - 12.5) < 0.05")
    panel.wait_for("document.activeElement?.matches('article.note')")


def test_a_note_is_typed_on_the_video_and_the_page_hears_no_key(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(30.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 7.5)
    page.evaluate("window.keys = 0; document.addEventListener('keydown', () => (window.keys += 1), true)")
    panel = reviewer.open_panel(page)
    reviewer.extension.choose_note_in_menu()
    overlays = Overlays(page)
    overlays.wait_for("00:07.5")
    page.keyboard.type("the logo is off, k?")
    page.keyboard.press("Enter")
    panel.wait_for(f"{count(FIRMED)} === 1")
    overlays.wait_for("saved")
    assert page.evaluate("window.keys") == 0
    [note] = reviewer.notes_on(address)
    assert (note["text"], note["start_seconds"], note["engine"]) == ("the logo is off, k?", 7.5, "typed")

    reviewer.extension.choose_note_in_menu()
    overlays.wait_for("00:07.5")
    page.keyboard.press("Escape")
    overlays.wait_for_none_of("00:07.5")
    page.keyboard.press("k")
    page.wait_for_function("window.keys === 1")
    assert len(reviewer.notes_on(address)) == 1


def test_a_note_that_is_typed_while_the_server_is_down_goes_up_later(
    site: Site, reviewing: Reviewing, server: LiveServer
) -> None:
    reviewer = reviewing(30.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 7.5)
    reviewer.open_panel(page)
    server.kill()
    reviewer.extension.choose_note_in_menu()
    overlays = Overlays(page)
    overlays.wait_for("00:07.5")
    page.keyboard.type("the logo is off")
    page.keyboard.press("Enter")
    overlays.wait_for("saved")
    reviewer.extension.close_offscreen()
    server.start()
    reviewer.wait_for_notes(address, 1)
    assert [text_and_place(note) for note in reviewer.notes_on(address)] == [("the logo is off", 7.5)]
