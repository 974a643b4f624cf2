"""Tells what keeps a page from taking a comment, and who can help: the person, or nobody."""

import re
from typing import TYPE_CHECKING

from lossy.automation.contract import NeedsLogin, Refused
from lossy.automation.platforms.finder import within
from lossy.errors import LossyError

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

SIGN_IN = re.compile(
    r"^\W*(?:sign in|log ?in|anmelden|einloggen|connexion|se connecter"
    r"|iniciar sesión|entrar|accedi|inloggen|войти|登录|ログイン)\b",
    re.IGNORECASE,
)
CLOSED = re.compile(
    r"\bcomments? (?:are|is|have been|were) (?:now )?(?:turned off|disabled|closed|locked|off)\b"
    r"|\bcommenting (?:is|has been) (?:turned off|disabled|closed|locked)\b"
    r"|\bkommentare? (?:sind|ist|wurden) (?:deaktiviert|geschlossen|ausgeschaltet|gesperrt)\b"
    r"|\bcommentaires (?:sont )?(?:désactivés|fermés)\b"
    r"|\bcomentarios (?:están )?(?:desactivados|cerrados|deshabilitados)\b"
    r"|コメントは(?:オフ|無効)",
    re.IGNORECASE,
)
CODE = (
    "input[autocomplete=one-time-code], input[name*=otp i], input[name*=totp i], input[name*=two_factor i], "
    "input[name*=verification i], input[id*=verification i]"
)
PASSWORD = "input[type=password]"  # noqa: S105 -- where one is asked for

NOBODY = NeedsLogin("Nobody is signed in on this page. Connect it, then it goes on by itself.")


async def captcha(frame: "Frame") -> LossyError | None:
    """Tell whether a frame wants proof of a person: beside its box, or anywhere if it has none."""
    if await frame.evaluate(within("asksForCaptcha()")):
        return NeedsLogin("The page asks for a captcha, and only a person solves that. Connect it, and solve it there.")
    return None


async def obstacle(page: "Page") -> LossyError | None:
    """Tell what the page says in place of a box; None if it says nothing of the kind."""
    if (asked := await captcha(page.main_frame)) is not None:
        return asked
    if await page.locator(CODE).locator("visible=true").count():
        return NeedsLogin(
            "The page asks for a second factor. Connect it, enter the code there, then it goes on by itself."
        )
    if await page.locator(PASSWORD).locator("visible=true").count():
        return NOBODY
    if await page.get_by_text(CLOSED).locator("visible=true").count():
        return Refused("Comments are turned off for this video.")
    ways = page.get_by_role("link", name=SIGN_IN).or_(page.get_by_role("button", name=SIGN_IN))
    return NOBODY if await ways.locator("visible=true").count() else None
