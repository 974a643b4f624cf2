"""Pages whose comment form a model found once: the same way again, by selectors alone and without the model.

Where the form is was said by a model that read a foreign page, and is used by everybody who posts on that site. So it
counts only as long as there is a box at the one place and, near it, a button of its own at the other.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lossy.automation.contract import Comment, NoButton, NoPlace
from lossy.automation.platforms.described import DescribedPage, Layout, shown
from lossy.automation.platforms.generic import LOOK_MS, LOOKS, SCROLL_PX, GenericAdapter

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

FORM = Path(__file__).with_suffix(".js")


class LearnedPage(DescribedPage):
    """A page of a site, by the layout that is kept of it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    async def who_is_logged_in(self, page: "Page") -> str:
        """Take what was found for a sign that comments are welcome; without it somebody may have to sign in."""
        for _ in range(LOOKS):
            if await shown(page, self.layout.box) or await shown(page, self.layout.opener):
                return ""
            await page.mouse.wheel(0, SCROLL_PX)
            await page.wait_for_timeout(LOOK_MS)
        return await GenericAdapter.who_is_logged_in(self, page)

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Type the comment into the box; `NoPlace` or `NoButton` if the form is not where it was."""
        filled = await super().fill(page, comment)
        await self._send(page)
        return filled

    async def submit(self, page: "Page") -> None:
        """Click the button that was found."""
        await (await self._send(page)).click(no_wait_after=True)

    async def _send(self, page: "Page") -> "Locator":
        box, send = await shown(page, self.layout.box), await shown(page, self.layout.send)
        if box is None or send is None:
            raise NoButton("The button that sends the comment is not where it was.")
        handle = await send.element_handle()
        if not await box.evaluate(f"(box, send) => ({form()}).fits(box, send)", handle):
            raise NoButton("What stands where the comment's button was is another one.")
        return send

    async def _box(self, page: "Page") -> "Locator":
        for look in range(LOOKS):
            if (box := await shown(page, self.layout.box)) is not None:
                return box
            if look % 4 == 0 and (opener := await shown(page, self.layout.opener)) is not None:
                await opener.click()
                continue
            await page.mouse.wheel(0, SCROLL_PX)
            await page.wait_for_timeout(LOOK_MS)
        raise NoPlace("The place for comments is not where it was.")


def kept_of(layout: Layout) -> dict[str, str]:
    """Give what is kept of a layout that was found."""
    return {"opener": layout.opener, "box": layout.box, "send": layout.send}


def layout_of_kept(kept: dict[str, str]) -> Layout:
    """Give the layout that was kept."""
    return Layout(opener=kept["opener"], box=kept["box"], send=kept["send"])


@cache
def form() -> str:
    """Give the script that knows what a comment form is like."""
    return FORM.read_text(encoding="utf-8").split("\n", 1)[1].strip()
