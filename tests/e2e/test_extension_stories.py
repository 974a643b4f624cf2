"""Three stories of a reviewer with the real extension, each told plainly and again with each trouble."""

from collections.abc import Callable

import pytest

from lossy.bench.figures import word_errors
from tests.e2e.reviewer import FIRMED, GHOST, NO_TROUBLE, TROUBLES, Reviewer, Tally, Trouble, count, text_and_place
from tests.e2e.server import LivePerson
from tests.e2e.site import Site

Reviewing = Callable[..., Reviewer]

MUSIC = "01-the-music-is-too-loud.wav"
MUSIC_NOTE = "The music is too loud"
WATCH_WORDS = """(() => {
    window.words = [];
    const look = () => words.push(document.querySelector('.talk .words').innerText);
    const all = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(document.querySelector('.talk'), all);
})()"""
STORY = ["microphone_changed", "speech_heard", "asr_final", "note_changed", "note_changed", "microphone_changed"]


def test_a_remark_becomes_a_note_and_leads_back_to_its_moment(site: Site, reviewing: Reviewing, tally: Tally) -> None:
    shown = tell_of_a_remark(reviewing(0.5, MUSIC, 30.0), site, tally)
    assert any("the music" in words and "loud" not in words for words in shown), "words came while they were spoken"


@pytest.mark.once
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_whatever_happens_a_remark_becomes_a_note_and_leads_back(
    site: Site, reviewing: Reviewing, tally: Tally, trouble: Trouble
) -> None:
    tell_of_a_remark(reviewing(0.5, MUSIC, 30.0, trouble=trouble), site, tally)


@pytest.mark.once
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_whatever_happens_what_the_browser_understood_becomes_a_note(
    site: Site, reviewing: Reviewing, tally: Tally, trouble: Trouble, ann: LivePerson
) -> None:
    ann.api.patch("/settings", json={"values": {"engine": "browser"}}).raise_for_status()
    tell_of_a_remark(reviewing(0.5, MUSIC, 30.0, trouble=trouble), site, tally)


def test_notes_go_to_the_video_of_the_tab_and_the_panel_follows(site: Site, reviewing: Reviewing, tally: Tally) -> None:
    tell_of_two_tabs(reviewing(0.5, MUSIC, 30.0), site, tally, NO_TROUBLE)


@pytest.mark.once
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_whatever_happens_notes_go_to_the_video_of_the_tab_and_the_panel_follows(
    site: Site, reviewing: Reviewing, tally: Tally, trouble: Trouble
) -> None:
    tell_of_two_tabs(reviewing(0.5, MUSIC, 30.0, trouble=trouble), site, tally, trouble)


@pytest.mark.once
@pytest.mark.parametrize("trouble", [NO_TROUBLE, *TROUBLES], ids=str)
def test_the_popup_tells_the_whole_story_though_it_was_closed_in_between(
    site: Site, reviewing: Reviewing, tally: Tally, trouble: Trouble
) -> None:
    reviewer = reviewing(0.5, MUSIC, 30.0, trouble=trouble)
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    reviewer.speak(reviewer.open_popup(page))
    reviewer.wait_for_speech()
    reviewer.extension.close_popup()

    reviewer.wait_for_notes(address, 1)
    popup = reviewer.open_popup(page)
    popup.wait_for("document.querySelector('.story')?.innerText.includes('The microphone is off')")
    told = popup.evaluate("[...document.querySelectorAll('.story li')].map((line) => line.dataset.name)")
    after = set(told[len(STORY) :])
    assert told[: len(STORY)] == STORY
    assert after <= ({"microphone_changed"} if trouble.cuts_network else set()), "sound that a cut kept back came after"
    assert_one_note(reviewer, address, 12.5, tally)


def tell_of_a_remark(reviewer: Reviewer, site: Site, tally: Tally) -> list[str]:
    """Press, speak, see the note, click it to go back; cancel the next one. Give all that the live line showed."""
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    panel = reviewer.open_panel(page)
    panel.evaluate(WATCH_WORDS)
    reviewer.speak(panel)
    panel.wait_for(f"{count(FIRMED)} === 1")
    assert_one_note(reviewer, address, 12.5, tally)

    page.evaluate("document.querySelector('video').currentTime = 2")
    reviewer.click_until(
        panel, "article.note .when", page, "Math.abs(document.querySelector('video').currentTime - 12.5) < 0.05"
    )

    panel.wait_for("document.querySelector('.talk').dataset.state === 'off'")
    reviewer.speak(panel)
    panel.wait_for(f"{count(GHOST)} === 1")
    reviewer.press_key(panel, "Escape")
    panel.wait_for(f"{count('article.note')} === 1")
    assert len(reviewer.notes_on(address)) == 1
    return [str(words) for words in panel.evaluate("window.words ?? []")]


def tell_of_two_tabs(reviewer: Reviewer, site: Site, tally: Tally, trouble: Trouble) -> None:
    """Speak on one tab, then on another; go back to the first."""
    first, second = f"{site.url}/a.html", f"{site.url}/b.html"
    one = reviewer.watch(first, 3.0)
    panel = reviewer.open_panel(one)
    panel.wait_for("document.body.innerText.includes('Harbour A')")
    loaded_at = panel.evaluate("performance.timeOrigin")
    reviewer.speak(panel)
    panel.wait_for(f"{count(FIRMED)} === 1")

    other = reviewer.watch(second, 9.0)
    reviewer.bring_to_front(other)
    panel.wait_for("document.body.innerText.includes('Harbour B')")
    panel.wait_for(f"{count('article.note')} === 0 && document.querySelector('.talk').dataset.state === 'off'")
    reviewer.speak(panel)
    panel.wait_for(f"{count(FIRMED)} === 1")

    reviewer.bring_to_front(one)
    panel.wait_for("document.body.innerText.includes('Harbour A')")
    if not (trouble.kills_server or trouble.cuts_network):
        assert panel.evaluate("performance.timeOrigin") == loaded_at, "the panel was not loaded again"
    assert_one_note(reviewer, first, 3.0, tally)
    assert_one_note(reviewer, second, 9.0, tally)


def assert_one_note(reviewer: Reviewer, address: str, at_seconds: float, tally: Tally) -> None:
    """See that what was said once is there once, whole, at its moment.

    A browser on a busy machine drops samples of its fake microphone, and the tiny model may then hear a word too many.
    """
    notes = reviewer.notes_on(address)
    tally.count([MUSIC_NOTE.lower()], [note["raw_transcript"] for note in notes])
    [(text, place)] = [text_and_place(note) for note in notes]
    assert (place, text.split()[0], text.split()[-1]) == (at_seconds, "The", "loud")
    assert word_errors(MUSIC_NOTE, text)[0] <= 1, text
