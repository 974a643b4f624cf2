"""The browser's files: one stylesheet, ES modules, fonts. Their address holds a hash of all of them, so they may be
cached for ever and never be stale."""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, Response
from nicegui import ui
from nicegui.dependencies import register_importmap_override

from lossy.demo import DEMO, FILM, NARRATION

HERE = Path(__file__).parent
PREFIX = "/_lossy"
DEMO_PREFIX = "/demo"
STYLES = ("tokens", "base", "controls", "frame", "states")
_MAIN_FONT = "inter-latin-wght-normal.woff2"
_DEMO_FILES = frozenset({FILM.name, NARRATION.name})
# NiceGUI and Vue's compiler need inline scripts and eval; what a page may load and where it may speak is kept to us.
# Videos are played from wherever they are.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src * blob: data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}

mimetypes.add_type("font/woff2", ".woff2")


@lru_cache
def files() -> dict[str, bytes]:
    """Read every file that the browser may ask for, by its name in the address."""
    styles = [HERE / "theme" / f"{name}.css" for name in STYLES] + sorted(HERE.glob("components/*.css"))
    found = {"lossy.css": b"\n".join(path.read_bytes() for path in styles)}
    found |= {path.name: path.read_bytes() for path in sorted(HERE.glob("static/*.js"))}
    return found | {f"fonts/{path.name}": path.read_bytes() for path in sorted(HERE.glob("theme/fonts/*"))}


@lru_cache
def address() -> str:
    """Give the path under which this version of the files is served."""
    digest = hashlib.sha256()
    for name, body in sorted(files().items()):
        digest.update(name.encode() + b"\0" + body)
    return f"{PREFIX}/{digest.hexdigest()[:12]}"


def serve(app: FastAPI) -> None:
    """Serve the files, and put style, icons and the chosen theme into every page's head and body."""

    @app.get(PREFIX + "/{version}/{name:path}", include_in_schema=False)
    def file(version: str, name: str) -> Response:
        body = files().get(name)
        if body is None or not address().endswith(version):
            raise HTTPException(404)
        return Response(body, media_type=mimetypes.guess_type(name)[0], headers=_FOREVER)

    @app.get(DEMO_PREFIX + "/{name}", include_in_schema=False)
    def demo(name: str) -> Response:
        if name not in _DEMO_FILES:
            raise HTTPException(404)
        return FileResponse(DEMO / name)

    register_importmap_override("lossy/", f"{address()}/")
    # These strings are ours alone: nothing that a user typed may ever come near them.
    ui.add_head_html(_head(), shared=True)
    ui.add_body_html((HERE / "theme" / "icons.svg").read_text(encoding="utf-8"), shared=True)


def favicon() -> str:
    """Give the mark as a picture for the browser's tab."""
    return (HERE / "theme" / "favicon.svg").read_text(encoding="utf-8")


def _head() -> str:
    # In a frame the browser may keep storage from us; then the system's theme counts.
    chosen = "const t = localStorage.getItem('lossy.theme'); if (t) document.documentElement.dataset.theme = t;"
    theme = f"try {{ {chosen} }} catch {{}}"
    modules = "".join(
        f'<link rel="modulepreload" href="{address()}/{name}">' for name in files() if name == "review.js"
    )
    font = f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{address()}/fonts/{_MAIN_FONT}">'
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return f'{policy}<link rel="stylesheet" href="{address()}/lossy.css">{font}{modules}<script>{theme}</script>'
