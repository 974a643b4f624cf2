"""What the reviewer changes while the microphone is open: the video, the tab, the account. No word is lost by it."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog

from tests.e2e.extension import wait_for
from tests.e2e.reviewer import FIRMED, GHOST, Reviewer, count, text_and_place
from tests.e2e.server import LivePerson, LiveServer
from tests.e2e.site import Site

Reviewing = Callable[..., Reviewer]

pytestmark = pytest.mark.once
MUSIC = "01-the-music-is-too-loud.wav"
MUSIC_NOTE = "The music is too loud"
HANDS_FREE = ".talk .chip"
CHIP = "!!document.querySelector(':popover-open')"
IS_OPEN = "document.querySelector('.talk').dataset.state === 'open'"
IS_OFF = "document.querySelector('.talk').dataset.state === 'off'"


def test_a_sign_in_that_is_revoked_in_mid_speech_keeps_the_words_until_the_next_one(
    server: LiveServer, ann: LivePerson, site: Site, reviewing: Reviewing
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    shell = reviewer.extension.open_panel(page)
    panel = reviewer.extension.target("/panel")
    panel.click(".talk .mic")
    reviewer.wait_for_speech()
    ann.api.post("/auth/sign-out-everywhere").raise_for_status()
    shell.wait_for("document.body.innerText.includes('Sign in to begin')")
    shell.wait_for("document.body.innerText.includes('What you said last is kept here')")
    page.wait_for_function("!document.querySelector(':popover-open')")

    again = server.sign_in("ann@example.org")
    reviewer.extension.sign_in(server.url, again.token, "ann@example.org")
    reviewer.person = again
    reviewer.wait_for_notes(address, 1)
    [(text, place)] = [text_and_place(note) for note in reviewer.notes_on(address)]
    assert place == 12.5
    assert text.startswith("The music")
    assert MUSIC_NOTE.startswith(text), "the microphone may have gone off before the last word"


def test_signing_out_with_unsent_words_asks_first(server: LiveServer, site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    panel = reviewer.open_panel(page)
    panel.click(".talk .mic")
    reviewer.wait_for_speech()
    server.kill()

    asked: list[str] = []

    def decline(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    options = reviewer.extension.context.new_page()
    options.on("dialog", decline)
    options.goto(reviewer.extension.address("options.html"))
    options.click("#sign-out")
    wait_for(options, lambda: asked, "the question")
    assert "not on the server yet" in asked[0]
    server.start()
    reviewer.wait_for_notes(f"{site.url}/a.html", 1)
    options.click("#sign-out")
    options.wait_for_selector("#account-form:not([hidden])")
    wait_for(page, lambda: not reviewer.extension.has("offscreen.html"), "the end of the microphone")
    assert len(asked) == 1


def test_hands_free_goes_on_about_what_the_same_tab_shows_next(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    first, second = f"{site.url}/a.html", f"{site.url}/b.html"
    page = reviewer.watch(first, 12.5)
    panel = reviewer.open_panel(page)
    panel.click(HANDS_FREE)
    panel.click(".talk .mic")
    reviewer.wait_for_notes(first, 1)

    page.goto(second)
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    panel.wait_for("document.body.innerText.includes('Harbour B')")
    page.wait_for_function(CHIP)
    reviewer.wait_for_notes(second, 1)
    assert len(reviewer.notes_on(first)) == 1

    page.evaluate("history.pushState(null, '', '/a.html'); document.title = 'Harbour A'")
    page.evaluate("document.querySelector('video').currentTime = 4")
    reviewer.wait_for_notes(first, 2)
    assert sorted(text_and_place(note)[1] for note in reviewer.notes_on(first)) == [4.0, 12.5]
    panel.wait_for(IS_OPEN)


def test_a_page_that_is_loaded_again_shows_that_lossy_still_listens(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(60.0)
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    panel = reviewer.open_panel(page)
    panel.click(".talk .mic")
    page.wait_for_function(CHIP)
    page.reload()
    page.wait_for_function(CHIP)
    panel.wait_for(IS_OPEN)


def test_a_press_at_another_video_ends_the_one_and_begins_there(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(60.0)
    one = reviewer.watch(f"{site.url}/a.html", 3.0)
    panel = reviewer.open_panel(one)
    panel.click(".talk .mic")
    one.wait_for_function(CHIP)
    other = reviewer.watch(f"{site.url}/b.html", 9.0)
    other.bring_to_front()
    panel.wait_for("document.body.innerText.includes('Harbour B')")
    panel.click(".talk .mic")
    other.wait_for_function(CHIP)
    assert one.evaluate(CHIP) is False


def test_closing_the_tab_ends_listening_and_what_was_said_becomes_a_note(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    panel = reviewer.open_panel(page)
    panel.click(HANDS_FREE)
    panel.click(".talk .mic")
    panel.wait_for(f"{count(FIRMED)} === 1")
    page.close()
    wait_for(reviewer.extension.context.pages[0], lambda: reviewer.microphone_state() == "off", "the end of listening")
    assert [text_and_place(note) for note in reviewer.notes_on(address)] == [(MUSIC_NOTE, 12.5)]


@pytest.mark.once
def test_a_shortcut_scratches_the_note_that_is_being_made(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    panel = reviewer.open_panel(page)
    reviewer.speak(panel)
    panel.wait_for(f"{count(GHOST)} === 1")
    reviewer.extension.press_shortcut("cancel")
    panel.wait_for(f"{count('article.note')} === 0")
    assert reviewer.notes_on(address) == []


LATE_ANSWERS = """(() => {
    const send = chrome.runtime.sendMessage.bind(chrome.runtime);
    chrome.runtime.sendMessage = async (message, ...rest) => {
        const answer = await send(message, ...rest);
        if (message.type === 'ask_standing' && !window.letGo) await new Promise((go) => (window.letGo = go));
        return answer;
    };
})()"""
COUNT_MESSAGES = "(() => { window.got = 0; addEventListener('message', () => window.got++); })()"


def test_how_things_stood_a_moment_ago_does_not_open_a_microphone_that_is_off(site: Site, reviewing: Reviewing) -> None:
    reviewer = reviewing(60.0)
    page = reviewer.watch(f"{site.url}/a.html", 12.5)
    shell = reviewer.extension.open_panel(page)
    panel = reviewer.extension.target("/panel")
    panel.click(".talk .mic")
    panel.wait_for(IS_OPEN)
    shell.evaluate(LATE_ANSWERS)
    standing_changed = {"to": "pages", "type": "standing_changed"}
    tell = f"void chrome.runtime.sendMessage({json.dumps(standing_changed)})"
    reviewer.extension.target("offscreen.html").evaluate(tell)
    shell.wait_for("!!window.letGo")
    panel.click(".talk .mic")
    panel.wait_for(IS_OFF)
    panel.evaluate(COUNT_MESSAGES)
    shell.evaluate("letGo()")
    panel.wait_for("window.got > 0")
    assert panel.evaluate(IS_OFF)
