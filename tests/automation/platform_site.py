"""One page for each platform, built as the platform builds its own, with comments that the server keeps.

They follow what is publicly known of the platforms' pages; none of them is the platform.
"""

import html
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lossy.bench.loopback import Loopback
from lossy.demo import FILM

ASSET = "0f3b9c1e-5a4d-4c6b-9e21-7d8f6a5b4c3d"


@dataclass(frozen=True)
class Page:
    """A platform's page: its address, what stands on it, and what its server answers to a comment."""

    path: str
    body: str
    """`{me}` and `{items}` are filled in."""
    signed_out: str
    item: str
    answer: Any
    text: str = "text"
    """Under which name the comment is sent."""


@dataclass
class Kept:
    """A comment that the server has."""

    id: str
    author: str
    text: str
    at_seconds: float


@dataclass
class PlatformSite(Loopback):
    """Serves the page of one platform on a loopback port of its own while it is entered."""

    page: Page
    is_signed_in: bool = True
    answers: int = 200
    comments: list[Kept] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(101)
        routes = [
            Route("/comments", self._take, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FILM.parent)),
            Route("/{path:path}", self._show),
        ]
        self.listen(routes)

    @property
    def address(self) -> str:
        """Give the address of the video."""
        return f"{self.url}{self.page.path}"

    async def _show(self, _request: Request) -> Response:
        fit = self.page.item
        items = "".join(fit.format(id=c.id, author=c.author, text=html.escape(c.text)) for c in reversed(self.comments))
        body = (self.page.body if self.is_signed_in else self.page.signed_out).replace("{items}", items)
        moments = json.dumps({comment.id: comment.at_seconds for comment in self.comments})
        head = f"<!doctype html><meta charset=utf-8><title>Film</title><script>const moments = {moments};</script>"
        return HTMLResponse(f"{head}{SCRIPT}{VIDEO}{body}")

    async def _take(self, request: Request) -> Response:
        sent = await request.json()
        made = Kept(str(next(self._ids)), "Ada", sent[self.page.text], sent["at"])
        self.comments.append(made)
        answer = self.page.answer(made.id) if self.answers < 400 else {"error": "sorry"}
        return JSONResponse(answer, self.answers)


VIDEO = "<video src=/static/sample.webm width=480 controls></video>"
SCRIPT = """<script>
const asked = new URLSearchParams(location.search + "&" + location.hash.slice(1));
addEventListener("DOMContentLoaded", () => {
  const video = document.querySelector("video");
  const moment = asked.get("t") ?? asked.get("start") ?? moments[asked.get("commentId")] ?? 0;
  video.onloadedmetadata = () => { video.currentTime = parseFloat(moment); };
});
async function send(name, box) {
  const at = document.querySelector("video").currentTime;
  const text = box.value ?? box.innerText.replace(/\\n$/, "");
  await fetch("/comments", { method: "POST", body: JSON.stringify({ [name]: text, at }),
    headers: { "content-type": "application/json" } });
}
</script>"""

_YOUTUBE = """<ytd-masthead>{bar}</ytd-masthead><div style="height:2400px"></div>
<ytd-comments id=comments></ytd-comments>
<template><div id=sort-menu><tp-yt-paper-button>Sort by</tp-yt-paper-button></div>
<ytd-comment-simplebox-renderer><div id=simplebox-placeholder>Add a comment…</div>
<div id=dialog hidden><div id=contenteditable-root contenteditable=true aria-label="Add a comment…"
oninput="document.querySelector('#submit-button button').disabled = !this.innerText"></div>
<ytd-button-renderer id=cancel-button><button>Cancel</button></ytd-button-renderer>
<ytd-button-renderer id=submit-button><button aria-label=Comment disabled>Comment</button></ytd-button-renderer></div>
</ytd-comment-simplebox-renderer><div id=contents>{items}</div></template>
<script>
new IntersectionObserver((seen, watcher) => {
  if (!seen.some((one) => one.isIntersecting)) return;
  watcher.disconnect();
  document.querySelector("#comments").append(document.querySelector("template").content.cloneNode(true));
  const placeholder = document.querySelector("#simplebox-placeholder");
  placeholder.onclick = () => { placeholder.hidden = true; document.querySelector("#dialog").hidden = false; };
  document.querySelector("#submit-button button").onclick = () =>
    send("commentText", document.querySelector("#contenteditable-root"));
}).observe(document.querySelector("#comments"));
</script><style>ytd-comments { display: block; min-height: 300px } [hidden] { display: none }</style>"""
_VIMEO = """<header><button aria-label="Ada's account">A</button></header><section aria-label="Comments">
<div role=textbox contenteditable=true aria-label="Add a new comment" id=box style="min-height:2em"></div>
<button onclick="send('text', box)">Add comment</button><ul>{items}</ul></section>"""
_FRAMEIO = """<aside><div data-testid=comment-composer-root><div contenteditable=true role=textbox
aria-label="Leave your comment here" id=box style="min-height:2em"></div>
<button type=submit onclick="send('text', box)">Send</button></div><div>{items}</div></aside>"""
_AIR = """<aside><h2>Comments</h2><div data-testid=asset-comment-input><div contenteditable=true role=textbox
aria-placeholder="Leave a comment" id=box style="min-height:2em"></div></div>
<button onclick="send('content', box)">Post</button><div>{items}</div></aside>"""
_ICONIK = """<aside class=comments-panel><textarea placeholder="Write a comment…" id=box></textarea>
<button onclick="send('comment_text', box)">Send</button><div>{items}</div></aside>"""
_PEERTUBE = """<div class=logged-in-display-name>Ada</div><my-video-comments><my-video-comment-add>
<textarea placeholder="Add comment..." id=box></textarea><div class=comment-buttons>
<button class=cancel-button>Cancel</button><button onclick="send('text', box)">Comment</button></div>
</my-video-comment-add>{items}</my-video-comments>"""
_MEDIACMS = """<div class=comments-list><div class=comments-form><textarea class=form-textarea
placeholder="Add a comment..." id=box></textarea><div class=form-buttons><button>CANCEL</button>
<button onclick="send('text', box)">COMMENT</button></div></div>{items}</div>"""
_SIGN_IN = "<a href=/login>Sign in</a>"

PAGES = {
    "youtube": Page(
        "/watch?v=dQw4w9WgXcQ",
        _YOUTUBE.replace("{bar}", "<button id=avatar-btn></button>"),
        _YOUTUBE.replace("{bar}", "<a href='https://accounts.google.com/ServiceLogin'>Sign in</a>"),
        "<ytd-comment-thread-renderer><a id=author-text>@{author}</a> <span id=published-time-text>"
        "<a href='/watch?v=dQw4w9WgXcQ&amp;lc={id}'>now</a></span><p id=content-text>{text}</p>"
        "</ytd-comment-thread-renderer>",
        lambda made: {
            "responseContext": {"visitorData": "x"},
            "frameworkUpdates": {"mutations": [{"payload": {"properties": {"commentId": made}}}]},
        },
        "commentText",
    ),
    "vimeo": Page(
        "/76979871",
        _VIMEO,
        _SIGN_IN,
        "<li data-comment-id={id}><a href=/user1>{author}</a><p class=comment_text>{text}</p></li>",
        lambda made: {"uri": f"/videos/76979871/comments/{made}", "type": "video"},
    ),
    "frameio": Page(
        f"/player/{ASSET}",
        _FRAMEIO,
        _SIGN_IN,
        "<article data-testid=comment data-comment-id={id}><b data-testid=comment-author>{author}</b>"
        "<p data-testid=comment-text>{text}</p></article>",
        lambda made: {"data": {"createComment": {"comment": {"id": made}}}},
    ),
    "air": Page(
        f"/a/team/{ASSET}",
        _AIR,
        _SIGN_IN,
        "<article data-comment-id={id}><b data-testid=comment-author>{author}</b>"
        "<p data-testid=comment-content>{text}</p></article>",
        lambda made: {"data": {"id": made}},
        "content",
    ),
    "iconik": Page(
        f"/asset/{ASSET}",
        _ICONIK,
        _SIGN_IN,
        "<article data-comment-id={id}><b class=comment-author>{author}</b><p class=comment-text>{text}</p></article>",
        lambda made: {"id": made, "segment_type": "COMMENT"},
        "comment_text",
    ),
    "peertube": Page(
        "/w/9c9de5e8a1e34c1a8c2b1d".replace("0", "a"),
        _PEERTUBE,
        "<my-video-comments><my-video-comment-add><textarea readonly placeholder='Add comment...'></textarea>"
        "</my-video-comment-add>{items}</my-video-comments>",
        "<my-video-comment><a class=comment-account>{author}</a> <a class=comment-date href='/w/x;threadId={id}'>now"
        "</a><div class=comment-html>{text}</div></my-video-comment>",
        lambda made: {"comment": {"id": int(made), "threadId": int(made)}},
    ),
    "mediacms": Page(
        "/view?m=AbCdEfGhI",
        _MEDIACMS,
        "<div class=comments-list><div class=comments-form><a href=/accounts/login/>Sign in to comment</a></div></div>",
        "<div class=comment data-comment-id={id}><a class=comment-author>{author}</a>"
        "<div class=comment-text>{text}</div></div>",
        lambda made: {"uid": made, "text": ""},
    ),
}
