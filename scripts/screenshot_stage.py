"""A running Lossy with a seeded database, for the screenshots."""

import asyncio
import base64
import socket
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser

from lossy.agent.core import Core
from lossy.app import make_app
from lossy.db import videos
from lossy.db.migrations import migrate
from lossy.settings import Settings
from scripts.screenshot_seed import Seeded, seed

READY_SECONDS = 30
PAINT = """([from, over, to]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 270 });
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 480, 270);
  sky.addColorStop(0, from), sky.addColorStop(0.6, over), sky.addColorStop(1, to);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 480, 270);
  return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}"""
PALETTES = (("#14532d", "#86a873", "#1f2937"), ("#312e81", "#a78bfa", "#0f172a"), ("#3b5b7a", "#d48b6a", "#2b2136"))


class Stage:
    """A running server, its core and what was seeded."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.settings = Settings(data_dir=data, port=port, stt_model="demo", extension_origins=())
        self.loop = asyncio.new_event_loop()
        self.core: Core
        self.seeded: Seeded
        self._server: uvicorn.Server
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> None:
        """Serve, and fill the database."""
        self._thread.start()
        if not self._ready.wait(READY_SECONDS):
            raise RuntimeError("the server did not start")
        self.seeded = self.run(seed(self.core))

    def stop(self) -> None:
        """End the server; a page that looks at it is offline then."""
        if not self._thread.is_alive():
            return
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(READY_SECONDS)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(READY_SECONDS)

    async def _serve(self) -> None:
        await migrate(self.settings.async_database_url)
        self.core = Core(self.settings)
        config = uvicorn.Config(
            make_app(self.core), port=self.settings.port, log_level="warning", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.ensure_future(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  # uvicorn tells it no other way
            await asyncio.sleep(0.05)
        self._ready.set()
        await serving


def paint_posters(stage: Stage, browser: Browser) -> None:
    """Give some videos a picture, and the sample its own."""
    page = browser.new_page()
    seeded = stage.seeded
    for video_id, palette in zip(seeded.pictured_ids, PALETTES, strict=True):
        stage.run(_store_poster(stage.core, seeded.user_id, video_id, page.evaluate(PAINT, palette)))
    page.add_init_script(f"localStorage.setItem('lossy.token', '{seeded.token}')")
    page.goto(f"{stage.settings.origin}/review/{seeded.sample_id}")
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.wait_for_timeout(500)
    page.close()


async def _store_poster(core: Core, user_id: str, video_id: str, picture: str) -> None:
    async with core.database.write() as db:
        await videos.change_video(db, user_id, video_id, thumbnail=base64.b64decode(picture))
