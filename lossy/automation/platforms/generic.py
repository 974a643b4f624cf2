"""Any page with an ordinary comment form: found by roles and accessible names, in common languages.

It prefers what says "comment" and is in sight. A page that asks for a password, or shows a way to sign in and no box,
has nobody logged in. All that can fail is tried before anybody is allowed to click: the button is there, and it can be
pressed.
"""

import re
from typing import TYPE_CHECKING, Any

from lossy.automation.contract import Busy, Comment, NeedsLogin, NoButton, NoPlace, Refused, Seen, with_time
from lossy.automation.platforms.finder import within
from lossy.automation.platforms.obstacles import captcha, obstacle
from lossy.automation.platforms.reading import count_standing
from lossy.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Locator, Page

GONE = (404, 410)
FORBIDDEN = (401, 403)
BUSY = 429
BUSY_SECONDS = 60.0
READ_BOX = """box => {
    if ("value" in box) return box.value;
    const line = (one) => one.innerText.replace(/\\n$/, "");
    const lines = [...box.childNodes].every((one) => /^(P|DIV)$/.test(one.nodeName));
    const text = lines ? [...box.children].map(line).join("\\n") : line(box);
    return text.replace(/\\u00a0/g, " ");
}"""
PASTE = """(box, text) => {
    box.focus();
    getSelection().selectAllChildren(box);
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
ROOM = "box => box.maxLength > 0 ? box.maxLength : null"
LOOKS = 12
LOOK_MS = 500
SCROLL_PX = 700
BUTTON_MS = 1_500
"""How long the button may take to notice that something stands in the box."""
OPENERS = re.compile(
    r"^\W*(?:add|write|leave|post|join|start)\s+(?:a |the |your )?(?:comment|discussion|conversation)"
    r"|^\W*comments?\W*$"
    r"|kommentar (?:schreiben|hinzufügen|verfassen)|(?:laisser|ajouter|écrire) un commentaire"
    r"|(?:añadir|escribir|dejar) un comentario|コメントを(?:追加|書く)",
    re.IGNORECASE,
)


class GenericAdapter:
    """Pages that nobody described."""

    platform = "web"
    most_characters = 10_000

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Put the time in front."""
        return with_time(text, at_seconds, end_seconds)

    async def open_at(self, page: "Page", comment: Comment) -> None:
        """Open the page; say whether it is gone, closed to whoever is signed in, or cannot answer now."""
        response = await page.goto(comment.url, wait_until="domcontentloaded")
        status = 200 if response is None else response.status
        if status in GONE:
            raise Refused("The video is not there any more.")
        if status in FORBIDDEN:
            raise await captcha(page.main_frame) or NeedsLogin(
                "The page does not open for whoever is signed in there. Connect it as somebody who may see the video, "
                "then it goes on by itself."
            )
        if status == BUSY:
            raise Busy("The platform wants fewer visits at a time.", BUSY_SECONDS)
        if status >= 500:
            raise await captcha(page.main_frame) or Unavailable(
                f"The platform has a problem of its own (it answered {status})."
            )

    async def who_is_logged_in(self, page: "Page") -> str:
        """Take the box for a sign that comments are welcome; without one somebody may have to sign in."""
        for looks in (2, LOOKS):
            if (box := await _box(page, looks=looks)) is not None:
                break
            if (problem := await obstacle(page)) is not None:
                raise problem
        else:
            raise NoPlace("There is no place for comments on this page.")
        frame = await box.owner_frame()
        if frame is not None and (problem := await captcha(frame)) is not None:
            raise problem
        return ""

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Type the comment into the box."""
        box = await _box(page)
        if box is None:
            raise Unavailable("The place for comments went away.")
        await box.scroll_into_view_if_needed()
        written = await write_into(box, comment.body)
        await _can_be_pressed(await _button(box))
        return written

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
        """Count the places where these very words stand, outside of the box."""
        return [Seen(None)] * await count_standing(page, comment.body)

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the video at the moment, as players commonly understand it."""
        address, _, route = comment.url.partition("#")
        return comment.url if route else f"{address}#t={int(comment.at_seconds)}"


async def write_into(box: "ElementHandle | Locator", body: str) -> str:
    """Write a comment as if it was typed, or else pasted; give what stands there. `Refused` if there is no room."""
    room = await box.evaluate(ROOM)
    if room is not None and len(body.encode("utf-16-le")) // 2 > room:
        raise Refused(
            f"With its time this note has {len(body)} characters, and this page takes {room}. "
            "Shorten it, then post it again."
        )
    await box.fill(body)
    written = str(await box.evaluate(READ_BOX))
    if written != body and await box.evaluate("box => box.isContentEditable"):
        await box.evaluate(PASTE, body)
        written = str(await box.evaluate(READ_BOX))
    return written


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
        if look == 1:
            await _open_box(page)
        await page.mouse.wheel(0, SCROLL_PX)
        await page.wait_for_timeout(LOOK_MS)
    return None


async def _best_box(page: "Page") -> "ElementHandle | None":
    from playwright.async_api import Error  # noqa: PLC0415 -- half a second, used by few

    best, most = None, 0
    for frame in page.frames:
        try:
            score = await frame.evaluate(within("best().most"))
            if score > most:
                best, most = (await frame.evaluate_handle(within("best().best"))).as_element(), score
        except Error:  # frames of others come and go
            if frame is page.main_frame:
                raise
    return best


async def _open_box(page: "Page") -> None:
    opener = page.get_by_role("button", name=OPENERS).or_(page.get_by_role("link", name=OPENERS)).first
    if await opener.is_visible():
        await opener.click()


async def _button(box: "ElementHandle") -> "ElementHandle":
    from playwright.async_api import TimeoutError as TooSlow  # noqa: PLC0415

    frame = await box.owner_frame()
    try:
        found = frame and await frame.wait_for_function(within("buttonOf(it)"), arg=box, timeout=BUTTON_MS)
    except TooSlow:
        found = None
    button = found.as_element() if found else None
    if button is None:
        raise NoButton("The button that sends the comment was not found.")
    return button


async def _can_be_pressed(button: "ElementHandle") -> None:
    from playwright.async_api import TimeoutError as TooSlow  # noqa: PLC0415

    try:
        await button.click(trial=True, timeout=BUTTON_MS * 2)
    except TooSlow:
        raise Unavailable("The button that sends the comment can't be pressed.") from None
