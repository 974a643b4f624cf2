"""A site of somebody else's with videos, on a loopback port of its own."""

import threading
from pathlib import Path
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles

from lossy.demo import FILM
from tests.e2e.player_pages import FEED, FRAME, OWN_PAGES, PLAYER_PAGES, PLAYERS, SPA, page, page_inside, write_stream
from tests.e2e.server import free_port

PAGE = """<!doctype html><title>{title}</title>
<style>body {{ margin: 0 }} video {{ width: 640px }}</style>
<video src="film.webm" muted loop preload="auto" controls></video>"""


class Site:
    """Pages at `/a.html`, `/b.html`, each with the sample film, and `/empty.html` without one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        (folder / "film.webm").write_bytes(FILM.read_bytes())
        for name in ("a", "b"):
            (folder / f"{name}.html").write_text(PAGE.format(title=f"Harbour {name.upper()}"))
        (folder / "empty.html").write_text("<!doctype html><title>Nothing to watch</title><p>Words only.")
        app = Starlette()
        app.mount("/players", StaticFiles(directory=PLAYERS, check_dir=False))
        app.mount("/", StaticFiles(directory=folder))  # it answers ranges, without which no video can be sought
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def write(self, name: str, page: str | bytes) -> None:
        """Put a page or a file there."""
        (self._folder / name).write_bytes(page.encode() if isinstance(page, str) else page)

    @property
    def elsewhere(self) -> str:
        """Give its address by another name: to a browser that is another site."""
        return self.url.replace("127.0.0.1", "localhost")

    def add_players(self) -> None:
        """Put the pages with players of others there too: `/plyr.html` and so on."""
        write_stream(self._folder / "stream")
        (self._folder / "inside.html").write_text(page_inside())
        pages = {**PLAYER_PAGES, **OWN_PAGES, "feed": FEED, "spa": SPA, "frame": FRAME.format(self.elsewhere)}
        for name, body in pages.items():
            (self._folder / f"{name}.html").write_text(page(name, body))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
