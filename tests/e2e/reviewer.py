"""Somebody with the extension, a page with a video and the side panel; and what may go wrong around them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.extension import Extension, Target, wait_for
from tests.e2e.server import LivePerson, LiveServer

FIRMED = "article.note[data-status=firmed]"
GHOST = "article.note[data-status=ghost]"
CLICKS = 3
BLOCKED_COOKIES = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in a story."""

    name: str
    before_each_step: Callable[[Extension], None] = lambda extension: None
    kills_server: bool = False
    """In mid-speech, of what is said first; it is started again at once."""
    cuts_network: bool = False
    """Every three seconds, once a page of ours was there: on a slow machine one takes longer than that to load."""
    preferences: dict[str, Any] = field(default_factory=dict)
    """The browser's."""

    def __str__(self) -> str:
        return self.name


NO_TROUBLE = Trouble("nothing")
TROUBLES = (
    Trouble("worker_killed", before_each_step=Extension.kill_worker),
    Trouble("offscreen_closed", before_each_step=Extension.close_offscreen),
    Trouble("server_killed", kills_server=True),
    Trouble("network_cut", cuts_network=True),
    Trouble("cookies_blocked", preferences=BLOCKED_COOKIES),
)


@dataclass
class Tally:
    """What became of the words that were said, over all stories."""

    said: int = 0
    lost: int = 0
    doubled: int = 0
    first_words_cut: int = 0

    def count(self, said: list[str], noted: list[str]) -> None:
        """Compare what was said on a video with the transcripts of its notes."""
        self.said += len(said)
        self.lost += max(0, len(said) - len(noted))
        self.doubled += max(0, len(noted) - len(said))
        beginnings = {words.split()[0] for words in said}
        self.first_words_cut += sum(words.split()[0] not in beginnings for words in noted)

    def __str__(self) -> str:
        return (
            f"{self.said} remarks spoken in the extension: notes lost {self.lost}, doubled {self.doubled}, "
            f"first words cut {self.first_words_cut}"
        )


class Reviewer:
    """Somebody with a page and the side panel, to whom a trouble happens."""

    def __init__(
        self,
        extension: Extension,
        person: LivePerson,
        server: LiveServer,
        trouble: Trouble,
        bad_network: CuttingProxy,
    ) -> None:
        self.extension = extension
        self.person = person
        self.server_url = bad_network.url if trouble.cuts_network else server.url
        self._bad_network = bad_network
        self._server = server
        self._trouble = trouble
        self._kills = trouble.kills_server

    def watch(self, url: str, at_seconds: float) -> Page:
        """Open a page with a video and stand still in it."""
        page = self.extension.context.new_page()
        page.goto(url)
        page.wait_for_function("document.querySelector('video')?.readyState >= 2")
        page.evaluate(f"document.querySelector('video').currentTime = {at_seconds}")
        page.wait_for_function("!document.querySelector('video').seeking")
        return page

    def open_panel(self, page: Page) -> Target:
        """Open the side panel, and give the page of ours in it once it shows a video."""
        self.extension.open_panel(page)
        panel = self.extension.target(f"{self.server_url}/panel")
        return self._shown(panel)

    def open_popup(self, page: Page) -> Target:
        """Open the popup, and give the page of ours in it."""
        self._trouble.before_each_step(self.extension)
        self.extension.open_popup(page)
        return self._shown(self.extension.target(f"{self.server_url}/popup"))

    def _shown(self, target: Target) -> Target:
        target.wait_for("!!document.querySelector('.talk .mic')")
        self._bad_network.begin()
        return target

    def speak(self, target: Target) -> None:
        """Press the microphone; the WAV file says the rest."""
        heard = len(self._heard())
        self.click(target, ".talk .mic")
        if self._kills:
            self.wait_for_speech(heard)
            self._server.kill()
            self._server.start()
            self._kills = False

    def click(self, target: Target, selector: str) -> None:
        self._trouble.before_each_step(self.extension)
        target.click(selector)

    def click_until(self, target: Target, selector: str, page: Page, expression: str) -> None:
        """Click, and wait for what comes of it on a page; where the network is cut the panel may just be away."""
        for _ in range(CLICKS if self._trouble.cuts_network else 1):
            self.click(target, selector)
            with suppress(TimeoutError):
                wait_for(page, lambda: page.evaluate(expression), expression)
                return
        raise TimeoutError(f"clicked in vain for {expression}")

    def press_key(self, target: Target, key: str) -> None:
        self._trouble.before_each_step(self.extension)
        target.press(key)

    def bring_to_front(self, page: Page) -> None:
        self._trouble.before_each_step(self.extension)
        page.bring_to_front()

    def notes_on(self, url: str) -> list[dict[str, Any]]:
        """Give the notes on an address."""
        listed = self.person.api.get("/notes", params={"video": url}).raise_for_status().json()
        notes: list[dict[str, Any]] = listed["notes"]
        return notes

    def wait_for_notes(self, url: str, count: int) -> None:
        """Wait for this many notes on an address that are firmed."""
        wait_for(self._page, lambda: [note["status"] for note in self.notes_on(url)] == ["firmed"] * count, "the notes")

    def wait_for_speech(self, heard: int = 0) -> None:
        """Wait until the server heard speech begin once more than before."""
        wait_for(self._page, lambda: len(self._heard()) > heard, "the first sound")

    @property
    def _page(self) -> Page:
        return self.extension.context.pages[0]

    def microphone_state(self) -> str:
        """Give what the server last told of the microphone."""
        return str([event["state"] for event in self._events() if event["type"] == "microphone_changed"][-1])

    def _heard(self) -> list[dict[str, Any]]:
        return [event for event in self._events() if event["type"] == "speech_heard" and event["edge"] == "began"]

    def _events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.person.api.get("/events").raise_for_status().json()["events"]
        return events


def count(selector: str) -> str:
    """Give JavaScript that counts elements."""
    return f"document.querySelectorAll({selector!r}).length"


def text_and_place(note: dict[str, Any]) -> tuple[str, float]:
    """Give what a note says, and where."""
    return str(note["text"]), round(float(note["start_seconds"]), 1)
