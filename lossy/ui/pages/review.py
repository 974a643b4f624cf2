"""The review page: the picture on the left, what was said about it on the right."""

import base64
import binascii
from typing import Any

from nicegui import ui

from lossy.agent.core import Core
from lossy.db import videos
from lossy.db.models import Video
from lossy.errors import InvalidInput
from lossy.ui.assets import DEMO_PREFIX
from lossy.ui.choices import Choices
from lossy.ui.components.basics import Text, icon
from lossy.ui.components.player import Player, TimelineStrip
from lossy.ui.live_video import LiveVideo
from lossy.ui.page import Page
from lossy.video_url import SAMPLE_URL

MAX_POSTER_BYTES = 64 * 1024
_POSTER_PREFIX = "data:image/webp;base64,"


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/review/{video_id}")
    def review_page(video_id: str, play: str = "") -> None:
        Page(core, "review", "Review", lambda: ReviewView(video_id, plays=play == "sample"))


class ReviewView:
    """One video under review."""

    def __init__(self, video_id: str, *, plays: bool = False) -> None:
        self._video_id = video_id
        self._plays = plays
        self._live: LiveVideo | None = None

    async def build(self, page: Page) -> None:
        """Build player, talk and notes."""
        self._page = page
        self._live = live = LiveVideo(page, self._video_id)
        await live.open()
        self._video = live.video
        ui.page_title(f"{self._video.title} · Lossy")
        with ui.element("div").classes("review"):
            with ui.element("div").classes("left"):
                self._build_player(live.choices)
                TimelineStrip()
            with ui.element("aside").classes("panel"):
                self._build_head()
                live.build_talk()
                live.build_notes()
        await live.load()

    def close(self, page: Page) -> None:
        """Stop hearing of this video."""
        if self._live is not None:
            self._live.close()

    def _build_player(self, choices: Choices) -> None:
        video = self._video
        is_sample, is_local = video.platform == "sample", video.platform == "local"
        wanted = _file_of(video) if is_local else None
        context: dict[str, Any] = {"title": video.title}
        context |= {"file": wanted} if wanted else {"url": SAMPLE_URL if is_sample else video.url}
        Player(
            context=context,
            options=choices.for_browser(),
            source=f"{DEMO_PREFIX}/sample.webm" if is_sample else video.url,
            title=video.title,
            narration=f"{DEMO_PREFIX}/narration.wav" if is_sample and self._plays else None,
            wanted=wanted,
            on={"poster": self._keep_poster},
        )

    def _build_head(self) -> None:
        with ui.element("div").classes("panel-head row"):
            with ui.element("a").classes("icon-btn").props('href=/ aria-label="To the library"'):
                icon("back")
            with ui.element("div").classes("grow"):
                Text(self._video.title, "h1", "ellipsis")
                Text(_where(self._video), "p", "small muted ellipsis")

    async def _keep_poster(self, body: dict[str, Any]) -> None:
        if self._video.thumbnail is None and self._video.owner_id == self._page.identity.user_id:
            await self._page.attempt(self._store_poster(str(body.get("picture", ""))))

    async def _store_poster(self, picture: str) -> None:
        webp = _webp_of(picture)
        async with self._page.core.database.write() as db:
            self._video = await videos.change_video(db, self._page.identity.user_id, self._video_id, thumbnail=webp)


def _file_of(video: Video) -> dict[str, Any]:
    size, _, sha256 = video.external_id.partition("-")
    return {"size_bytes": int(size), "sha256": sha256}


def _where(video: Video) -> str:
    names = {"local": "A file on this machine", "sample": "The sample review"}
    return names.get(video.platform) or video.url or video.platform


def _webp_of(picture: str) -> bytes:
    if not picture.startswith(_POSTER_PREFIX) or len(picture) > 2 * MAX_POSTER_BYTES:
        raise InvalidInput("This is not a poster.")
    try:
        webp = base64.b64decode(picture.removeprefix(_POSTER_PREFIX), validate=True)
    except binascii.Error as error:
        raise InvalidInput("This is not a poster.") from error
    if not (webp[:4] == b"RIFF" and webp[8:12] == b"WEBP") or len(webp) > MAX_POSTER_BYTES:
        raise InvalidInput("This is not a poster.")
    return webp
