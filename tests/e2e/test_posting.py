"""A reviewer posts from the page: the card tells each step, and links to what stands there then."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lossy.bench.comment_site import CommentSite
from tests.e2e.server import LivePerson, LiveServer

SOON_MS = 30_000
CARD = "article.note"


@pytest.fixture
def comment_site() -> Iterator[CommentSite]:
    with CommentSite() as site:
        site.mood.open_to_all = True
        yield site


@pytest.fixture
def page(
    ann: LivePerson,
    browser_with_voice: Callable[[Path], BrowserContext],
    spoken: Callable[..., Path],
    seed_notes: Callable[..., None],
    comment_site: CommentSite,
) -> Page:
    """Two notes on a video of the site."""
    video = ann.open_video(comment_site.address("one"), "Harbour")["video"]
    seed_notes(ann, video, 2)
    page = browser_with_voice(spoken(1.0)).new_page()
    page.goto(f"/review/{video}")
    expect(page.locator(CARD)).to_have_count(2, timeout=SOON_MS)
    return page


@pytest.mark.once
@pytest.mark.usefixtures("server")
def test_a_note_is_posted_from_its_card_and_the_rest_with_one_press(page: Page, comment_site: CommentSite) -> None:
    first = page.locator(CARD).first
    page.evaluate("""() => {
        window.told = [];
        const look = () => window.told.push(document.querySelector('article.note .status')?.innerText);
        new MutationObserver(look).observe(document.querySelector('.notes'),
            { subtree: true, childList: true, characterData: true, attributes: true });
    }""")
    first.get_by_role("button", name="Post to the platform").click()
    link = first.locator("a.status")
    expect(link).to_have_text("Posted ✓", timeout=SOON_MS)
    assert comment_site.on("one") == ["0:00 Remark number 0"]
    assert link.get_attribute("href") == f"{comment_site.address('one')}#t=0"
    told = page.evaluate("[...new Set(window.told)]")
    assert {"Opening", "Posting"} <= set(told)

    first.get_by_role("button", name="What was done to post it").click()
    expect(first.locator(".trail li")).to_contain_text(
        ["Waiting to be posted", "Opening", "Signed in", "once", "Posted"]
    )

    page.get_by_role("button", name="post all").click()
    expect(page.locator(f"{CARD}[data-status=posted]")).to_have_count(2, timeout=SOON_MS)
    assert comment_site.on("one") == ["0:00 Remark number 0", "0:00 Remark number 1"]


@pytest.mark.once
def test_what_nobody_could_see_is_decided_on_the_card(
    page: Page, comment_site: CommentSite, server: LiveServer
) -> None:
    comment_site.mood.closed = True
    first = page.locator(CARD).first
    first.get_by_role("button", name="Post to the platform").click()
    expect(first).to_contain_text("Comments are turned off for this video.", timeout=SOON_MS)
    expect(first.get_by_role("button", name="try again")).to_be_visible()
    first.locator("button.status").click()
    expect(first.locator(".trail img")).to_be_visible()
    comment_site.mood.closed = False
    first.get_by_role("button", name="try again").click()
    expect(first.locator("a.status")).to_have_text("Posted ✓", timeout=SOON_MS)


@pytest.mark.once
def test_a_ghost_says_that_it_will_be_posted_and_is(
    ann: LivePerson,
    browser_with_voice: Callable[[Path], BrowserContext],
    spoken: Callable[..., Path],
    comment_site: CommentSite,
) -> None:
    ann.api.patch("/settings", json={"values": {"auto_post": True, "auto_post_above": 0.1}}).raise_for_status()
    video = ann.open_video(comment_site.address("one"), "Harbour")["video"]
    page = browser_with_voice(spoken(1.0, "01-the-music-is-too-loud.wav", 8.0)).new_page()
    page.goto(f"/review/{video}")
    page.get_by_role("button", name="Start the microphone").click(timeout=SOON_MS)
    ghost = page.locator(f"{CARD}.ghost")
    expect(ghost.get_by_role("button", name="Keep and post")).to_be_visible(timeout=SOON_MS)
    expect(page.locator(f"{CARD} a.status")).to_have_text("Posted ✓", timeout=SOON_MS)
    [posted] = comment_site.on("one")
    assert posted.startswith("0:0")
