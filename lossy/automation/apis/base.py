"""What the platforms' APIs share: a client with somebody's tokens, how a refusal is read, how a comment is found."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlsplit

from lossy.automation.answers import Answer, plain_lines
from lossy.automation.contract import Adapter, Busy, Comment, NeedsLogin, Refused, Seen, Tokens
from lossy.errors import Unavailable

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 30.0
BUSY_SECONDS = 60.0
MOST_BUSY_SECONDS = 3600.0
MAX_PAGES = 50
GONE = "The video is not there any more."
CLOSED = "Comments are turned off for this video."


@dataclass(frozen=True)
class Person:
    """Whose tokens these are."""

    id: str
    name: str


@dataclass(frozen=True)
class Standing:
    """A comment, as the API lists it."""

    id: str
    author_id: str
    text: str


@dataclass(frozen=True)
class OAuthClient:
    """How Lossy is known at a platform, and where people allow it to act for them (RFC 6749, with PKCE)."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    scope: str
    more: tuple[tuple[str, str], ...] = ()


class PlatformApi:
    """One platform; where its words and addresses are as on its pages, those say so."""

    name: ClassVar[str]
    """As people call it."""
    pages: ClassVar[Adapter]
    base_url = ""
    """Empty where each server has its own."""
    oauth: OAuthClient | None = None

    @property
    def platform(self) -> str:
        """As in a video's identity."""
        return self.pages.platform

    @property
    def most_characters(self) -> int:
        """How long a comment may be there."""
        return self.pages.most_characters

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Write a note as on the pages."""
        return self.pages.compose(text, at_seconds, end_seconds)

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Give the page's address."""
        return self.pages.permalink(comment, comment_id)

    def comment_id(self, answer: Any) -> str | None:
        """Find the new comment's id in what the platform answered."""
        return self.pages.comment_id(answer)

    def client(
        self, tokens: Tokens, renewed: Callable[[Tokens], Awaitable[None]], url: str
    ) -> AbstractAsyncContextManager["httpx.AsyncClient"]:
        """Open a client whose access token is renewed when it is over."""
        known = self.oauth
        if known is None:
            return oauth_client(tokens, renewed, self._base(url))
        return oauth_client(
            tokens,
            renewed,
            self._base(url),
            client_id=known.client_id,
            client_secret=known.client_secret,
            token_endpoint=known.token_url,
        )

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the video."""
        raise NotImplementedError

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask whose tokens these are."""
        raise NotImplementedError

    def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Ask for the comments of the video, the newest first where there is a choice."""
        raise NotImplementedError

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Send the one request that posts."""
        raise NotImplementedError

    async def who_is_logged_in(self, client: "httpx.AsyncClient") -> str:
        """Give the name of whose tokens these are."""
        return (await self.me(client)).name

    async def find(
        self,
        client: "httpx.AsyncClient",
        comment: Comment,
        account: str,
    ) -> list[Seen]:
        """Look through all comments for the same words by the same person."""
        me, words = await self.me(client), plain_lines(comment.body)
        return [
            Seen(each.id, self.permalink(comment, each.id))
            async for each in self.comments(client, comment)
            if each.author_id == me.id and plain_lines(each.text) == words
        ]

    async def ask(self, client: "httpx.AsyncClient", path: str, **params: Any) -> Any:
        """Get JSON; `NeedsLogin`, `Refused`, `Busy` or `Unavailable` say why there is none."""
        import httpx  # noqa: PLC0415 -- used by few
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415

        try:
            answer = await client.get(path, params=params or None)  # an empty one would take the path's away
        except AuthlibBaseError as error:
            raise NeedsLogin(f"{self.name} does not renew the connection. Connect it again.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.name} can't be reached.") from error
        match answer.status_code:
            case 401:
                raise NeedsLogin(f"{self.name} does not accept the connection any more. Connect it again.")
            case 403:
                raise self.forbidden(_json(answer))
            case 404 | 410:
                raise Refused(GONE)
            case 429:
                raise Busy(f"{self.name} wants fewer requests at a time.", _seconds(answer))
        if not answer.is_success:
            raise Unavailable(f"{self.name} answered {answer.status_code}.")
        return _json(answer)

    def forbidden(self, _answer: Any) -> Exception:
        """Say why something is not allowed."""
        return Refused(f"{self.name} does not let you do this.")

    async def send(self, client: "httpx.AsyncClient", path: str, body: Any, **params: Any) -> Answer:
        """Post JSON, once."""
        answer = await client.post(path, params=params, json=body)
        return Answer(answer.status_code, _json(answer))

    def _base(self, url: str) -> str:
        parts = urlsplit(url)
        return self.base_url or f"{parts.scheme}://{parts.netloc}"


@asynccontextmanager
async def oauth_client(
    tokens: Tokens, renewed: Callable[[Tokens], Awaitable[None]], base_url: str, **known: Any
) -> AsyncIterator["httpx.AsyncClient"]:
    """Open a client that sends a bearer token, and keeps what it is renewed to."""
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415

    async def update(token: Tokens, **_: Any) -> None:
        await renewed({**tokens, **token})

    async with AsyncOAuth2Client(
        **known, token=tokens, update_token=update, base_url=base_url, timeout=TIMEOUT_SECONDS
    ) as client:
        yield cast("httpx.AsyncClient", client)


def _json(answer: "httpx.Response") -> Any:
    with suppress(ValueError):
        return answer.json()
    return None


def _seconds(answer: "httpx.Response") -> float:
    with suppress(ValueError):
        return min(max(0.1, float(answer.headers.get("retry-after", BUSY_SECONDS))), MOST_BUSY_SECONDS)
    return BUSY_SECONDS
