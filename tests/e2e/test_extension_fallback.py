"""A browser that can't recognise speech: what was said stays with it, or goes to the server if that is allowed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lossy.demo import WEB_MODEL
from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.extension import Extension
from tests.e2e.reviewer import NO_TROUBLE, Reviewer
from tests.e2e.server import LivePerson, LiveServer
from tests.e2e.site import Site
from tests.e2e.test_extension_hearing import IS_OFF, IS_OPEN, MUSIC, begin_hands_free

pytestmark = pytest.mark.once

LOGO = "12-the-logo-is-too-small.wav"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """Run a Lossy whose model for browsers is damaged."""
    model = tmp_path / "damaged"
    shutil.copytree(WEB_MODEL, model)
    for path in model.rglob("*.onnx"):
        path.write_bytes(path.read_bytes()[:1000])
    live = LiveServer(tmp_path / "data", LOSSY_WEB_MODEL=str(model)).start()
    yield live
    live.stop()


@pytest.fixture
def reviewing(
    server: LiveServer,
    ann: LivePerson,
    bad_network: CuttingProxy,
    extension_with_voice: Callable[[Path, dict[str, Any], str], Extension],
    spoken: Callable[..., Path],
) -> Callable[..., Reviewer]:
    """Give a function that opens a browser for Ann, who wants it to recognise what she says."""

    def open_browser(*parts: str | float, **choices: bool) -> Reviewer:
        ann.api.patch("/settings", json={"values": {"engine": "browser", **choices}}).raise_for_status()
        return Reviewer(extension_with_voice(spoken(*parts), {}, server.url), ann, server, NO_TROUBLE, bad_network)

    return open_browser


def test_the_server_takes_over_what_is_held_and_what_follows(site: Site, reviewing: Callable[..., Reviewer]) -> None:
    reviewer = reviewing(0.5, MUSIC, 1.0, LOGO, 60.0, audio_fallback=True)
    address = f"{site.url}/a.html"
    panel = begin_hands_free(reviewer, address, 12.5)
    reviewer.wait_for_notes(address, 2)
    notes = sorted(reviewer.notes_on(address), key=lambda note: str(note["created_at"]))
    assert [note["raw_transcript"] for note in notes] == ["the music is too loud", "the logo is too small"]
    assert {note["engine"].split("/")[0] for note in notes} == {"native"}
    panel.wait_for(IS_OPEN)


def test_what_may_not_go_to_the_server_waits_until_it_may(site: Site, reviewing: Callable[..., Reviewer]) -> None:
    reviewer = reviewing(0.5, MUSIC, 60.0)
    address = f"{site.url}/a.html"
    panel = begin_hands_free(reviewer, address, 12.5)
    panel.wait_for("document.body.innerText.includes('is kept here')")
    panel.wait_for(IS_OFF)
    assert reviewer.notes_on(address) == []
    options = reviewer.extension.context.new_page()
    options.goto(reviewer.extension.address("options.html"))
    options.click("#audio-fallback")
    reviewer.wait_for_notes(address, 1)
    [note] = reviewer.notes_on(address)
    assert (note["raw_transcript"], note["start_seconds"]) == ("the music is too loud", 12.5)
