"""Pages with a video and a place for comments, each built in another way; one small site serves them all.

A page is what stands below its video. `send(text)` posts as scripts do; `{items}` is what stands there already.
"""

import html
import itertools
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from lossy.bench.loopback import Loopback
from lossy.demo import FILM

TOKEN = "t-7f3a"


@dataclass
class OddSite(Loopback):
    """Serves every page on one loopback port while it is entered, and keeps what is written on each."""

    written: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PAGES})

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        routes = [
            Route("/film/{name}", self._show),
            Route("/frame/{name}", self._frame),
            Route("/json/{name}", self._json, methods=["POST"]),
            Route("/form/{name}", self._form, methods=["POST"]),
            Route("/html/{name}", self._html, methods=["POST"]),
            Route("/comments/{name}", self._comments),
            WebSocketRoute("/socket/{name}", self._socket),
            Mount("/static", StaticFiles(directory=FILM.parent)),
        ]
        self.listen(routes)

    def address(self, name: str) -> str:
        """Give the address of a page."""
        return f"{self.url}/film/{name}"

    async def _show(self, request: Request) -> Response:
        name = request.path_params["name"]
        head = VIDEO if "<video" not in PAGES[name] else ""
        return HTMLResponse(self._page(name, head + PAGES[name]))

    async def _frame(self, request: Request) -> Response:
        return HTMLResponse(self._page(request.path_params["name"], FRAMED))

    def _page(self, name: str, body: str) -> str:
        items = "".join(_item(text) for text in self.written[name])
        elsewhere = self.url.replace("127.0.0.1", "localhost")
        filled = body.replace("{items}", items).replace("{name}", name).replace("{elsewhere}", elsewhere)
        return f"<!doctype html><meta charset=utf-8><title>Film</title>{SCRIPT.replace('{name}', name)}{filled}"

    async def _json(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "token-in-local-storage" and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "who are you?"}, 401)
        self.written[name].append((await request.json())["text"])
        return JSONResponse({"data": {"comment": {"id": next(self._ids)}}}, 201)

    async def _form(self, request: Request) -> Response:
        text = str((await request.form())["text"]).replace("\r\n", "\n")
        self.written[request.path_params["name"]].append(text)
        return RedirectResponse(request.headers["referer"], 303)

    async def _html(self, request: Request) -> Response:
        text = str((await request.form())["text"])
        self.written[request.path_params["name"]].append(text)
        return HTMLResponse(_item(text))

    async def _comments(self, request: Request) -> Response:
        return HTMLResponse("".join(_item(text) for text in self.written[request.path_params["name"]]))

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        async for said in socket.iter_json():
            self.written[socket.path_params["name"]].append(said["text"])
            await socket.send_json({"kind": "comment.created"})


def _item(text: str) -> str:
    return f"<div class=comment><b>Ada</b><p>{html.escape(text).replace(chr(10), '<br>')}</p></div>"


VIDEO = "<video src=/static/sample.webm width=320 controls></video>"
SCRIPT = """<script>
async function send(text, how = "json", headers = {}) {
  const body = how === "json" ? JSON.stringify({ text }) : new URLSearchParams({ text });
  const type = how === "json" ? { "content-type": "application/json" } : {};
  return fetch(`/${how}/{name}`, { method: "POST", body, headers: { ...type, ...headers } });
}
</script>"""
FRAMED = """{items}<textarea id=t placeholder="Join the discussion"></textarea>
<button onclick="send(t.value)">Comment</button>"""


def _worded(box: str, button: str, cancel: str) -> str:
    return f"""<section><div>{{items}}</div><textarea id=t placeholder="{box}"></textarea>
<button>{cancel}</button><button onclick="send(t.value)">{button}</button></section>"""


PAGES: dict[str, str] = {
    "classic-form": """<h2>Comments</h2><form method=post action="/form/{name}"><p><label for=t>Your comment</label>
<textarea id=t name=text required></textarea><p><input type=submit value="Post Comment"></form><div>{items}</div>""",
    "script-and-json": """<div class=box><textarea id=t placeholder="Add a comment…"></textarea><button>Cancel</button>
<button onclick="send(t.value)">Comment</button></div><div>{items}</div>""",
    "button-with-an-icon-only": """<div aria-label=Comments><div id=t contenteditable aria-label="Write a comment"
style="min-height:2em"></div><button aria-label=Attach><svg width=20 height=20></svg></button>
<button aria-label=Send onclick="send(t.innerText)"><svg width=20 height=20></svg></button></div><div>{items}</div>""",
    "box-in-a-frame-of-another-site": """<input placeholder="Search"><iframe src="{elsewhere}/frame/{name}"
width=600 height=300></iframe>""",
    "shadow": """<comment-box></comment-box><script>
customElements.define("comment-box", class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<p><textarea aria-label="Add a comment"></textarea><button>Post</button></p><div id=all></div>`;
    root.querySelector("button").onclick = () => send(root.querySelector("textarea").value);
    fetch("/comments/{name}").then((all) => all.text()).then((all) => { root.querySelector("#all").innerHTML = all; });
  }
});
</script>""",
    "box-behind-an-opener": """<div id=place><button onclick="open_()">Add a comment</button></div><div>{items}</div>
<script>
function open_() {
  place.innerHTML = `<textarea id=t></textarea><button>Cancel</button><button id=s>Post comment</button>`;
  s.onclick = () => send(t.value);
}
</script>""",
    "far-down-and-late": """<div style="height:3000px"></div><div id=comments style="min-height:200px"></div><script>
new IntersectionObserver(async ([seen], me) => {
  if (!seen.isIntersecting) return;
  me.disconnect();
  const all = await (await fetch("/comments/{name}")).text();
  comments.innerHTML = `<textarea id=t placeholder="Leave a comment"></textarea><button id=s>Publish</button>` + all;
  s.onclick = () => send(t.value, "html");
}).observe(comments);
</script>""",
    "german": _worded("Schreiben Sie einen Kommentar …", "Kommentar abschicken", "Abbrechen"),
    "french": _worded("Ajouter un commentaire…", "Publier le commentaire", "Annuler"),
    "spanish": _worded("Escribe un comentario…", "Publicar comentario", "Cancelar"),
    "japanese": _worded("コメントを追加…", "コメントを投稿する", "キャンセル"),
    "controlled-box": """<form id=f><textarea id=t placeholder="What are your thoughts?"></textarea>
<button id=s disabled>Respond</button><button type=submit id=p disabled>Publish</button></form><div>{items}</div>
<script>
let state = "";
t.oninput = () => { state = t.value; setTimeout(() => { p.disabled = state.trim() === ""; t.value = state; }, 200); };
f.onsubmit = async (event) => { event.preventDefault(); await send(state); t.value = state = ""; p.disabled = true; };
</script>""",
    "search-replies-and-comment": """<form role=search><textarea placeholder="Search comments"></textarea>
<button>Search</button></form><div class=comment><b>Bob</b> Nice<div class=reply><textarea placeholder="Reply to Bob…">
</textarea><button onclick="send('a reply')">Reply</button></div></div><div>{items}</div>
<div class=new><textarea id=t placeholder="Write a comment"></textarea>
<button onclick="send(t.value)">Send</button></div>""",
    "a-comment-box-in-every-comment": """<div class=comment><b>Bob</b> Nice<p><textarea placeholder="Add a comment">
</textarea><button onclick="send('to Bob')">Comment</button></div><div class=comment><b>Eve</b> Indeed<p><textarea
placeholder="Add a comment"></textarea><button onclick="send('to Eve')">Comment</button></div>
<div class=new><textarea id=t placeholder="Add a comment"></textarea><button onclick="send(t.value)">Comment</button>
</div><div>{items}</div>""",
    "token-in-local-storage": """<main id=m></main><script>
const token = localStorage.getItem("token");
m.innerHTML = token ? `<textarea id=t placeholder=Comment></textarea><button id=s>Send</button><div id=all></div>`
  : `<a href="/sign-in">Log in</a>`;
if (token) {
  s.onclick = () => send(t.value, "json", { authorization: `Bearer ${token}` });
  fetch("/comments/{name}").then((all) => all.text()).then((text) => { all.innerHTML = text; });
}
</script>""",
    "two-videos": """<video src=/static/sample.webm style="display:none" muted></video>
<video src=/static/sample.webm width=320 controls></video><div style="display:none"><textarea
placeholder="Add a comment"></textarea><button>Post</button></div>
<div class=comments><textarea id=t></textarea><button onclick="send(t.value)">Post</button>{items}</div>""",
    "editor-of-paragraphs": """<div class=comments><div id=t contenteditable role=textbox aria-label="Add a comment"
class=ProseMirror><p><br></p></div><button id=s>Comment</button>{items}</div><script>
let lines = [""];
function draw() {
  t.replaceChildren(...lines.map((line) => {
    const p = document.createElement("p");
    line ? p.append(line) : p.append(document.createElement("br"));
    return p;
  }));
}
t.addEventListener("beforeinput", (event) => {
  event.preventDefault();
  if (event.inputType === "insertText") { lines = [event.data.replace(/\\s+/g, " ")]; draw(); }
});
t.addEventListener("paste", (event) => {
  event.preventDefault();
  lines = event.clipboardData.getData("text/plain").split("\\n");
  draw();
});
s.onclick = () => send(lines.join("\\n"));
</script>""",
    "an-answer-in-html": """<div class=comments><textarea id=t placeholder="Add your comment"></textarea>
<button id=s>Submit</button><div id=all>{items}</div></div><script>
s.onclick = async () => all.insertAdjacentHTML("beforeend", await (await send(t.value, "html")).text());
</script>""",
    "a-socket-in-place-of-a-request": """<div class=comments><textarea id=t placeholder="Comment here"></textarea>
<button onclick="socket.send(JSON.stringify({ text: t.value }))">Post</button>{items}</div><script>
const socket = new WebSocket(`ws://${location.host}/socket/{name}`);
</script>""",
    "one-line-and-a-link-for-a-button": """<div id=comments><input type=text placeholder="Write a comment" id=t>
<a role=button tabindex=0 onclick="send(t.value)" style="cursor:pointer">Send</a>{items}</div>""",
}
