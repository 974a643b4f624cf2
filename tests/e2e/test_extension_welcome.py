"""The first run: whoever installed Lossy is led from the server by the microphone to a note, in one page."""

from collections.abc import Callable

import pytest

from tests.e2e.extension import wait_for
from tests.e2e.reviewer import FIRMED, Reviewer, count
from tests.e2e.server import LiveServer

pytestmark = pytest.mark.once
MUSIC = "01-the-music-is-too-loud.wav"
PASSWORD = "correct horse battery"


def test_the_first_run_ends_in_a_note_on_the_sample(server: LiveServer, reviewing: Callable[..., Reviewer]) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0)
    page = reviewer.extension.context.new_page()
    page.goto(reviewer.extension.address("welcome.html"))
    page.click("#sign-out")
    page.wait_for_selector("#account-form:not([hidden])")
    assert page.is_visible("#sample-waits")
    assert page.inner_text("#server-name") == server.url

    page.fill("[name=server]", server.url)
    page.click("#server-form button")
    page.wait_for_selector("#server-said[data-tone=ok]")
    page.fill("[name=email]", "bob@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("button[value=register]")
    page.wait_for_selector("#account[data-done]")
    page.click("#pictures .switch")
    page.wait_for_selector("#pictures .switch[aria-checked=true]")

    page.click("#allow:visible, #listen:visible")
    wait_for(page, lambda: page.evaluate("parseInt(document.getElementById('level').style.width) > 5"), "the meter")
    page.click("#listen")
    page.wait_for_selector("#sample-works:not([hidden])")
    page.wait_for_selector("#microphone[data-done]")
    page.evaluate("document.querySelector('video').currentTime = 12.5")

    panel = reviewer.extension.target(f"{server.url}/panel")
    panel.wait_for("document.body.innerText.includes('Harbour at dusk')")
    page.locator("#sample").scroll_into_view_if_needed()
    panel.click(".talk .mic")
    panel.wait_for(f"{count(FIRMED)} === 1")
    bob = server.sign_in("bob@example.org")
    address = f"{server.url}/demo/sample.webm"
    [note] = bob.api.get("/notes", params={"video": address}).raise_for_status().json()["notes"]
    assert note["raw_transcript"] == "the music is too loud"
    assert note["start_seconds"] == pytest.approx(12.5, abs=0.1)
    panel.click("article.note .when")
    wait_for(page, lambda: page.evaluate("document.querySelector('video').currentTime > 12"), "the moment")
