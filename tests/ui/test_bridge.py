"""The panel in a frame of another origin, in a real browser: tickets, messages, and what is not listened to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.e2e.server import LivePerson, LiveServer
from tests.ui.shell import running_shell

SOON_MS = 15_000
MICROPHONE = {"state": "off", "problem": None, "mode": "one_note", "here": True}
HANDLED = "import('lossy/bridge.js').then(({ bridge }) => bridge.handled)"


@pytest.fixture
def shell() -> Iterator[str]:
    with running_shell() as origin:
        yield origin


@pytest.fixture
def server(tmp_path: Path, shell: str) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "data", LOSSY_EXTENSION_ORIGINS=shell).start()
    yield live
    live.stop()


@pytest.fixture
def ann(server: LiveServer) -> LivePerson:
    return server.person("ann@example.org")


class Host:
    """The page around the panel."""

    def __init__(self, page: Page, server: LiveServer, shell: str) -> None:
        self.page = page
        self._server = server
        self._shell = shell

    def open(self, *answers: dict[str, Any]) -> FrameLocator:
        """Frame the panel; say these to its hello."""
        self.page.goto(self._shell)
        self.page.evaluate("([url, hello]) => show(url, { hello })", [f"{self._server.url}/panel", list(answers)])
        return self.page.frame_locator("iframe")

    def say(self, message: dict[str, Any]) -> None:
        """Post a message into the frame."""
        self.page.evaluate("message => say(message)", message)

    def hears(self, message: dict[str, Any]) -> None:
        """Wait until the frame posted it."""
        asked = "wanted => heard.some((one) => Object.entries(wanted).every(([name, value]) => one[name] === value))"
        self.page.wait_for_function(asked, arg=message, timeout=SOON_MS)

    @property
    def frame(self) -> Frame:
        """The panel's own window."""
        return self.page.frames[1]


@pytest.fixture
def host(page: Page, server: LiveServer, shell: str, ann: LivePerson) -> Host:
    page.expose_function("ticket", lambda: ann.api.post("/tickets").raise_for_status().json()["ticket"])
    return Host(page, server, shell)


@pytest.fixture
def film(ann: LivePerson) -> Callable[[str], str]:
    return lambda name: ann.open_video(f"https://media.example.com/{len(name)}.mp4", name)["video"]


def shown(video: str) -> dict[str, Any]:
    return {"type": "shown", "shown": {"video": video, "title": "As the tab says"}}


def microphone(**changes: Any) -> dict[str, Any]:
    return {"type": "microphone", "microphone": MICROPHONE | changes}


def test_the_panel_opens_by_a_ticket_and_follows_the_video(host: Host, film: Callable[[str], str], shell: str) -> None:
    first, second = film("Harbour cut"), film("Forest teaser")
    panel = host.open(shown(first))
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_visible(timeout=SOON_MS)
    host.frame.evaluate("window.stayed = true")
    for video in (second, first, second):
        host.say(shown(video))

    expect(panel.get_by_role("heading", name="Forest teaser")).to_be_visible(timeout=SOON_MS)
    assert host.frame.evaluate("window.stayed"), "without a reload"
    assert host.frame.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0


def test_commands_reach_the_extension(host: Host, film: Callable[[str], str]) -> None:
    panel = host.open(shown(film("Harbour cut")), microphone())
    expect(panel.get_by_text("Ready")).to_be_visible(timeout=SOON_MS)
    panel.get_by_role("button", name="Start the microphone").click()
    host.hears({"type": "press", "mode": "one_note"})

    host.say(microphone(state="open", mode="hands_free"))
    expect(panel.get_by_text("Listening", exact=True)).to_be_visible()
    host.say(microphone(state="blocked", problem="Chrome keeps the microphone."))
    panel.get_by_role("button", name="Open the permission page").click()
    host.hears({"type": "open", "what": "permission"})

    host.say(microphone(state="open", here=False))
    expect(panel.get_by_text("Lossy is listening to the video of another tab.")).to_be_visible()

    host.say({"type": "playback", "position": 10, "rate": 2, "playing": False, "duration": 100})
    strip = panel.get_by_role("slider")
    expect(strip).to_have_attribute("aria-valuenow", "10")
    strip.press("ArrowRight")
    host.hears({"type": "seek", "position": 15})

    panel.get_by_role("slider").press("m")
    host.page.wait_for_function("heard.filter(({ type }) => type === 'press').length === 2", timeout=SOON_MS)


def test_the_strip_moves_on_between_two_reports(host: Host, film: Callable[[str], str]) -> None:
    panel = host.open(shown(film("Harbour cut")))
    expect(panel.get_by_role("slider")).to_be_visible(timeout=SOON_MS)
    host.say({"type": "playback", "position": 10, "rate": 2, "playing": True, "duration": 12})

    expect(panel.get_by_role("slider")).to_have_attribute("aria-valuenow", "12", timeout=SOON_MS)


def test_messages_of_other_windows_and_shapes_are_not_handled(host: Host, film: Callable[[str], str]) -> None:
    panel = host.open(shown(film("Harbour cut")))
    expect(panel.get_by_role("slider")).to_be_visible(timeout=SOON_MS)
    before = host.frame.evaluate(HANDLED)
    host.frame.evaluate(
        """async (microphone) => {
            const origin = "http://evil.example";
            window.postMessage(microphone, "*");  // of this window itself
            window.dispatchEvent(new MessageEvent("message", { data: microphone, source: window.parent, origin }));
            const child = document.body.appendChild(document.createElement("iframe"));
            child.contentWindow.eval(`parent.postMessage(${JSON.stringify(microphone)}, "*")`);
            await new Promise((done) => setTimeout(done));
        }""",
        microphone(state="open"),
    )
    for nonsense in (
        None,
        "ticket",
        {"type": "shout"},
        {"type": "toString"},
        {"type": "ticket", "ticket": 5},
        {"type": "ticket", "ticket": "x" * 101},
        {"type": "shown", "shown": {"video": "../..", "title": ""}},
        {"type": "shown", "shown": {"video": None, "why": "because", "title": "", "problem": None}},
        {"type": "playback", "position": "1", "rate": 1, "playing": False, "duration": 1},
        microphone(state="open") | {"more": 1},
        microphone(state="everywhere"),
    ):
        host.page.evaluate("message => say(message)", nonsense)
    assert host.frame.evaluate(HANDLED) == before

    host.say(microphone(state="open"))
    expect(panel.get_by_text("Listening", exact=True)).to_be_visible()
    assert host.frame.evaluate(HANDLED) == before + 1


def test_a_parent_of_another_origin_gets_no_word(
    page: Page, server: LiveServer, shell: str, ann: LivePerson, film: Callable[[str], str]
) -> None:
    with running_shell() as stranger:
        host = Host(page, server, stranger)
        host.open(shown(film("Harbour cut")))
        page.wait_for_timeout(1000)  # nothing may come, so there is nothing to wait for

        assert page.evaluate("heard") == []


def test_outside_of_a_frame_the_page_says_where_it_belongs(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/panel")

    expect(page.get_by_role("heading", name="This page belongs in the extension's panel")).to_be_visible(
        timeout=SOON_MS
    )
    expect(page.get_by_role("link", name="Get the extension")).to_have_attribute("href", "/welcome")


def test_a_refused_ticket_is_said_and_asked_for_again(host: Host, film: Callable[[str], str], ann: LivePerson) -> None:
    tickets = iter(["", "", ann.api.post("/tickets").json()["ticket"]])
    host.page.context.expose_function("issued", lambda: next(tickets))
    host.page.add_init_script("Object.defineProperty(window, 'ticket', { get: () => window.issued, set: () => {} })")
    panel = host.open(shown(film("Harbour cut")))

    expect(panel.get_by_text("Lossy is thinking about it.")).to_be_visible(timeout=SOON_MS)
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_visible(timeout=SOON_MS)
    expect(panel.get_by_text("Lossy is thinking about it.")).to_be_hidden()


def test_a_restarted_server_gets_a_new_ticket_by_itself(
    host: Host, film: Callable[[str], str], server: LiveServer
) -> None:
    panel = host.open(shown(film("Harbour cut")))
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_visible(timeout=SOON_MS)
    server.kill()
    expect(panel.get_by_text("Offline")).to_be_visible(timeout=SOON_MS)
    server.start()

    host.page.wait_for_function("heard.filter(({ type }) => type === 'hello').length > 1", timeout=2 * SOON_MS)
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_visible(timeout=2 * SOON_MS)


def test_signing_out_elsewhere_tells_the_extension(host: Host, film: Callable[[str], str], ann: LivePerson) -> None:
    panel = host.open(shown(film("Harbour cut")))
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_visible(timeout=SOON_MS)
    ann.api.post("/auth/sign-out").raise_for_status()

    host.hears({"type": "signed_out"})
    expect(panel.get_by_role("heading", name="Harbour cut")).to_be_hidden()
