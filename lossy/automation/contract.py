"""What an adapter of a platform does, and what it is given. One file per platform implements it.

An adapter only finds its way on the page, or in the platform's API. Whose turn it is, what is committed when, and
whether there is proof is decided by `lossy.automation.posting`, the same for all.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lossy.automation.answers import Answer
from lossy.errors import LossyError, Unavailable
from lossy.jobs import TooEarly

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Page

Tokens = dict[str, Any]
"""What an API gave: `access_token`, and where it has them `refresh_token` and `expires_at` (seconds since 1970)."""


class NeedsLogin(LossyError):
    """The platform does not know who this is, or wants to be sure of it."""

    code = "needs_login"


class Refused(LossyError):
    """The platform will not have this comment, now or later: the video is gone, comments are off, it is too long."""

    code = "platform_refused"


class NoPlace(Refused):
    """The page shows no place for comments."""


class NoButton(Unavailable):
    """The page has a place for comments, and no button that belongs to it."""


UNREADABLE = (NoPlace, NoButton)
"""Nobody found the way on a page. Somebody else may."""


class Busy(TooEarly):
    """There is no room at the moment, and that is nobody's failure."""

    code = "busy"


@dataclass(frozen=True)
class Comment:
    """What is to stand there."""

    url: str
    """Of the video, rebuilt from its platform and id."""
    target: str
    """The platform's own id of it."""
    body: str
    at_seconds: float
    end_seconds: float | None = None


@dataclass(frozen=True)
class Seen:
    """A comment that stands there."""

    comment_id: str | None
    permalink: str | None = None


class Platform(Protocol):
    """What holds on a platform for its pages and its API alike."""

    @property
    def platform(self) -> str:
        """As in a video's identity."""

    @property
    def most_characters(self) -> int:
        """How long a comment may be there."""

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Write a note as it is to stand there: with its time in front where the platform has no field for it."""

    def comment_id(self, answer: Any) -> str | None:
        """Find the new comment's id in what the platform answered."""

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Give the address that opens the comment, or else the moment."""


class Adapter(Platform, Protocol):
    """A platform's pages."""

    async def open_at(self, page: "Page", comment: Comment) -> None:
        """Open the video at the moment; `Refused` if it is gone or takes no comments."""

    async def who_is_logged_in(self, page: "Page") -> str:
        """Give the name of whoever is logged in; `NeedsLogin` if nobody is."""

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Fill the comment in, submitting nothing; give what stands in the box now."""

    async def submit(self, page: "Page") -> None:
        """Do the one click that submits."""

    async def find(self, page: "Page", comment: Comment, account: str) -> list[Seen]:
        """Look through all comments on the open page for this one by this account."""


class Api(Platform, Protocol):
    """A platform's API."""

    def client(
        self, tokens: Tokens, renewed: Callable[[Tokens], Awaitable[None]], url: str
    ) -> AbstractAsyncContextManager["httpx.AsyncClient"]:
        """Open a client with somebody's tokens for a video's server; `renewed` keeps those that took their place."""

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the video; `Refused` if it is gone or takes no comments."""

    async def who_is_logged_in(self, client: "httpx.AsyncClient") -> str:
        """Give the name of whose tokens these are; `NeedsLogin` if they don't count any more."""

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Send the one request that posts."""

    async def find(self, client: "httpx.AsyncClient", comment: Comment, account: str) -> list[Seen]:
        """Look through all comments for this one by this account."""


def with_time(text: str, at_seconds: float, end_seconds: float | None) -> str:
    """Write a note with its time in front, as players everywhere make links of it: `1:23 text` or `1:23-1:30 text`."""
    begin = plain_time(at_seconds)
    return f"{begin} {text}" if end_seconds is None else f"{begin}-{plain_time(end_seconds)} {text}"


def plain_time(seconds: float) -> str:
    """Write a time as people do: 0:07, 1:23, 1:02:03."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
