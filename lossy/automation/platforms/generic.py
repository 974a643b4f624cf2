"""Any page with an ordinary comment form: found by roles and accessible names, in common languages.

It prefers what says "comment" and is in sight. A page that asks for a password, or shows a way to sign in and no box,
has nobody logged in.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossy.automation.answers import same_words
from lossy.automation.contract import Comment, NeedsLogin, NoButton, NoPlace, Refused, Seen, with_time
from lossy.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Page

SIGN_IN = re.compile(
    r"^\W*(?:sign in|log ?in|anmelden|einloggen|connexion|se connecter"
    r"|iniciar sesión|entrar|accedi|inloggen|войти|登录|ログイン)\b",
    re.IGNORECASE,
)
GONE = (404, 410)
FORBIDDEN = (401, 403)
READ_BOX = "box => 'value' in box ? box.value : box.innerText.replace(/\\n$/, '')"
LOOKS = 12
LOOK_MS = 500
SCROLL_PX = 700
FINDER = Path(__file__).with_suffix(".js")
OPENERS = re.compile(
    r"^\W*(?:add|write|leave|post)\s+(?:a |your )?comment|^\W*comment(?:s)?\W*$|kommentar schreiben", re.IGNORECASE
)


class GenericAdapter:
    """Pages that nobody described."""

    platform = "web"
    most_characters = 10_000

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Put the time in front."""
        return with_time(text, at_seconds, end_seconds)

    async def open_at(self, page: "Page", comment: Comment) -> None:
        """Open the page and wait for its box, scrolling to where such boxes appear late."""
        response = await page.goto(comment.url, wait_until="domcontentloaded")
        if response is not None and response.status in GONE:
            raise Refused("The video is not there any more.")
        if response is not None and response.status in FORBIDDEN:
            raise NeedsLogin("The page wants to know who you are. Connect it, then it goes on by itself.")

    async def who_is_logged_in(self, page: "Page") -> str:
        """Take the box for a sign that comments are welcome; without one somebody may have to sign in."""
        if await _box(page, looks=2) is not None:
            return ""
        if await _asks_for_login(page):
            raise NeedsLogin("Nobody is signed in on this page. Connect it, then it goes on by itself.")
        if await _box(page) is not None:
            return ""
        raise NoPlace("There is no place for comments on this page.")

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Type the comment into the box."""
        box = await _box(page)
        if box is None:
            raise Unavailable("The place for comments went away.")
        await box.scroll_into_view_if_needed()
        await box.fill(comment.body)
        await _button(box)
        return str(await box.evaluate(READ_BOX))

    async def submit(self, page: "Page") -> None:
        """Click the one button that belongs to the box."""
        box = await _box(page)
        if box is None:
            raise Unavailable("The place for comments went away.")
        await (await _button(box)).click(no_wait_after=True)

    def comment_id(self, answer: Any) -> str | None:
        """Look for an id where answers usually have it."""
        return find_id(answer)

    async def find(self, page: "Page", comment: Comment, account: str) -> list[Seen]:
        """Count the places on the page where these very words stand, outside of the box."""
        line = comment.body.split("\n", 1)[0]
        found: list[Seen] = []
        for frame in page.frames:
            texts: list[str] = await frame.evaluate(f"line => ({_finder()}).texts(line)", line)
            found += [Seen(None) for text in texts if same_words(text, comment.body)]
        return found

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the video at the moment, as players commonly understand it."""
        address, _, route = comment.url.partition("#")
        return comment.url if route else f"{address}#t={int(comment.at_seconds)}"


def find_id(answer: Any, depth: int = 3) -> str | None:
    """Find what names a new comment in JSON: the nearest `id` and the like."""
    if not isinstance(answer, dict):
        return None
    for name in ("id", "comment_id", "commentId", "uuid", "uid", "_id", "objectId", "cid"):
        if isinstance(answer.get(name), str | int) and not isinstance(answer[name], bool) and answer[name] != "":
            return str(answer[name])
    inner = (find_id(value, depth - 1) for value in answer.values()) if depth else ()
    return next((found for found in inner if found is not None), None)


async def _box(page: "Page", looks: int = LOOKS) -> "ElementHandle | None":
    """Find the box for a comment, opening or scrolling to it as a person would."""
    for look in range(looks):
        if (found := await _best_box(page)) is not None:
            return found
        if look == LOOKS // 2:
            await _open_box(page)
        await page.mouse.wheel(0, SCROLL_PX)
        await page.wait_for_timeout(LOOK_MS)
    return None


async def _button(box: "ElementHandle") -> "ElementHandle":
    found = await box.evaluate_handle(f"box => ({_finder()}).buttonOf(box)")
    button = found.as_element()
    if button is None:
        raise NoButton("The button that sends the comment was not found.")
    return button


async def _best_box(page: "Page") -> "ElementHandle | None":
    for frame in page.frames:
        found = await frame.evaluate_handle(f"() => ({_finder()}).bestBox()")
        if (box := found.as_element()) is not None:
            return box
    return None


async def _open_box(page: "Page") -> None:
    opener = page.get_by_role("button", name=OPENERS).or_(page.get_by_role("link", name=OPENERS)).first
    if await opener.is_visible():
        await opener.click()


async def _asks_for_login(page: "Page") -> bool:
    if await page.locator("input[type=password]").first.is_visible():
        return True
    ways = page.get_by_role("link", name=SIGN_IN).or_(page.get_by_role("button", name=SIGN_IN))
    return await ways.first.is_visible()


@cache
def _finder() -> str:
    return FINDER.read_text(encoding="utf-8").split("\n", 1)[1].strip()
