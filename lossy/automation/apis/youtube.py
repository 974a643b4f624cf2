"""The YouTube Data API v3: https://developers.google.com/youtube/v3/docs."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from lossy.automation.answers import Answer
from lossy.automation.apis.base import CLOSED, GONE, MAX_PAGES, OAuthClient, Person, PlatformApi, Standing
from lossy.automation.contract import Comment, NeedsLogin, Refused
from lossy.automation.platforms.youtube import YouTube
from lossy.errors import Unavailable

if TYPE_CHECKING:
    import httpx

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
USED_UP = ("quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded")


class YouTubeApi(PlatformApi):
    """Comment threads of a video."""

    name = "YouTube"
    pages = YouTube()

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        base_url: str = "https://www.googleapis.com/youtube/v3",
        accounts_url: str = "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: str = "https://oauth2.googleapis.com/token",  # noqa: S107 -- an address
    ) -> None:
        self.base_url = base_url
        offline = (("access_type", "offline"), ("prompt", "consent"))
        self.oauth = OAuthClient(client_id, client_secret, accounts_url, token_url, SCOPE, offline)

    async def open_at(self, client: "httpx.AsyncClient", comment: Comment) -> None:
        """Ask for the video; a private one is as one that is gone."""
        found = await self.ask(client, "videos", part="id", id=comment.target)
        if not found["items"]:
            raise Refused(GONE)

    async def me(self, client: "httpx.AsyncClient") -> Person:
        """Ask for the channel: comments are a channel's."""
        found = await self.ask(client, "channels", part="snippet", mine="true")
        if not found.get("items"):
            raise NeedsLogin("This Google account has no channel, and only channels comment. Make one, or use another.")
        [channel, *_] = found["items"]
        return Person(channel["id"], channel["snippet"]["title"])

    async def comments(self, client: "httpx.AsyncClient", comment: Comment) -> AsyncIterator[Standing]:
        """Go through the threads."""
        page: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            found = await self.ask(
                client, "commentThreads", part="snippet", videoId=comment.target, order="time",
                maxResults=100, textFormat="plainText", **page,
            )  # fmt: skip
            for thread in found["items"]:
                said = thread["snippet"]["topLevelComment"]["snippet"]
                author = said.get("authorChannelId", {}).get("value", "")
                yield Standing(thread["id"], author, said.get("textOriginal", said["textDisplay"]))
            if "nextPageToken" not in found:
                return
            page = {"pageToken": found["nextPageToken"]}

    async def submit(self, client: "httpx.AsyncClient", comment: Comment) -> Answer:
        """Insert a thread."""
        said = {"snippet": {"textOriginal": comment.body}}
        thread = {"snippet": {"videoId": comment.target, "topLevelComment": said}}
        return await self.send(client, "commentThreads", thread, part="snippet")

    def comment_id(self, answer: Any) -> str | None:
        """Read the thread's id, which is that of its comment."""
        return answer.get("id") if isinstance(answer, dict) else None

    def forbidden(self, answer: Any) -> Exception:
        """Read the reason."""
        errors = (answer or {}).get("error", {}).get("errors", [])
        reasons = {error.get("reason") for error in errors}
        if "commentsDisabled" in reasons:
            return Refused(CLOSED)
        if reasons & set(USED_UP):
            return Unavailable("What YouTube allows Lossy for today is used up.")
        if "insufficientPermissions" in reasons:
            return NeedsLogin("YouTube was not allowed to let Lossy comment. Connect it again, and allow that.")
        return super().forbidden(answer)
