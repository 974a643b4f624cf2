"""The library page: every video that one may see, and the way to another one."""

from typing import Any

from nicegui import background_tasks, ui

from lossy.agent.core import Core
from lossy.bus import Missed
from lossy.db import notes, videos
from lossy.db.models import VideoStatus
from lossy.events import Event, NoteChanged, NoteRemoved, VideoChanged, VideoRemoved
from lossy.ui.components.video_library import VideoLibrary
from lossy.ui.page import Page

MARKS_LIMIT = 2000
MAX_SEARCH_CHARACTERS = 200


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/")
    def library_page() -> None:
        Page(core, "library", "Library", LibraryView)


class LibraryView:
    """The cards, as they are searched and change."""

    def __init__(self) -> None:
        self._status: VideoStatus | None = None
        self._search = ""
        self._stale = False
        self._reading = False

    async def build(self, page: Page) -> None:
        """Build the cards and follow what changes."""
        self._page = page
        page.pump.listen(self._hear)
        self._cards = VideoLibrary(
            on={
                "query": self._query,
                "opened": self._opened,
                "sample": self._sample,
                "status": self._set_status,
                "remove": self._remove,
            }
        )
        await self._read()

    def close(self, page: Page) -> None:
        """Stop following."""
        page.pump.forget(self._hear)

    def _hear(self, batch: list[Event | Missed]) -> None:
        if any(isinstance(item, Missed | VideoChanged | VideoRemoved | NoteChanged | NoteRemoved) for item in batch):
            self._stale = True
            if not self._reading:
                background_tasks.create(self._catch_up(), name="read the library")

    async def _catch_up(self) -> None:
        self._reading = True
        try:
            while self._stale and not self._cards.is_deleted:
                self._stale = False
                await self._read()
        finally:
            self._reading = False

    async def _read(self) -> None:
        me = self._page.identity.user_id
        async with self._page.core.database.read() as db:
            entries = await videos.library(db, me, status=self._status, search=self._search)
            counts = await videos.library_counts(db, me)
            marks = await notes.list_notes(db, me, limit=MARKS_LIMIT)
        if not self._cards.is_deleted:
            self._cards.show(entries, counts, marks)

    async def _query(self, body: dict[str, Any]) -> None:
        wanted = body.get("status")
        self._status = VideoStatus(wanted) if wanted in {status.value for status in VideoStatus} else None
        self._search = str(body.get("search", ""))[:MAX_SEARCH_CHARACTERS].replace("\0", "")
        await self._read()

    async def _opened(self, body: dict[str, Any]) -> None:
        await self._page.attempt(self._page.open_review(str(body.get("video"))))

    async def _sample(self, _body: dict[str, Any]) -> None:
        await self._page.attempt(self._page.open_sample())

    async def _set_status(self, body: dict[str, Any]) -> None:
        await self._page.attempt(self._change(str(body.get("id")), VideoStatus(str(body.get("status")))))

    async def _change(self, video_id: str, status: VideoStatus) -> None:
        async with self._page.core.database.write() as db:
            await videos.change_video(db, self._page.identity.user_id, video_id, status=status)

    async def _remove(self, body: dict[str, Any]) -> None:
        await self._page.attempt(self._delete(str(body.get("id"))))

    async def _delete(self, video_id: str) -> None:
        await self._page.core.sessions.delete_video(self._page.identity.user_id, video_id)
        self._page.say("The video and its notes are deleted.")
        await self._read()
