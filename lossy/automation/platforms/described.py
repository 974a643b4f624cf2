"""Pages of a platform whose structure is known; where it changed, they are read like any other page.

A `Layout` names the places by CSS. What it leaves out, or what does not match any more, is found by names and roles.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossy.automation.answers import same_words
from lossy.automation.contract import Comment, NeedsLogin, NoButton, Refused, Seen
from lossy.automation.platforms.generic import LOOK_MS, LOOKS, SCROLL_PX, GenericAdapter, write_into

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

VIDEO_MS = 10_000
READ_ITEMS = """(items, {text, author, link}) => items.map((item) => ({
    text: (text ? item.querySelector(text) : item)?.innerText ?? "",
    author: (author && item.querySelector(author)?.innerText || "").trim(),
    id: item.dataset.commentId || (link && item.querySelector(link)?.getAttribute("href")) || "",
}))"""
SEEK = """seconds => {
    const videos = [...document.querySelectorAll("video")].filter((one) => one.checkVisibility());
    const video = videos.sort((a, b) => b.clientWidth - a.clientWidth)[0];
    if (!video || video.readyState < 1) return false;
    video.pause();
    if (Math.abs(video.currentTime - seconds) < 0.05 && !video.seeking) return true;
    if (!video.seeking) video.currentTime = seconds;
    return false;
}"""


@dataclass(frozen=True)
class Layout:
    """Where things are on a platform's page, as CSS; an empty one is found otherwise."""

    box: str = ""
    send: str = ""
    """The button that submits what stands in the box; both are known, or neither."""
    opener: str = ""
    """What has to be clicked before there is a box."""
    me: str = ""
    """What names the signed-in account, by its text."""
    signed_out: str = ""
    closed: str = ""
    """What says that comments are off."""
    newest: tuple[str, ...] = ()
    """What to click, in order, to have the newest comments first."""
    item: str = ""
    """One comment; the following are inside of it."""
    text: str = ""
    author: str = ""
    link: str = ""


class DescribedPage(GenericAdapter):
    """A platform's pages, by its layout."""

    layout = Layout()
    takes_time_from_player = False
    """Whether a comment gets the moment at which the player stands."""

    async def open_at(self, page: "Page", comment: Comment) -> None:
        """Open the page; where the comment's time is the player's, take the player there."""
        await super().open_at(page, comment)
        if self.takes_time_from_player:
            await page.wait_for_function(SEEK, arg=comment.at_seconds, timeout=VIDEO_MS)

    async def who_is_logged_in(self, page: "Page") -> str:
        """Look for the box, for a way to sign in, and for words that comments are off; read the account's name."""
        for _ in range(LOOKS if self.layout.box else 0):
            if await shown(page, self.layout.closed) is not None:
                raise Refused("Comments are turned off for this video.")
            if await shown(page, self.layout.signed_out) is not None:
                raise NeedsLogin("Nobody is signed in there. Connect it, then it goes on by itself.")
            if await shown(page, self.layout.opener or self.layout.box) is not None:
                return await self._account(page)
            await page.mouse.wheel(0, SCROLL_PX)
            await page.wait_for_timeout(LOOK_MS)
        await super().who_is_logged_in(page)
        return await self._account(page)

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Type the comment into the box, opening it first."""
        box = await self._box(page)
        if box is None:
            return await super().fill(page, comment)
        await box.scroll_into_view_if_needed()
        written = await write_into(box, comment.body)
        if await shown(page, self.layout.send) is None:
            raise NoButton("The button that sends the comment was not found.")
        return written

    async def submit(self, page: "Page") -> None:
        """Click the platform's own button."""
        send = await shown(page, self.layout.send)
        return await (super().submit(page) if send is None else send.click(no_wait_after=True))

    async def find(self, page: "Page", comment: Comment, account: str) -> list[Seen]:
        """Read the comments, newest first."""
        for step in self.layout.newest:
            if (click := await shown(page, step)) is not None:
                await click.click()
        if not self.layout.item or not await _any(page, self.layout.item):
            return await super().find(page, comment, account)
        where = {"text": self.layout.text, "author": self.layout.author, "link": self.layout.link}
        items: list[dict[str, str]] = await page.locator(self.layout.item).evaluate_all(READ_ITEMS, where)
        mine = [each for each in items if same_words(each["text"], comment.body) and _is(each["author"], account)]
        seen = [self.id_of(each["id"]) for each in mine]
        return [Seen(found, self.permalink(comment, found) if found else None) for found in seen]

    def id_of(self, mark: str) -> str | None:
        """Read a comment's id from its mark on the page: an attribute, or the link to it."""
        return mark or None

    async def _box(self, page: "Page") -> "Locator | None":
        if (opener := await shown(page, self.layout.opener)) is not None:
            await opener.click()
        return await shown(page, self.layout.box)

    async def _account(self, page: "Page") -> str:
        me = await shown(page, self.layout.me)
        return "" if me is None else (await me.inner_text()).strip()


async def shown(page: "Page", selector: str) -> "Locator | None":
    """Give the first element in sight that a selector names."""
    if not selector:
        return None
    found = page.locator(selector).locator("visible=true").first
    return found if await found.count() else None


def find_key(answer: Any, name: str) -> str | None:
    """Find the first text under a name, however deep it is in JSON."""
    inner: Any = ()
    if isinstance(answer, dict):
        if isinstance(answer.get(name), str) and answer[name]:
            return str(answer[name])
        inner = answer.values()
    elif isinstance(answer, list):
        inner = answer
    return next((found for value in inner if (found := find_key(value, name)) is not None), None)


def _is(author: str, account: str) -> bool:
    return not author or not account or author.lstrip("@").casefold() == account.lstrip("@").casefold()


async def _any(page: "Page", selector: str) -> bool:
    return await page.locator(selector).count() > 0
