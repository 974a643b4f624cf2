"""Speech that is found and recognised in the browser: hands-free, without a byte of audio on the wire."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lossy.bench.figures import word_errors
from lossy.demo import read_utterances
from tests.e2e.counting_proxy import CountingProxy
from tests.e2e.extension import Extension, Target, wait_for
from tests.e2e.reviewer import NO_TROUBLE, Reviewer
from tests.e2e.server import LivePerson, LiveServer
from tests.e2e.site import Site

pytestmark = pytest.mark.once

HANDS_FREE = ".talk .chip"
IS_OPEN = "document.querySelector('.talk').dataset.state === 'open'"
IS_OFF = "document.querySelector('.talk').dataset.state === 'off'"
PAUSE_SECONDS = 0.4
MUSIC = "01-the-music-is-too-loud.wav"


@pytest.fixture
def wire(server: LiveServer, spare_port: int) -> Iterator[CountingProxy]:
    """Give another address of the server, where everything that is sent is counted."""
    with CountingProxy(server.port, spare_port) as proxy:
        yield proxy


@pytest.fixture
def reviewing(
    server: LiveServer,
    ann: LivePerson,
    wire: CountingProxy,
    extension_with_voice: Callable[[Path, dict[str, Any], str], Extension],
    spoken: Callable[..., Path],
) -> Callable[..., Reviewer]:
    """Give a function that opens a browser for Ann, who chose these settings and says these things."""

    def open_browser(*parts: str | float, **choices: str | bool) -> Reviewer:
        ann.api.patch("/settings", json={"values": choices}).raise_for_status()
        reviewer = Reviewer(extension_with_voice(spoken(*parts), {}, wire.url), ann, server, NO_TROUBLE, wire)
        reviewer.server_url = wire.url
        return reviewer

    return open_browser


def begin_hands_free(reviewer: Reviewer, url: str, at_seconds: float) -> Target:
    page = reviewer.watch(url, at_seconds)
    panel = reviewer.open_panel(page)
    panel.wait_for(f"!!document.querySelector({HANDS_FREE!r})")
    panel.click(HANDS_FREE)
    panel.click(".talk .mic")
    panel.wait_for(IS_OPEN)
    return panel


def take_away_microphone(offscreen: Target) -> None:
    """Let the browser say, of the one that was opened last, that it is gone."""
    offscreen.wait_for("window.stream !== window.gone")
    offscreen.evaluate("""(() => {
        window.gone = stream;
        for (const track of stream.getTracks()) track.dispatchEvent(new Event('ended'));
    })()""")


def wait_for_as_many(reviewer: Reviewer, url: str, count: int) -> None:
    page = reviewer.extension.context.pages[0]
    wait_for(page, lambda: len(reviewer.notes_on(url)) >= count, f"{count} notes")


@pytest.mark.timeout(240)
def test_twenty_remarks_are_recognised_here_and_no_audio_leaves_the_browser(
    site: Site,
    reviewing: Callable[..., Reviewer],
    wire: CountingProxy,
    record_property: Callable[[str, object], None],
) -> None:
    remarks = read_utterances().remarks[:20]
    parts = [part for remark in remarks for part in (remark.file, PAUSE_SECONDS)]
    reviewer = reviewing(0.5, *parts, 600.0, engine="browser")
    address = f"{site.url}/a.html"
    panel = begin_hands_free(reviewer, address, 12.5)
    for said in range(4, len(remarks) + 1, 4):
        wait_for_as_many(reviewer, address, said)
    reviewer.wait_for_notes(address, len(remarks))
    heard = [note["raw_transcript"] for note in sorted(reviewer.notes_on(address), key=lambda note: note["created_at"])]
    counts = [word_errors(remark.text, said) for remark, said in zip(remarks, heard, strict=True)]
    errors, words = (sum(each) for each in zip(*counts, strict=True))
    record_property("word_error_percent", round(100 * errors / words, 1))
    record_property("audio_bytes_sent", wire.binary_bytes)
    record_property("all_bytes_sent", wire.sent_bytes)
    assert errors / words <= 0.1
    assert wire.binary_bytes == 0
    assert {note["engine"].split("+")[0] for note in reviewer.notes_on(address)} == {"wasm/demo"}
    panel.click(".talk .mic")
    panel.wait_for(IS_OFF)


def test_recognised_by_the_server_its_audio_is_counted(
    site: Site, reviewing: Callable[..., Reviewer], wire: CountingProxy
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    begin_hands_free(reviewer, f"{site.url}/a.html", 12.5)
    reviewer.wait_for_notes(f"{site.url}/a.html", 1)
    assert wire.binary_bytes > 30_000


def test_the_options_show_what_recognises_here_and_what_is_taken_for_speech(
    site: Site, reviewing: Callable[..., Reviewer]
) -> None:
    extension = reviewing(0.5, MUSIC, 60.0).extension
    options = extension.context.new_page()
    options.goto(extension.address("options.html"))
    options.select_option("#engine", "browser")
    options.wait_for_selector("#hearing-said:text-is('Ready: “demo” on the processor.')")
    options.wait_for_selector("#audio-fallback[aria-checked=false]")
    options.select_option("#sensitivity", "noisy")
    options.click("#listen")
    options.wait_for_selector("#speech-meter[data-speaking=true]")
    options.wait_for_selector("#speech-meter[data-speaking=false]")
    options.reload()
    options.wait_for_selector("#hearing:not([hidden])")
    wait_for(options, lambda: options.input_value("#engine") == "browser", "the choice of the place")
    assert options.input_value("#sensitivity") == "noisy"


def test_a_remark_stays_with_the_video_that_it_was_spoken_about(
    site: Site, reviewing: Callable[..., Reviewer], wire: CountingProxy
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0, engine="browser")
    first, second = f"{site.url}/a.html", f"{site.url}/b.html"
    other = reviewer.watch(second, 4.0)
    panel = begin_hands_free(reviewer, first, 12.5)
    reviewer.wait_for_speech()
    reviewer.bring_to_front(other)
    reviewer.wait_for_notes(first, 1)
    panel.wait_for(IS_OPEN)
    reviewer.wait_for_notes(second, 1)
    assert [note["start_seconds"] for note in reviewer.notes_on(first)] == [12.5]
    assert [note["raw_transcript"] for note in reviewer.notes_on(second)] == ["the music is too loud"]
    assert wire.binary_bytes == 0


def test_words_wait_for_a_server_that_was_away(
    site: Site, reviewing: Callable[..., Reviewer], server: LiveServer, wire: CountingProxy
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0, engine="browser")
    address = f"{site.url}/a.html"
    begin_hands_free(reviewer, address, 12.5)
    reviewer.wait_for_speech()
    server.kill()
    server.start()
    reviewer.wait_for_notes(address, 1)
    [note] = reviewer.notes_on(address)
    assert (note["raw_transcript"], note["start_seconds"]) == ("the music is too loud", 12.5)
    assert wire.binary_bytes == 0


def test_one_note_closes_the_microphone_and_scratching_it_is_heard(
    site: Site, reviewing: Callable[..., Reviewer], wire: CountingProxy
) -> None:
    reviewer = reviewing(0.5, MUSIC, 0.3, "scratch-that.wav", 60.0, engine="browser")
    address = f"{site.url}/a.html"
    panel = reviewer.open_panel(reviewer.watch(address, 12.5))
    panel.wait_for("!!document.querySelector('.talk .mic')")
    reviewer.speak(panel)
    panel.wait_for(IS_OPEN)
    panel.wait_for("!!document.querySelector('article.note[data-status=ghost]')")
    panel.wait_for(IS_OFF)
    assert reviewer.notes_on(address) == [], "it was scratched"
    assert wire.binary_bytes == 0


def test_hands_stay_open_when_the_microphone_goes_and_another_takes_its_place(
    site: Site, reviewing: Callable[..., Reviewer]
) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0, engine="browser")
    address = f"{site.url}/a.html"
    page = reviewer.watch(address, 12.5)
    offscreen = reviewer.extension.target("offscreen.html")
    offscreen.evaluate("""(() => {
        const devices = navigator.mediaDevices;
        const open = devices.getUserMedia.bind(devices);
        devices.getUserMedia = async (asked) => (window.stream = await open(asked));
    })()""")
    panel = reviewer.open_panel(page)
    panel.wait_for(f"!!document.querySelector({HANDS_FREE!r})")
    panel.click(HANDS_FREE)
    panel.click(".talk .mic")
    reviewer.wait_for_notes(address, 1)
    take_away_microphone(offscreen)
    reviewer.wait_for_notes(address, 2)
    for _ in range(2):
        panel.wait_for(IS_OPEN)
        take_away_microphone(offscreen)
    panel.wait_for(IS_OFF)
    panel.wait_for("document.body.innerText.includes('went away')")


@pytest.mark.parametrize("engine", ["browser", "auto"])
def test_the_video_stands_still_while_the_browser_hears_somebody(
    site: Site, reviewing: Callable[..., Reviewer], engine: str
) -> None:
    reviewer = reviewing(3.0, MUSIC, 60.0, engine=engine)
    page = reviewer.watch(f"{site.url}/a.html", 2.0)
    page.evaluate("""() => {
        window.stood = [];
        const video = document.querySelector('video');
        for (const kind of ['pause', 'play']) video.addEventListener(kind, () => stood.push(kind));
        video.muted = true;
        return video.play();
    }""")
    panel = reviewer.open_panel(page)
    panel.wait_for(f"!!document.querySelector({HANDS_FREE!r})")
    panel.click(HANDS_FREE)
    panel.click(".talk .mic")
    page.wait_for_function("stood.join() === 'play,pause,play'")
    panel.wait_for(IS_OPEN)
