"""PeerTube's REST API, the same on every server: https://docs.joinpeertube.org/api-rest-reference.html."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from lossy.automation.answers import Answer
from lossy.automation.apis.base import CLOSED, MAX_PAGES, Person, PlatformApi, Standing, oauth_client
from lossy.automation.apis.passwords import post_form, server_client
from lossy.automation.contract import Comment, Refused, Tokens
from lossy.automation.platforms.peertube import PeerTube

if TYPE_CHECKING:
    import httpx

PER_PAGE = 100
DISABLED = 2
"""`commentsPolicy.id` of videos that take no comments."""


class PeerTubeApi(PlatformApi):
    """Comment threads of a video on any server. A name and a password become tokens, and are forgotten."""

    name = "PeerTube"
    pages = PeerTube()

    async def sign_in(self, url: str, name: str, password: str) -> Tokens:
        """Give tokens for a name and a password; `NeedsLogin` if the server does not know them."""
        from authlib.oauth2.rfc6749 import OAuth2Token  # noqa: PLC0415 -- used by few

        async with server_client(self._base(url)) as client:
            known = await self.ask(client, "/api/v1/oauth-clients/local")
            asked = {**known, "grant_type": "password", "response_type": "code", "username": name, "password": password}
            tokens = await post_form(client, "/api/v1/users/token", asked, self.name)
        return {**known, **OAuth2Token(tokens)}  # it reckons from now until when they count

    def client(
        self, tokens: Tokens, renewed: Callable[[Tokens], Awaitable[None]], url: str
    ) -> AbstractAsyncContextManager["httpx.AsyncClient"]:
        """Open a client as the server knows Lossy."""
        base = self._base(url)
        return oauth_client(
            tokens, renewed, base,
            client_id=tokens["client_id"], client_secret=tokens["client_secret"],
            token_endpoint=f"{base}/api/v1/users/token",
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 -- the name of a method
        )  # fmt: skip

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the video."""
        video = await self.ask(client, f"/api/v1/videos/{_id(comment)}")
        policy = (video.get("commentsPolicy") or {}).get("id")
        if policy == DISABLED or (policy is None and video.get("commentsEnabled") is False):
            raise Refused(CLOSED)

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask for the account; those of other servers have its host behind their name."""
        account = (await self.ask(client, "/api/v1/users/me"))["account"]
        return Person(f"{account['name']}@{account['host']}", account["displayName"])

    async def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Go through the threads."""
        for page in range(MAX_PAGES):
            found = await self.ask(
                client, f"/api/v1/videos/{_id(comment)}/comment-threads",
                start=page * PER_PAGE, count=PER_PAGE, sort="-createdAt",
            )  # fmt: skip
            for each in found["data"]:
                account = each.get("account") or {"name": "", "host": ""}
                yield Standing(str(each["id"]), f"{account['name']}@{account['host']}", each["text"])
            if (page + 1) * PER_PAGE >= found["total"]:
                return

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Begin a thread."""
        return await self.send(client, f"/api/v1/videos/{_id(comment)}/comment-threads", {"text": comment.body})


def _id(comment: Comment) -> str:
    """Give the server's own id: a video's identity has its host in front."""
    return comment.target.rpartition("/")[2]
