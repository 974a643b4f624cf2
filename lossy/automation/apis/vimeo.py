"""The Vimeo API 3.4: https://developer.vimeo.com/api/reference/videos#comments."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from lossy.automation.answers import Answer
from lossy.automation.apis.base import CLOSED, MAX_PAGES, OAuthClient, Person, PlatformApi, Standing
from lossy.automation.contract import Comment, Refused
from lossy.automation.platforms.vimeo import Vimeo

if TYPE_CHECKING:
    import httpx


class VimeoApi(PlatformApi):
    """Comments of a video. Its tokens last until they are taken back."""

    name = "Vimeo"
    pages = Vimeo()

    def __init__(self, client_id: str, client_secret: str, base_url: str = "https://api.vimeo.com") -> None:
        self.base_url = base_url
        authorize, token = f"{base_url}/oauth/authorize", f"{base_url}/oauth/access_token"
        self.oauth = OAuthClient(client_id, client_secret, authorize, token, "public private interact")

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the video."""
        video = await self.ask(client, f"/videos/{_id(comment)}", fields="uri,privacy.comments")
        if (video.get("privacy") or {}).get("comments") == "nobody":
            raise Refused(CLOSED)

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask for the user."""
        user = await self.ask(client, "/me", fields="uri,name")
        return Person(user["uri"], user["name"])

    async def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Go through the pages."""
        for page in range(1, MAX_PAGES + 1):
            found = await self.ask(
                client, f"/videos/{_id(comment)}/comments", per_page=100, page=page, direction="desc",
                fields="uri,text,user.uri",
            )  # fmt: skip
            for each in found["data"]:
                yield Standing(each["uri"].rpartition("/")[2], (each.get("user") or {}).get("uri", ""), each["text"])
            if not found["paging"]["next"]:
                return

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Add a comment."""
        return await self.send(client, f"/videos/{_id(comment)}/comments", {"text": comment.body})


def _id(comment: Comment) -> str:
    """Give the number alone: an unlisted video's id has its key behind it."""
    return comment.target.partition("/")[0]
