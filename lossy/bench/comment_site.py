"""A small video site of somebody else's: sign-in with a session cookie, CSRF, and comments that it counts.

How it behaves is its `mood`: what it answers, and how late it shows what was sent to it.
"""

import asyncio
import html
import itertools
import json
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

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

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._tokens: dict[str, str] = {}
        self._committing: set[asyncio.Task[None]] = set()
        routes = [
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route("/watch/{video}", self._watch),
            Route("/watch/{video}/comment", self._form, methods=["POST"]),
            Route("/api/comments", self._json, methods=["POST"]),
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

    def on(self, video: str) -> list[str]:
        """Give the texts that stand on a video."""
        return [comment.text for comment in self.comments if comment.video == video]

    def _who(self, request: Request) -> str | None:
        name = self.logins.get(request.cookies.get(COOKIE, ""))
        return "somebody" if name is None and self.mood.open_to_all else name

    async def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(_page("Sign in", SIGN_IN))
        name = str((await request.form())["name"])
        session = secrets.token_hex(16)
        self.logins[session] = name
        answer = RedirectResponse(f"/watch/{request.query_params.get('video', 'one')}", 303)
        answer.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return answer

    async def _watch(self, request: Request) -> Response:
        video, who = request.path_params["video"], self._who(request)
        self.visited.add(f"{request.url.hostname}/{video}")
        if self.mood.redirects_to not in ("", str(request.url)):
            return RedirectResponse(self.mood.redirects_to, 302)
        if video in self.gone:
            return HTMLResponse(_page("Gone", "<p>This video was removed."), 404)
        now = asyncio.get_running_loop().time()
        shown = [c for c in reversed(self.comments) if c.video == video and now >= c.at + self.mood.shown_after]
        begin = PER_PAGE * int(request.query_params.get("page", 0))
        items = "".join(f"<li id='c{c.id}'><b>{html.escape(c.author)}</b> <p class=said>{html.escape(c.text)}</p>"
                        for c in shown[begin : begin + PER_PAGE])  # fmt: skip
        more = f"<a href='?page={begin // PER_PAGE + 1}'>More</a>" if len(shown) > begin + PER_PAGE else ""
        away = f"<script>location.href = {json.dumps(self.mood.leads_to)}</script>" if self.mood.leads_to else ""
        return HTMLResponse(
            _page(f"Film {video}", away + WATCH + self._place(video, who) + f"<ol id=list>{items}</ol>{more}")
        )

    def _place(self, video: str, who: str | None) -> str:
        if self.mood.closed:
            return "<p>Comments are turned off."
        if who is None:
            return f"<a href='/sign-in?video={video}'>Sign in</a> to join."
        token = self._tokens.setdefault(who, secrets.token_hex(8))
        return (FORM if self.mood.form else SCRIPTED).format(
            video=video, token=token, who=html.escape(who), button=html.escape(self.mood.button)
        )

    async def _form(self, request: Request) -> Response:
        form = await request.form()
        video = request.path_params["video"]
        status = await self._take(request, video, str(form["text"]).replace("\r\n", "\n"), str(form["token"]))
        if status >= 400:
            return HTMLResponse(_page("Sorry", "<p>Something went wrong."), status)
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
        await asyncio.sleep(mood.answer_after)
        return mood.answers

    async def _commit(self, after_seconds: float, video: str, who: str, text: str) -> None:
        await asyncio.sleep(after_seconds)
        now = asyncio.get_running_loop().time()
        self.comments.append(Written(str(next(self._ids)), video, who, text, now))


def _page(title: str, body: str) -> str:
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"


SIGN_IN = """<form method=post><label>Name <input name=name></label>
<label>Password <input name=password type=password></label><button>Sign in</button></form>"""
WATCH = """<input type=search placeholder="Search videos"><video src=/static/sample.webm width=480 controls></video>
<h2>Comments</h2>"""
FORM = """<form method=post action=/watch/{video}/comment>Signed in as {who}
<input type=hidden name=token value={token}><textarea name=text aria-label="Add a comment"></textarea>
<button type=button>Cancel</button><button>{button}</button></form>"""
SCRIPTED = """<div class=comment-box>Signed in as {who}<textarea placeholder="Add a comment…"></textarea>
<button>Cancel</button><button id=send>{button}</button></div>
<script>
document.querySelector("#send").onclick = async () => {{
  const text = document.querySelector("textarea").value;
  const answer = await fetch("/api/comments", {{ method: "POST", body: JSON.stringify({{ video: "{video}", text }}),
    headers: {{ "content-type": "application/json", "x-csrf-token": "{token}" }} }});
  if (!answer.ok) return;
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("#list").prepend(item);
  document.querySelector("textarea").value = "";
}};
</script>"""
