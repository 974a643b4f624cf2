"""A site whose comment form says nowhere what it is: a box named Fnord, a button that is an icon.

Beside the form stand things that somebody could be led to press, and the site counts what reaches it.
"""

import html
import itertools
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lossy.bench.loopback import Loopback
from lossy.demo import FILM


@dataclass
class OddSite(Loopback):
    """Serves on a loopback port of its own while it is entered."""

    hides_box: bool = False
    """Whether the box appears only once the ✚ was clicked."""
    is_form: bool = False
    """Whether the button submits a form that leads to another page."""
    says: str = ""
    """What somebody wrote on the page for whatever reads it."""
    picture: str = ""
    """The address of a picture on the page."""
    leads_to: str = ""
    """Where the server sends whoever asks for a film."""
    panel: str = "panel"
    """What the part with the form is called."""
    comments: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    """What else was asked of it."""

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        routes = [
            Route("/film/{name}", self._show),
            Route("/say", self._take, methods=["POST"]),
            Route("/press/{what}", self._press, methods=["GET", "POST"]),
            Mount("/static", StaticFiles(directory=FILM.parent)),
        ]
        self.listen(routes)

    def address(self, name: str) -> str:
        """Give the page of a film; each has another length."""
        return f"{self.url}/film/{name}"

    def signed_in(self, host: str = "127.0.0.1") -> dict[str, object]:
        """Give what the browser of somebody keeps who signed in; others see no form."""
        cookie = {
            "name": "who", "value": "Ada", "domain": host, "path": "/", "expires": -1,
            "httpOnly": True, "secure": False, "sameSite": "Lax",
        }  # fmt: skip
        return {"cookies": [cookie], "origins": []}

    async def _show(self, request: Request) -> Response:
        if self.leads_to:
            return RedirectResponse(self.leads_to)
        if "who" not in request.cookies:
            return HTMLResponse(f"{HEAD}<a href=/sign-in>Sign in</a>")
        more = "<p>One more word about it.</p>" * len(request.path_params["name"])
        items = "".join(f"<li>{html.escape(text)}</li>" for text in reversed(self.comments))
        box = BOX.replace("HIDDEN", "hidden" if self.hides_box else "").replace("PANEL", self.panel)
        opener = OPENER if self.hides_box else ""
        tag = "form" if self.is_form else "div"
        form = f"<{tag} method=post action=/say class={self.panel}>{opener}{box}</{tag}>"
        said = f"<p>{html.escape(self.says)}</p>" + (f"<img src={self.picture}>" if self.picture else "")
        return HTMLResponse(f"{HEAD}{BAR}{more}{said}{form}<ol>{items}</ol><script>{SCRIPT}</script>")

    async def _take(self, request: Request) -> Response:
        if request.headers["content-type"].startswith("application/json"):
            text = (await request.json())["text"]
        else:
            text = str((await request.form())["text"]).replace("\r\n", "\n")
        if "who" not in request.cookies:
            return JSONResponse({}, 403)
        self.comments.append(text)
        return HTMLResponse(f"{HEAD}<p>Thank you.") if self.is_form else JSONResponse({"id": next(self._ids)}, 201)

    async def _press(self, request: Request) -> Response:
        self.pressed.append(request.path_params["what"])
        return JSONResponse({})


HEAD = "<!doctype html><meta charset=utf-8><title>Film</title><h1>Film</h1>"
BAR = """<div id=player><video src=/static/sample.webm width=320 controls></video>
<button aria-label="★" onclick="fetch('/press/star', { method: 'POST' })">★</button></div>
<a href=/press/leave aria-label="Farewell">Farewell</a>
<a href="http://localhost:9/" aria-label="Elsewhere">Elsewhere</a>"""
OPENER = """<button type=button aria-label="✚"
onclick="document.querySelector('div[hidden]').hidden = false">✚</button>"""
BOX = """<div class=PANEL-body HIDDEN><div contenteditable aria-label=Fnord style="min-height: 3em; width: 20em"></div>
<input type=hidden name=text><button type=button aria-label="✖" onclick="wipe()">✖</button>
<button type=button aria-label="➤" onclick="say()"><svg width=16 height=16><path d="M0 0l16 8L0 16z"/></svg></button>
</div>"""
SCRIPT = """
const box = document.querySelector("[contenteditable]");
const wipe = () => { box.textContent = ""; };
async function say() {
  const text = box.innerText.replace(/\\n$/, ""), form = document.querySelector("form");
  if (form) { form.text.value = text; form.submit(); return; }
  const told = { method: "POST", body: JSON.stringify({ text }), headers: { "content-type": "application/json" } };
  if ((await fetch("/say", told)).ok) wipe();
}
"""
