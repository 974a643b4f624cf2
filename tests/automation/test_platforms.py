"""Each adapter posts on its platform's page, finds what it posted, and leads there at the moment."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Comment, NeedsLogin
from lossy.automation.platforms import KNOWN
from lossy.automation.visits import PageVisit
from tests.automation.platform_site import PAGES, PlatformSite

AT_SECONDS = 7.0
ANSWER_SECONDS = 30.0
WORDS = "Zu laut: “the drums” <b>&amp;</b> 👩‍🚀"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    browsers = LocalBrowsers()
    async with browsers.open(None, {}) as opened:
        yield await opened.context.new_page()
    await browsers.aclose()


def _comment(platform: str, site: PlatformSite) -> Comment:
    return Comment(site.address, "target", KNOWN[platform].compose(WORDS, AT_SECONDS, None), AT_SECONDS)


@pytest.mark.parametrize("platform", PAGES)
async def test_a_comment_is_posted_found_and_led_to(platform: str, page: Page) -> None:
    adapter = KNOWN[platform]
    with PlatformSite(PAGES[platform]) as site:
        comment = _comment(platform, site)
        visit = PageVisit(page, adapter, comment)
        await visit.open_at()
        account = await visit.who_is_logged_in()
        assert await visit.find(account) == []
        assert await visit.fill() == comment.body
        answer = await visit.submit(ANSWER_SECONDS)
        assert answer is not None
        [made] = site.comments
        assert (made.text, adapter.comment_id(answer.body)) == (comment.body, made.id)
        if comment.body == WORDS:
            assert made.at_seconds == pytest.approx(AT_SECONDS, abs=0.1)
        else:
            assert comment.body == f"0:07 {WORDS}"
        await visit.open_at()
        await visit.who_is_logged_in()
        [seen] = await visit.find(account)
        assert seen.comment_id == made.id
        link = adapter.permalink(comment, made.id)
        assert seen.permalink == link
        await page.goto("about:blank")
        await page.goto(link)
        await page.wait_for_function(
            "at => Math.abs(document.querySelector('video').currentTime - at) < 0.5", arg=AT_SECONDS
        )


@pytest.mark.parametrize("platform", PAGES)
async def test_who_is_not_signed_in_is_told_so(platform: str, page: Page) -> None:
    with PlatformSite(PAGES[platform], is_signed_in=False) as site:
        visit = PageVisit(page, KNOWN[platform], _comment(platform, site))
        if not KNOWN[platform].takes_time_from_player:  # type: ignore[attr-defined]
            await visit.open_at()
        else:
            await page.goto(site.address)
        with pytest.raises(NeedsLogin):
            await visit.who_is_logged_in()
