"""MediaCMS's REST API, the same on every server: https://demo.mediacms.io/swagger/."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from lossy.automation.answers import Answer
from lossy.automation.apis.base import CLOSED, MAX_PAGES, Person, PlatformApi, Standing
from lossy.automation.apis.passwords import post_form, server_client
from lossy.automation.contract import Comment, Refused, Tokens
from lossy.automation.platforms.mediacms import MediaCms

if TYPE_CHECKING:
    import httpx


class MediaCmsApi(PlatformApi):
    """Comments of a medium on any server. A name and a password become a token, and are forgotten."""

    name = "MediaCMS"
    pages = MediaCms()

    async def sign_in(self, url: str, name: str, password: str) -> Tokens:
        """Give the token of a name and a password; `NeedsLogin` if the server does not know them."""
        async with server_client(self._base(url)) as client:
            asked = {"username": name, "password": password}
            known = await post_form(client, "/api/v1/login", asked, self.name)
        return {"access_token": known["token"], "name": known["username"]}

    def client(
        self,
        tokens: Tokens,
        renewed: Callable[[Tokens], Awaitable[None]],
        url: str,
    ) -> AbstractAsyncContextManager["httpx.AsyncClient"]:
        """Open a client; the token lasts until it is taken back."""
        return server_client(self._base(url), {"Authorization": f"Token {tokens['access_token']}"})

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the medium."""
        medium = await self.ask(client, f"/api/v1/media/{_id(comment)}")
        if medium.get("enable_comments") is False:
            raise Refused(CLOSED)

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask for the user."""
        user = await self.ask(client, "/api/v1/whoami")
        return Person(user["username"], user.get("name") or user["username"])

    async def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Go through the pages."""
        for page in range(1, MAX_PAGES + 1):
            found = await self.ask(client, f"/api/v1/media/{_id(comment)}/comments", page=page)
            for each in found["results"]:
                author = each.get("author_profile", "").strip("/").rpartition("/")[2]
                yield Standing(each["uid"], author, each["text"])
            if not found["next"]:
                return

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Add a comment."""
        return await self.send(client, f"/api/v1/media/{_id(comment)}/comments", {"text": comment.body})


def _id(comment: Comment) -> str:
    """Give the server's own id: a video's identity has its host in front."""
    return comment.target.rpartition("/")[2]
