"""A review on a train: the browser understands by itself, and the notes go up when the server is there again."""

import wave
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lossy.bench.figures import word_errors
from lossy.demo import read_utterances
from tests.e2e.extension import wait_for
from tests.e2e.reviewer import Reviewer
from tests.e2e.server import LivePerson, LiveServer
from tests.e2e.site import Site

Reviewing = Callable[..., Reviewer]
pytestmark = pytest.mark.once

REMARKS = 10
PAUSE_SECONDS = 1.2
RATE = 0.25
SLACK_SECONDS = 0.3


class Worker:
    """What a page of the extension may ask its worker."""

    def __init__(self, reviewer: Reviewer) -> None:
        self._page = reviewer.extension.context.new_page()
        self._page.goto(reviewer.extension.address("options.html"))

    def ask(self, **message: Any) -> Any:
        return self._page.evaluate(
            """message => chrome.windows.getCurrent().then(({ id }) =>
               chrome.runtime.sendMessage({ to: "worker", window: id, ...message }))""",
            message,
        )

    def is_online(self) -> bool:
        return bool(self._page.evaluate("chrome.storage.session.get('state').then(({ state }) => state.online)"))

    def keeps(self, remarks: int) -> bool:
        return bool(self.standing()["waiting"] >= remarks)

    def standing(self) -> dict[str, Any]:
        standing: dict[str, Any] = self.ask(type="ask_standing")
        return standing


@pytest.mark.timeout(240)
def test_ten_remarks_without_a_server_are_ten_notes_at_their_moments_once_it_is_back(
    site: Site, reviewing: Reviewing, server: LiveServer, ann: LivePerson
) -> None:
    ann.api.patch("/settings", json={"values": {"engine": "browser", "auto_pause": False}}).raise_for_status()
    remarks = read_utterances().remarks[:REMARKS]
    parts = [part for remark in remarks for part in (remark.file, PAUSE_SECONDS)]
    reviewer = reviewing(1.0, *parts, 600.0)
    worker = Worker(reviewer)
    wait_for_models(reviewer)
    server.kill()

    address = f"{site.url}/b.html"
    page = reviewer.watch(address, 1.0)
    page.evaluate(f"Object.assign(document.querySelector('video'), {{ playbackRate: {RATE}, loop: false }}).play()")
    wait_for(page, lambda: worker.standing()["video"] is not None, "the video")
    page.bring_to_front()
    wait_for(page, lambda: not worker.is_online(), "the end of the connection")
    worker.ask(type="press", mode="hands_free")
    wait_for(page, lambda: worker.standing()["microphone"]["state"] == "open", "the microphone")
    for said in range(1, REMARKS + 1):
        wait_for(page, partial(worker.keeps, said), f"{said} remarks")
    reviewer.extension.close_offscreen()

    server.start()
    wait_for(
        page, lambda: len(reviewer.notes_on(address)) >= REMARKS if is_known(reviewer, address) else False, "notes"
    )
    wait_for(page, lambda: worker.standing()["waiting"] == 0, "an empty outbox")
    notes = sorted(reviewer.notes_on(address), key=lambda note: note["start_seconds"])
    assert len(notes) == REMARKS
    heard = [note["raw_transcript"] for note in notes]
    errors, words = (
        sum(each)
        for each in zip(
            *(word_errors(remark.text, said) for remark, said in zip(remarks, heard, strict=True)), strict=True
        )
    )
    assert errors / words <= 0.1, heard
    spoken = [one - other for other, one in pairwise(note["start_seconds"] for note in notes)]
    asked = [RATE * (seconds_of(remark.path) + PAUSE_SECONDS) for remark in remarks[:-1]]
    assert spoken == pytest.approx(asked, abs=SLACK_SECONDS)


def wait_for_models(reviewer: Reviewer) -> None:
    """Wait until everything that this browser hears with is kept in it."""
    models = reviewer.person.api.get("/models").raise_for_status().json()["models"]
    files = sum(len(model["files"]) for model in models)
    offscreen = reviewer.extension.target("offscreen.html")
    offscreen.wait_for(f"caches.open('lossy-models').then((kept) => kept.keys()).then((keys) => keys.length > {files})")


def seconds_of(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def is_known(reviewer: Reviewer, address: str) -> bool:
    return reviewer.person.api.get("/notes", params={"video": address}).is_success
