"""A reviewer connects platforms in the browser: over an API, and by signing in in a live view."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from lossy.bench.browserbase_stand_in import API_KEY, BrowserbaseStandIn
from lossy.bench.comment_site import CommentSite
from tests.automation.api_sites import YouTubeSite
from tests.e2e.server import LivePerson, LiveServer

SOON_MS = 30_000
POSTED_MS = 60_000
CARD = "article.note"
PASSWORD_OF_ANN = "correct horse battery"
pytestmark = pytest.mark.once


@pytest.fixture
def youtube() -> Iterator[YouTubeSite]:
    with YouTubeSite() as site:
        yield site


@pytest.fixture
def browserbase() -> Iterator[BrowserbaseStandIn]:
    with BrowserbaseStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def comment_site() -> Iterator[CommentSite]:
    with CommentSite() as site:
        yield site


@pytest.fixture
def server(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """Run Lossy as the test wants it: beside the stand-in that the test asks for."""
    settings = {"LOSSY_DATABASE_URL": database_url, "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    if "youtube" in request.fixturenames:
        site: YouTubeSite = request.getfixturevalue("youtube")
        live = LiveServer(tmp_path / "data", command=("-m", "tests.e2e.lossy_with_apis", site.url), **settings)
    else:
        far: BrowserbaseStandIn = request.getfixturevalue("browserbase")
        settings |= {"LOSSY_BROWSERBASE_API_KEY": API_KEY, "LOSSY_BROWSERBASE_URL": far.url}
        live = LiveServer(tmp_path / "data", **settings)
    live.start()
    yield live
    live.stop()


@pytest.fixture
def page(browser_with_voice: Callable[[Path], BrowserContext], spoken: Callable[..., Path]) -> Page:
    return browser_with_voice(spoken(1.0)).new_page()


@pytest.fixture
def noted(ann: LivePerson, seed_notes: Callable[..., None]) -> Callable[[str], str]:
    """Give a function that opens a video for Ann with one note on it, and gives its id."""

    def open_video(url: str) -> str:
        video = ann.open_video(url, "Harbour")["video"]
        seed_notes(ann, video, 1)
        return video

    return open_video


def test_who_allows_it_at_the_platform_posts_over_its_api(
    page: Page, server: LiveServer, youtube: YouTubeSite, noted: Callable[[str], str]
) -> None:
    video = noted(youtube.video)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/settings#platforms")
    expect(page.get_by_text("You are connected nowhere yet.")).to_be_visible(timeout=SOON_MS)
    page.get_by_role("button", name="Connect YouTube").click()
    expect(page.get_by_role("heading", name="Connected to www.youtube.com")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_text("You are signed in as Ada.")).to_be_visible()
    assert page.evaluate("[location.search, sessionStorage.getItem('lossy.way_back'), document.cookie]") == [
        "",
        None,
        "",
    ]
    [back] = [url for url in asked if urlsplit(url).path == "/connected"]
    secrets = [pair.partition("=")[2] for pair in urlsplit(back).query.split("&")]

    page.get_by_role("link", name="Back to the settings").click()
    row = page.locator(".login")
    expect(row).to_contain_text("YouTube, as Ada, over its API", timeout=SOON_MS)
    row.get_by_role("button", name="Test www.youtube.com").click()
    expect(page.get_by_text("The sign-in at www.youtube.com works.")).to_be_visible(timeout=SOON_MS)

    page.goto(f"/review/{video}")
    card = page.locator(CARD)
    card.get_by_role("button", name="Post to the platform").click()
    expect(card.locator("a.status")).to_have_text("Posted ✓", timeout=POSTED_MS)
    assert youtube.texts == ["0:00 Remark number 0"]
    said = "\n".join(server.lines)
    assert not [secret for secret in [*secrets, *youtube.access, *youtube.refresh] if secret in said]


@pytest.mark.usefixtures("youtube")
def test_who_is_signed_out_when_they_come_back_signs_in_first(page: Page, server: LiveServer) -> None:
    page.goto("/settings#platforms")
    button = page.get_by_role("button", name="Connect YouTube")
    expect(button).to_be_visible(timeout=SOON_MS)
    page.context.add_init_script("if (!sessionStorage.getItem('again')) localStorage.removeItem('lossy.token')")
    button.click()
    page.wait_for_url("**/signin?*", timeout=SOON_MS)
    assert page.url == f"{server.url}/signin?next=%2Fconnected"
    page.evaluate("sessionStorage.setItem('again', 'yes')")
    page.get_by_label("Email").fill("ann@example.org")
    page.get_by_label("Password").fill(PASSWORD_OF_ANN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Connected to www.youtube.com")).to_be_visible(timeout=SOON_MS)


def test_a_note_that_waits_for_a_sign_in_goes_on_after_it_was_done_in_a_live_view(
    page: Page,
    browserbase: BrowserbaseStandIn,
    comment_site: CommentSite,
    playwright: Playwright,
    noted: Callable[[str], str],
) -> None:
    video = noted(comment_site.address("one"))
    page.goto(f"/review/{video}")
    card = page.locator(CARD)
    card.get_by_role("button", name="Post to the platform").click()
    expect(card.locator("button.status")).to_have_text("Sign-in needed", timeout=POSTED_MS)
    card.get_by_role("button", name="sign in there").click()
    bar = page.locator(".signing-in")
    link = bar.get_by_role("link", name="Open the browser")
    expect(link).to_be_visible(timeout=SOON_MS)
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value).to_have_title("Live view")
    [session] = browserbase.running
    assert opened.value.url == f"{browserbase.url}/live/{session.id}"

    _sign_in(playwright.chromium.connect_over_cdp(session.connect_url))
    bar.get_by_role("button", name="Done").click()
    expect(page.get_by_text(f"Connected to {urlsplit(comment_site.url).netloc}.")).to_be_visible(timeout=SOON_MS)
    expect(bar).to_have_count(0)
    expect(card.locator("a.status")).to_have_text("Posted ✓", timeout=POSTED_MS)
    assert comment_site.on("one") == ["0:00 Remark number 0"]


def _sign_in(browser: Browser) -> None:
    """Do in the live view what a person does."""
    [there, *_] = browser.contexts[0].pages
    there.get_by_role("link", name="Sign in").click()
    there.get_by_label("Name").fill("Ada")
    there.get_by_label("Password").fill("secret of Ada")
    there.get_by_role("button", name="Sign in").click()
    expect(there.get_by_text("Signed in as Ada")).to_be_visible(timeout=SOON_MS)
