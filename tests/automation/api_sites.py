"""The platforms' APIs on loopback: who has which token, which videos are there, and the comments that they keep.

Each speaks its platform's wire as its public reference gives it; none of them is the platform.
"""

import base64
import hashlib
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from lossy.automation.apis.base import PlatformApi
from lossy.automation.apis.frameio import FrameIoApi
from lossy.automation.apis.mediacms import MediaCmsApi
from lossy.automation.apis.peertube import PeerTubeApi
from lossy.automation.apis.vimeo import VimeoApi
from lossy.automation.apis.youtube import YouTubeApi
from lossy.automation.contract import Tokens
from lossy.bench.loopback import Loopback

CLIENT_ID, CLIENT_SECRET = "lossy-at-this-platform", "its-secret"
NAME, PASSWORD = "ada", "correct horse"
PER_PAGE = 2
ASSET, PROJECT = "9c9de5e8-0a1e-484a-b099-e80766180a6d", "12345678-0a1e-484a-b099-e80766180a6d"


@dataclass
class Kept:
    """A comment that it has."""

    id: str
    author_id: str
    text: str
    at: str = ""


@dataclass
class ApiMood:
    """How it behaves today."""

    answers: int = 0
    """A status that it answers each comment with, taken or not."""
    takes: bool = True
    refuses: int = 0
    """A status that it answers everything else with, and `reason` with it."""
    reason: str = ""
    closed: bool = False
    gone: bool = False
    signs_out_after: int | None = None
    """How many requests it still answers once a comment came; then no token counts any more."""
    grants: bool = True
    """Whether it gives tokens: for a password, for a code, and in place of old ones."""


@dataclass
class ApiSite(Loopback):
    """What all of them share: tokens, their mood, and what was sent to them."""

    mood: ApiMood = field(default_factory=ApiMood)
    comments: list[Kept] = field(default_factory=list)
    access: set[str] = field(default_factory=set)
    refresh: set[str] = field(default_factory=set)
    sent: int = 0
    """How many requests came that post a comment."""
    scheme = "Bearer"
    newest_first = True

    def __post_init__(self) -> None:
        self._ids = itertools.count(501)
        self._challenges: dict[str, tuple[str, str]] = {}
        self.listen([*self.routes(), Route("/authorize", self._authorize), self._post("/token", self._token)])

    @property
    def video(self) -> str:
        """The address of the video that it has."""
        raise NotImplementedError

    def api(self) -> PlatformApi:
        """Give the API, as Lossy is registered there."""
        raise NotImplementedError

    def routes(self) -> list[Route]:
        """Give what it answers to."""
        raise NotImplementedError

    def tokens(self, *, is_over: bool = False) -> Tokens:
        """Give somebody new tokens; those that are over are accepted no more."""
        access, refresh = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
        self.refresh.add(refresh)
        if not is_over:
            self.access.add(access)
        lives = {"expires_in": 3600} | ({"expires_at": 1} if is_over else {})
        return {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", **lives}

    def stand(self, text: str, author_id: str = "somebody-else") -> None:
        """Let a comment stand there."""
        self.comments.insert(0, Kept(str(next(self._ids)), author_id, text))

    @property
    def texts(self) -> list[str]:
        """What stands there."""
        return [kept.text for kept in self.comments]

    def authorize(self, address: str) -> tuple[str, str]:
        """Allow it as the person would at this address; give the state and the code that lead back."""
        asked = {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}
        code = secrets.token_hex(8)
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        self._challenges[code] = (asked["code_challenge"], asked["redirect_uri"])
        return asked["state"], code

    def take(self, author_id: str, text: str, at: str = "") -> Kept:
        """Take a comment, or say that it was."""
        self.sent += 1
        kept = Kept(str(next(self._ids)), author_id, text, at)
        if self.mood.takes:
            self.comments.insert(0 if self.newest_first else len(self.comments), kept)
        return kept

    def answer(self, told: Any, status: int = 200) -> Response:
        """Answer a comment."""
        status = self.mood.answers or status
        return JSONResponse(told if status < 400 else {"error": "sorry"}, status)

    def page(self, number: int) -> list[Kept]:
        """Give one page of comments, from 0."""
        return self.comments[PER_PAGE * number : PER_PAGE * (number + 1)]

    def has_more(self, number: int) -> bool:
        """Whether there is a page behind it."""
        return len(self.comments) > PER_PAGE * (number + 1)

    def get(self, path: str, answer: Any) -> Route:
        """Answer those whose token counts, in today's mood."""

        async def endpoint(request: Request) -> Response:
            return self._refusal(request) or await answer(request)

        return Route(path, endpoint)

    def _post(self, path: str, answer: Any) -> Route:
        async def endpoint(request: Request) -> Response:
            found: Response = await answer(request)
            return found

        return Route(path, endpoint, methods=["POST"])

    def post(self, path: str, answer: Any) -> Route:
        """Take what those send whose token counts."""

        async def endpoint(request: Request) -> Response:
            found: Response = self._unknown(request) or await answer(request)
            return found

        return Route(path, endpoint, methods=["POST"])

    def _unknown(self, request: Request) -> Response | None:
        left = self.mood.signs_out_after
        if self.sent and left is not None:
            self.mood.signs_out_after = left - 1 if left else None
            if not left:
                self.access.clear()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == self.scheme and token in self.access:
            return None
        return JSONResponse({"error": "unauthorized"}, 401)

    def _refusal(self, request: Request) -> Response | None:
        if (unknown := self._unknown(request)) is not None:
            return unknown
        if not self.mood.refuses:
            return None
        told = {"error": {"errors": [{"reason": self.mood.reason}]}}
        return JSONResponse(told, self.mood.refuses, headers={"retry-after": "0.2"})

    async def _authorize(self, request: Request) -> Response:
        state, code = self.authorize(str(request.url))
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode({'state': state, 'code': code})}")

    async def _token(self, request: Request) -> Response:
        asked = dict(await request.form())
        known = f"Basic {base64.b64encode(f'{CLIENT_ID}:{CLIENT_SECRET}'.encode()).decode()}"
        is_known = request.headers.get("authorization") == known or asked.get("client_secret") == CLIENT_SECRET
        match asked.get("grant_type"):
            case "authorization_code":
                challenge, way_back = self._challenges.pop(str(asked["code"]), ("", ""))
                proof = base64.urlsafe_b64encode(hashlib.sha256(str(asked["code_verifier"]).encode()).digest())
                is_right = proof.rstrip(b"=").decode() == challenge and asked["redirect_uri"] == way_back
            case "refresh_token":
                is_right = str(asked["refresh_token"]) in self.refresh
                self.refresh.discard(str(asked["refresh_token"]))
            case _:
                is_right = (asked.get("username"), asked.get("password")) == (NAME, PASSWORD)
        if not (is_known and is_right and self.mood.grants):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(self.tokens())


def youtube_at(url: str) -> PlatformApi:
    """Give the API of a site at an address."""
    return YouTubeApi(CLIENT_ID, CLIENT_SECRET, f"{url}/youtube/v3", f"{url}/authorize", f"{url}/token")


class YouTubeSite(ApiSite):
    """The Data API."""

    video = "https://www.youtube.com/watch?v=aqz-KE-bpKQ"

    def api(self) -> PlatformApi:
        return youtube_at(self.url)

    def routes(self) -> list[Route]:
        return [
            self.get("/youtube/v3/videos", self._videos),
            self.get("/youtube/v3/channels", self._channels),
            self.get("/youtube/v3/commentThreads", self._threads),
            self.post("/youtube/v3/commentThreads", self._insert),
        ]

    async def _videos(self, request: Request) -> Response:
        return JSONResponse({"items": [] if self.mood.gone else [{"id": request.query_params["id"]}]})

    async def _channels(self, _request: Request) -> Response:
        return JSONResponse({"items": [{"id": "UCada", "snippet": {"title": "Ada"}}]})

    async def _threads(self, request: Request) -> Response:
        if self.mood.closed:
            return JSONResponse({"error": {"errors": [{"reason": "commentsDisabled"}]}}, 403)
        number = int(request.query_params.get("pageToken", "0"))
        more = {"nextPageToken": str(number + 1)} if self.has_more(number) else {}
        return JSONResponse({"items": [_thread(kept) for kept in self.page(number)], **more})

    async def _insert(self, request: Request) -> Response:
        snippet = (await request.json())["snippet"]
        assert snippet["videoId"] == "aqz-KE-bpKQ"
        return self.answer(_thread(self.take("UCada", snippet["topLevelComment"]["snippet"]["textOriginal"])))


def _thread(kept: Kept) -> dict[str, Any]:
    said = {"authorChannelId": {"value": kept.author_id}, "textOriginal": kept.text, "textDisplay": kept.text}
    return {"id": kept.id, "snippet": {"topLevelComment": {"id": kept.id, "snippet": said}}}


class VimeoSite(ApiSite):
    """The API of version 3.4."""

    video = "https://vimeo.com/76979871"

    def api(self) -> PlatformApi:
        return VimeoApi(CLIENT_ID, CLIENT_SECRET, self.url)

    def routes(self) -> list[Route]:
        return [
            self.get("/me", self._me),
            self.get("/videos/76979871", self._video),
            self.get("/videos/76979871/comments", self._comments),
            self.post("/videos/76979871/comments", self._add),
            self._post("/oauth/access_token", self._token),
        ]

    async def _me(self, _request: Request) -> Response:
        return JSONResponse({"uri": "/users/7", "name": "Ada"})

    async def _video(self, _request: Request) -> Response:
        if self.mood.gone:
            return JSONResponse({"error": "gone"}, 404)
        who = "nobody" if self.mood.closed else "anybody"
        return JSONResponse({"uri": "/videos/76979871", "privacy": {"comments": who}})

    async def _comments(self, request: Request) -> Response:
        number = int(request.query_params["page"]) - 1
        following = f"/videos/76979871/comments?page={number + 2}" if self.has_more(number) else None
        return JSONResponse({"data": [_vimeo(kept) for kept in self.page(number)], "paging": {"next": following}})

    async def _add(self, request: Request) -> Response:
        return self.answer(_vimeo(self.take("/users/7", (await request.json())["text"])), 201)


def _vimeo(kept: Kept) -> dict[str, Any]:
    return {"uri": f"/videos/76979871/comments/{kept.id}", "text": kept.text, "user": {"uri": kept.author_id}}


class FrameIoSite(ApiSite):
    """The API V4: the file is in the second of the person's accounts."""

    video = f"https://next.frame.io/project/{PROJECT}/view/{ASSET}"
    newest_first = False
    file = f"/v4/accounts/second/files/{ASSET}"

    def api(self) -> PlatformApi:
        return FrameIoApi(CLIENT_ID, CLIENT_SECRET, self.url, self.url)

    def routes(self) -> list[Route]:
        return [
            self.get("/v4/me", self._me),
            self.get("/v4/accounts", self._accounts),
            self.get(self.file, self._file),
            self.get(f"{self.file}/comments", self._comments),
            self.post(f"{self.file}/comments", self._add),
            self._post("/token/v3", self._token),
        ]

    async def _me(self, _request: Request) -> Response:
        return JSONResponse({"data": {"id": "u7", "name": "Ada", "email": "ada@example.org"}})

    async def _accounts(self, _request: Request) -> Response:
        return JSONResponse({"data": [{"id": "first"}, {"id": "second"}]})

    async def _file(self, _request: Request) -> Response:
        return JSONResponse({"data": {"id": ASSET}}, 404 if self.mood.gone else 200)

    async def _comments(self, request: Request) -> Response:
        number = int(request.query_params.get("after", "0"))
        following = f"{self.file}/comments?after={number + 1}&include=owner" if self.has_more(number) else None
        return JSONResponse({"data": [_frameio(kept) for kept in self.page(number)], "links": {"next": following}})

    async def _add(self, request: Request) -> Response:
        said = (await request.json())["data"]
        assert request.query_params["timestamp_as_timecode"] == "true"
        return self.answer({"data": _frameio(self.take("u7", said["text"], said["timestamp"]))}, 201)


def _frameio(kept: Kept) -> dict[str, Any]:
    return {"id": kept.id, "text": kept.text, "owner": {"id": kept.author_id}}


class PeerTubeSite(ApiSite):
    """A server of its own, to which people sign in with a password."""

    @property
    def video(self) -> str:
        return f"{self.url}/w/kkGMgK9ZtnKfYAgnEtQxbv"

    def api(self) -> PlatformApi:
        return PeerTubeApi()

    def routes(self) -> list[Route]:
        video = "/api/v1/videos/kkGMgK9ZtnKfYAgnEtQxbv"
        return [
            Route("/api/v1/oauth-clients/local", self._client),
            self._post("/api/v1/users/token", self._token),
            self.get("/api/v1/users/me", self._me),
            self.get(video, self._video),
            self.get(f"{video}/comment-threads", self._threads),
            self.post(f"{video}/comment-threads", self._add),
        ]

    def tokens(self, *, is_over: bool = False) -> Tokens:
        return {**super().tokens(is_over=is_over), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    async def _client(self, _request: Request) -> Response:
        return JSONResponse({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})

    async def _me(self, _request: Request) -> Response:
        return JSONResponse({"account": {"name": "ada", "host": "tube.example.org", "displayName": "Ada"}})

    async def _video(self, _request: Request) -> Response:
        if self.mood.gone:
            return JSONResponse({"error": "gone"}, 404)
        return JSONResponse({"commentsPolicy": {"id": 2 if self.mood.closed else 1}})

    async def _threads(self, request: Request) -> Response:
        begin, count = int(request.query_params["start"]), int(request.query_params["count"])
        found = [_peertube(kept) for kept in self.comments[begin : begin + count]]
        return JSONResponse({"total": len(self.comments), "data": found})

    async def _add(self, request: Request) -> Response:
        text = (await request.json())["text"]
        return self.answer({"comment": _peertube(self.take("ada@tube.example.org", text))})


def _peertube(kept: Kept) -> dict[str, Any]:
    name, _, host = kept.author_id.partition("@")
    return {"id": int(kept.id), "text": kept.text, "account": {"name": name, "host": host}}


class MediaCmsSite(ApiSite):
    """A server of its own; its token lasts."""

    scheme = "Token"
    newest_first = False

    @property
    def video(self) -> str:
        return f"{self.url}/view?m=abcDEF1234"

    def api(self) -> PlatformApi:
        return MediaCmsApi()

    def routes(self) -> list[Route]:
        return [
            self._post("/api/v1/login", self._login),
            self.get("/api/v1/whoami", self._me),
            self.get("/api/v1/media/abcDEF1234", self._medium),
            self.get("/api/v1/media/abcDEF1234/comments", self._comments),
            self.post("/api/v1/media/abcDEF1234/comments", self._add),
        ]

    async def _login(self, request: Request) -> Response:
        asked = dict(await request.form())
        if (asked["username"], asked["password"]) != (NAME, PASSWORD):
            return JSONResponse({"detail": "no"}, 400)
        return JSONResponse({"token": self.tokens()["access_token"], "username": NAME})

    async def _me(self, _request: Request) -> Response:
        return JSONResponse({"username": NAME, "name": "Ada"})

    async def _medium(self, _request: Request) -> Response:
        if self.mood.gone:
            return JSONResponse({"detail": "gone"}, 404)
        return JSONResponse({"enable_comments": not self.mood.closed})

    async def _comments(self, request: Request) -> Response:
        number = int(request.query_params["page"]) - 1
        following = f"{self.url}/api/v1/media/abcDEF1234/comments?page={number + 2}" if self.has_more(number) else None
        return JSONResponse({"next": following, "results": [_mediacms(kept) for kept in self.page(number)]})

    async def _add(self, request: Request) -> Response:
        return self.answer(_mediacms(self.take(NAME, (await request.json())["text"])), 201)


def _mediacms(kept: Kept) -> dict[str, Any]:
    return {"uid": kept.id, "text": kept.text, "author_profile": f"/user/{kept.author_id}/"}


SITES: tuple[type[ApiSite], ...] = (YouTubeSite, VimeoSite, FrameIoSite, PeerTubeSite, MediaCmsSite)
