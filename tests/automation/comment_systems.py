"""Comment systems that others wrote, each as its makers ship it, on pages of ours with a video."""

import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lossy.bench.loopback import Loopback
from lossy.demo import FILM
from tests.services.server import serving

ISSO = Path(sys.executable).with_name("isso")
WALINE = Path(__file__).with_name("waline") / "node_modules" / "@waline"
ANSWER_SECONDS = 5.0
PAGE = """<!doctype html><meta charset=utf-8><title>Film</title><input type=search placeholder="Search videos">
<video src=/static/sample.webm width=480 controls></video>{embedded}"""
ISSO_SETTINGS = """[general]
dbpath = {comments}
host = {page}
[server]
listen = http://127.0.0.1:{port}
"""
ISSO_EMBEDDED = """<script data-isso="{server}/" src="{server}/js/embed.min.js"></script>
<section id=isso-thread></section>"""
WALINE_EMBEDDED = """<link rel=stylesheet href=/waline/waline.css><div id=waline></div><script type=module>
import {{ init }} from "/waline/waline.js";
init({{ el: "#waline", serverURL: "{server}", lang: "en", emoji: false, search: false, imageUploader: false }});
</script>"""
WALINE_TABLES = """
CREATE SEQUENCE wl_comment_seq;
CREATE TABLE wl_comment (
  id int PRIMARY KEY DEFAULT nextval('wl_comment_seq'), user_id int, comment text, insertedat timestamp(0),
  ip varchar(100), link varchar(255), mail varchar(255), nick varchar(255), pid int, rid int, sticky numeric,
  status varchar(50) NOT NULL DEFAULT '', "like" int, ua text, url varchar(255),
  createdat timestamp(0) DEFAULT now(), updatedat timestamp(0) DEFAULT now());
CREATE SEQUENCE wl_counter_seq;
CREATE TABLE wl_counter (
  id int PRIMARY KEY DEFAULT nextval('wl_counter_seq'), time int, url varchar(255) NOT NULL,
  createdat timestamp(0) DEFAULT now(), updatedat timestamp(0) DEFAULT now());
CREATE SEQUENCE wl_users_seq;
CREATE TABLE wl_users (
  id int PRIMARY KEY DEFAULT nextval('wl_users_seq'), display_name varchar(255) NOT NULL, email varchar(255) NOT NULL,
  password varchar(255) NOT NULL, type varchar(50) NOT NULL, label varchar(255), url varchar(255), avatar varchar(255),
  createdat timestamp(0) DEFAULT now(), updatedat timestamp(0) DEFAULT now());
"""
"""As its documentation has them; it makes none itself."""


@dataclass(frozen=True)
class Film:
    """A film with comments below it."""

    address: str
    kept: Callable[[], Awaitable[list[tuple[str, str]]]]
    """Reads ids and texts where the system keeps them."""


class FilmPage(Loopback):
    """A page with a film, and below it what `embedded` says."""

    embedded = ""

    def __init__(self) -> None:
        static = [Mount("/static", StaticFiles(directory=FILM.parent))]
        if WALINE.exists():
            static.append(Mount("/waline", StaticFiles(directory=WALINE / "client/dist")))
        self.listen([Route("/film", self._show), Route("/ways-to-sign-in", self._ways), *static])

    async def _show(self, _request: Request) -> Response:
        return HTMLResponse(PAGE.format(embedded=self.embedded))

    async def _ways(self, _request: Request) -> Response:
        return JSONResponse({"services": []})  # Waline asks this for each answer; by default at its makers'


@contextmanager
def isso() -> Iterator[Film]:
    """Serve a page with isso below the film."""
    if not ISSO.exists():
        raise RuntimeError("isso is missing: `make test` installs it.")
    with FilmPage() as page, tempfile.TemporaryDirectory(prefix="lossy-isso-") as folder:
        settings, comments = Path(folder) / "isso.cfg", Path(folder) / "comments.db"

        def command(port: int) -> list[str]:
            settings.write_text(ISSO_SETTINGS.format(comments=comments, page=page.url, port=port), encoding="utf-8")
            return [str(ISSO), "-c", str(settings), "run"]

        async def kept() -> list[tuple[str, str]]:
            with closing(sqlite3.connect(comments)) as opened:
                return [(str(made), text) for made, text in opened.execute("SELECT id, text FROM comments")]

        with serving(command, lambda port, _pid: _answers(port, "/js/embed.min.js"), Path(folder)) as port:
            page.embedded = ISSO_EMBEDDED.format(server=f"http://127.0.0.1:{port}")
            yield Film(f"{page.url}/film", kept)


@contextmanager
def waline(postgres_url: str) -> Iterator[Film]:
    """Serve a page with Waline below the film, its comments in a PostgreSQL that has its tables."""
    if not WALINE.exists():
        raise RuntimeError("Waline is missing: `make test` installs it.")
    database = urlsplit(postgres_url)
    with FilmPage() as page, tempfile.TemporaryDirectory(prefix="lossy-waline-") as folder:
        settings = {
            "PG_DB": database.path.strip("/"), "PG_HOST": database.hostname, "PG_PORT": database.port,
            "PG_USER": database.username, "PG_PASSWORD": "none", "AKISMET_KEY": "false", "DISABLE_REGION": "true",
            "OAUTH_URL": f"{page.url}/ways-to-sign-in",
        }  # fmt: skip

        def command(port: int) -> list[str]:
            given = [f"{name}={value}" for name, value in settings.items()]
            return ["env", *given, "node", str(WALINE / "vercel/vanilla.js"), str(port)]

        async def kept() -> list[tuple[str, str]]:
            async with _connected(postgres_url) as connection:
                rows = await connection.fetch("SELECT id, comment FROM wl_comment ORDER BY id")
            return [(str(row["id"]), row["comment"]) for row in rows]

        with serving(command, lambda port, _pid: _answers(port, "/api/comment?path=/film"), Path(folder)) as port:
            page.embedded = WALINE_EMBEDDED.format(server=f"http://127.0.0.1:{port}")
            yield Film(f"{page.url}/film", kept)


async def make_walines_tables(postgres_url: str) -> None:
    """Make the tables that Waline expects."""
    async with _connected(postgres_url) as connection:
        await connection.execute(WALINE_TABLES)


@asynccontextmanager
async def _connected(postgres_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
