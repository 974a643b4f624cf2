"""A small video site of somebody else's: sign-in with a session cookie, CSRF, and comments that it counts.

How it behaves is its `mood`: what it answers, and how late it shows what was sent to it.
"""

import asyncio
import html
import itertools
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lossy.bench.comment_pages import CAPTCHA, DRAFTS, FORM, SCRIPTED, SIGN_IN, WATCH, page
from lossy.bench.loopback import Loopback
from lossy.demo import FILM

COOKIE = "site_session"
PER_PAGE = 20


@dataclass
class Mood:
    """How the site behaves today."""

    form: bool = False
    """A classic form that leads to the page again, and not a script that sends JSON."""
    open_to_all: bool = False
    answer_after: float = 0.0
    shown_after: float = 0.0
    """It has the comment at once, and shows it so late."""
    commits_after: float = 0.0
    """It takes what was sent so late, also when nobody waits for the answer any more."""
    answers: int = 200
    """Also of comments that it has taken: 500 is a lie then."""
    takes: bool = True
    button: str = "Post comment"
    leads_to: str = ""
    """Where the page sends its visitors by script."""
    redirects_to: str = ""
    """Where the server sends them."""
    closed: bool = False
    title: str = "Film"
    instead: tuple[int, str] | None = None
    """What its page answers in place of the film: a status, and what stands there."""
    opens_after: float = 0.0
    is_private: bool = False
    """Who is not signed in sees nothing of it."""
    has_captcha: bool = False
    most_characters: int = 0
    keeps_drafts: bool = False
    allows_markup: bool = False
    """In comments, whoever wrote them."""
    oldest_first: bool = False
    """The place for a new comment is at the end then."""
    per_page: int = PER_PAGE


@dataclass
class Written:
    """A comment that the site has."""

    id: str
    video: str
    author: str
    text: str
    at: float


@dataclass
class CommentSite(Loopback):
    """Serves on a loopback port of its own while it is entered."""

    mood: Mood = field(default_factory=Mood)
    comments: list[Written] = field(default_factory=list)
    logins: dict[str, str] = field(default_factory=dict)
    """From session to name."""
    gone: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    """Videos whose page was asked for, by host."""
    when_drafted: Callable[[], Awaitable[None]] | None = None
    """What happens while a draft is kept, and so before anything is sent."""
    when_taken: Callable[[], Awaitable[None]] | None = None
    """What happens between a comment and the answer to it."""

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._tokens: dict[str, str] = {}
        self._committing: set[asyncio.Task[None]] = set()
        routes = [
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route("/watch/{video}", self._watch),
            Route("/watch/{video}/comment", self._form, methods=["POST"]),
            Route("/api/comments", self._json, methods=["POST"]),
            Route("/draft", self._draft, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FILM.parent)),
        ]
        self.listen(routes)

    def address(self, video: str) -> str:
        """Give the page of a video."""
        return f"{self.url}/watch/{video}"

    def signed_in(self, name: str) -> dict[str, object]:
        """Sign somebody in, and give what their browser keeps of it."""
        session = secrets.token_hex(16)
        self.logins[session] = name
        cookie = {
            "name": COOKIE, "value": session, "domain": "127.0.0.1", "path": "/", "expires": -1,
            "httpOnly": True, "secure": False, "sameSite": "Lax",
        }  # fmt: skip
        return {"cookies": [cookie], "origins": []}

    def stand(self, text: str, author: str = "Eve", video: str = "one") -> None:
        """Have a comment already."""
        self.comments.append(Written(str(next(self._ids)), video, author, text, 0.0))

    def on(self, video: str) -> list[str]:
        """Give the texts that stand on a video."""
        return [comment.text for comment in self.comments if comment.video == video]

    def _who(self, request: Request) -> str | None:
        name = self.logins.get(request.cookies.get(COOKIE, ""))
        return "somebody" if name is None and self.mood.open_to_all else name

    async def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(page("Sign in", SIGN_IN))
        name = str((await request.form())["name"])
        session = secrets.token_hex(16)
        self.logins[session] = name
        answer = RedirectResponse(f"/watch/{request.query_params.get('video', 'one')}", 303)
        answer.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return answer

    async def _watch(self, request: Request) -> Response:
        video, who, mood = request.path_params["video"], self._who(request), self.mood
        self.visited.add(f"{request.url.hostname}/{video}")
        await asyncio.sleep(mood.opens_after)
        if mood.redirects_to not in ("", str(request.url)):
            return RedirectResponse(mood.redirects_to, 302)
        if video in self.gone:
            return HTMLResponse(page("Gone", "<p>This video was removed."), 404)
        if mood.instead is not None:
            return HTMLResponse(page("Please wait", mood.instead[1]), mood.instead[0])
        if mood.is_private and who is None:
            return HTMLResponse(page("Private", SIGN_IN), 403)
        away = f"<script>location.href = {json.dumps(mood.leads_to)}</script>" if mood.leads_to else ""
        number = int(request.query_params.get("page", 0))
        parts = [self._place(video, who), self._list(video, number)]
        below = "".join(reversed(parts) if mood.oldest_first else parts)
        return HTMLResponse(page(f"{mood.title} {video}", away + WATCH + below))

    def _list(self, video: str, number: int) -> str:
        now = asyncio.get_running_loop().time()
        shown = [c for c in self.comments if c.video == video and now >= c.at + self.mood.shown_after]
        if not self.mood.oldest_first:
            shown.reverse()
        begin = self.mood.per_page * number
        items = "".join(f"<li id='c{c.id}'><b>{html.escape(c.author)}</b> <p class=said>{self._said(c)}</p>"
                        for c in shown[begin : begin + self.mood.per_page])  # fmt: skip
        more = f"<a href='?page={number + 1}'>More</a>" if len(shown) > begin + self.mood.per_page else ""
        last = f"<a href='?page={(len(shown) - 1) // self.mood.per_page}'>Last</a>" if more else ""
        return f"<ol id=list>{items}</ol>{more} {last}"

    def _said(self, comment: Written) -> str:
        return comment.text if self.mood.allows_markup else html.escape(comment.text)

    def _place(self, video: str, who: str | None) -> str:
        mood = self.mood
        if mood.closed:
            return "<p>Comments are turned off."
        if who is None:
            return f"<a href='/sign-in?video={video}'>Sign in</a> to join."
        token = self._tokens.setdefault(who, secrets.token_hex(8))
        drafts = DRAFTS if mood.keeps_drafts else ""
        return (FORM if mood.form else SCRIPTED).format(
            video=video,
            token=token,
            who=html.escape(who),
            button=html.escape(mood.button),
            more=f"{drafts} maxlength={mood.most_characters}" if mood.most_characters else drafts,
            beside=CAPTCHA if mood.has_captcha else "",
        )

    async def _draft(self, _request: Request) -> Response:
        if self.when_drafted is not None:
            await self.when_drafted()
        return Response(status_code=204)

    async def _form(self, request: Request) -> Response:
        form = await request.form()
        video = request.path_params["video"]
        status = await self._take(request, video, str(form["text"]).replace("\r\n", "\n"), str(form["token"]))
        if status >= 400:
            return HTMLResponse(page("Sorry", "<p>Something went wrong."), status)
        return RedirectResponse(f"/watch/{video}", 303)

    async def _json(self, request: Request) -> Response:
        sent = await request.json()
        status = await self._take(request, sent["video"], sent["text"], request.headers.get("x-csrf-token", ""))
        if status >= 400:
            return JSONResponse({"error": "sorry"}, status)
        return JSONResponse({"comment": {"id": self.comments[-1].id, "text": sent["text"]}}, 201)

    async def _take(self, request: Request, video: str, text: str, token: str) -> int:
        who = self._who(request)
        if who is None or self._tokens.get(who) != token:
            return 403
        mood = self.mood
        if mood.takes:
            committing = asyncio.create_task(self._commit(mood.commits_after, video, who, text))
            self._committing.add(committing)
            committing.add_done_callback(self._committing.discard)
            await asyncio.shield(committing)
        if self.when_taken is not None:
            await self.when_taken()
        await asyncio.sleep(mood.answer_after)
        return mood.answers

    async def _commit(self, after_seconds: float, video: str, who: str, text: str) -> None:
        await asyncio.sleep(after_seconds)
        now = asyncio.get_running_loop().time()
        self.comments.append(Written(str(next(self._ids)), video, who, text, now))
