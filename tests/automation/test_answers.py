"""What a platform answered is a no only if everything that carried the comment got one: a page may send it twice."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Route

from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Comment
from lossy.automation.platforms.generic import GenericAdapter
from lossy.automation.visits import PageVisit

HOME = "http://films.example/one"
FORM = """<h2>Comments</h2><textarea aria-label="Add a comment"></textarea><button>Post comment</button><script>
document.querySelector("button").onclick = async () => {
    const body = document.querySelector("textarea").value;
    for (const status of [SENT]) await fetch(`/say/${status}`, { method: "POST", body }).catch(() => {});
};</script>"""


@pytest.fixture
async def tab() -> AsyncIterator[Page]:
    browsers = LocalBrowsers()
    async with browsers.open(None, {}) as opened:
        yield await opened.context.new_page()
    await browsers.aclose()


@pytest.mark.parametrize(
    ("sent", "status"),
    [("403", 403), ("401, 403", 403), ("500, 403", 500), ("403, 500", 500), ("200, 403", 200), ("0, 403", None)],
)
async def test_a_no_counts_only_if_nothing_else_was_answered(tab: Page, sent: str, status: int | None) -> None:
    async def answer(route: Route) -> None:
        code = route.request.url.rpartition("/")[2]
        if code == "one":
            await route.fulfill(content_type="text/html", body=FORM.replace("SENT", sent))
        elif code == "0":
            await route.abort()
        else:
            await route.fulfill(status=int(code), body="{}")

    await tab.route("**/*", answer)
    visit = PageVisit(tab, GenericAdapter(), Comment(HOME, "one", "0:01 Too loud", 1.0))
    await visit.open_at()
    await visit.fill()
    answered = await visit.submit(20.0)
    assert (None if answered is None else answered.status) == status
