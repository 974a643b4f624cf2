"""The Frame.io API V4: https://developer.frame.io/platform/api-reference. Its sign-in is Adobe's."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from lossy.automation.answers import Answer
from lossy.automation.apis.base import GONE, MAX_PAGES, OAuthClient, Person, PlatformApi, Standing
from lossy.automation.contract import Comment, Refused
from lossy.automation.platforms.frameio import FrameIo

if TYPE_CHECKING:
    import httpx

SCOPE = "openid,AdobeID,email,profile,offline_access,additional_info.roles"


class FrameIoApi(PlatformApi):
    """Comments of a file, in whichever of the person's accounts it is."""

    name = "Frame.io"
    pages = FrameIo()

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        base_url: str = "https://api.frame.io",
        sign_in_url: str = "https://ims-na1.adobelogin.com/ims",
    ) -> None:
        self.base_url = base_url
        self.oauth = OAuthClient(
            client_id, client_secret, f"{sign_in_url}/authorize/v2", f"{sign_in_url}/token/v3", SCOPE
        )

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Look in which account it is."""
        await self._file(client, comment)

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask for the user."""
        user = (await self.ask(client, "/v4/me"))["data"]
        return Person(user["id"], user.get("name") or user["email"])

    async def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Go through the pages."""
        path: str | None = f"{await self._file(client, comment)}/comments"
        params = {"include": "owner", "page_size": "50"}
        for _ in range(MAX_PAGES):
            if not path:
                return
            found = await self.ask(client, path, **params)
            for each in found["data"]:
                yield Standing(each["id"], (each.get("owner") or {}).get("id", ""), each["text"])
            path, params = (found.get("links") or {}).get("next"), {}

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Add a comment at the moment."""
        path = await self._file(client, comment)
        said = {"data": {"text": comment.body, "timestamp": timecode(comment.at_seconds)}}
        return await self.send(client, f"{path}/comments", said, timestamp_as_timecode="true")

    def comment_id(self, answer: Any) -> str | None:
        """Read `data.id`."""
        said = answer.get("data") if isinstance(answer, dict) else None
        return said.get("id") if isinstance(said, dict) else None

    async def _file(self, client: "httpx.AsyncClient", comment: Comment) -> str:
        """Give its path, with the account."""
        for account in (await self.ask(client, "/v4/accounts"))["data"]:
            path = f"/v4/accounts/{account['id']}/files/{comment.target}"
            try:
                await self.ask(client, path)
            except Refused:
                continue
            return path
        raise Refused(GONE)


def timecode(seconds: float) -> str:
    """Write a time as HH:MM:SS:FF, to the second: how many frames one has is not known here."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:00"
