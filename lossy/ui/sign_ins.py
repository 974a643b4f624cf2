"""When the sign-in behind a page ends: at once where it was revoked, and soon after the moment at which it expires.

One clock for all pages, by the time of day: a timer of the loop stands still while a machine sleeps.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from nicegui import background_tasks

from lossy.db.engine import Db
from lossy.db.models import Token
from lossy.db.types import utc_now
from lossy.errors import NotSignedIn

CHECK_EVERY_SECONDS = 2.0

_ends: dict[Callable[[], None], datetime] = {}
_clock: asyncio.Task[None] | None = None


async def signed_in_until(db: Db, token_id: str) -> datetime:
    """Tell when a token expires; `NotSignedIn` if it does not count any more."""
    token = await db.get(Token, token_id)
    if token is None or token.revoked_at is not None or token.expires_at <= utc_now():
        raise NotSignedIn("You were signed out. Sign in again.")
    return token.expires_at


def call_at(moment: datetime, end: Callable[[], None]) -> None:
    """Call `end` within seconds of a moment, unless it is forgotten before."""
    global _clock  # noqa: PLW0603
    _ends[end] = moment
    if _clock is None or _clock.done():
        _clock = background_tasks.create(_watch(), name="ends of sign-ins")


def forget(end: Callable[[], None]) -> None:
    """Call it no more."""
    _ends.pop(end, None)


async def _watch() -> None:
    while _ends:
        now = utc_now()
        for end in [end for end, moment in _ends.items() if moment <= now]:
            forget(end)
            end()
        await asyncio.sleep(CHECK_EVERY_SECONDS)
