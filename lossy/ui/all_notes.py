"""A reviewer's own notes of every video, for as long as a list shows them."""

import logging

from nicegui import background_tasks

from lossy.bus import Missed
from lossy.db import notes, videos
from lossy.db.engine import DATABASE_FAILURES
from lossy.events import Event, Note, NoteChanged, NoteRemoved, VideoChanged, VideoRemoved
from lossy.ui.components.note_list import NoteList, for_browser
from lossy.ui.page import Page

MAX_NOTES = 5000
MAX_VIDEOS = 2000

logger = logging.getLogger(__name__)


class AllNotes:
    """Keeps the list told from the first time it is asked for."""

    def __init__(self, page: Page, shown_in: NoteList) -> None:
        self._page = page
        self._list = shown_in
        self._titles: dict[str, str] = {}
        self._stale = False
        self._reading = False

    async def follow(self) -> None:
        """List the notes, and from now on what changes."""
        self._page.pump.forget(self._hear)
        self._page.pump.listen(self._hear)
        self._stale = True
        await self._catch_up()

    def close(self) -> None:
        """Stop following."""
        self._page.pump.forget(self._hear)

    async def _catch_up(self) -> None:
        if self._reading:
            return
        self._reading = True
        try:
            while self._stale and not self._list.is_deleted:
                self._stale = False
                await self._read()
        except DATABASE_FAILURES:
            logger.exception("The notes of all videos could not be read.")
            self._page.say("Your notes of all videos can't be read just now. Try again.")
        finally:
            self._reading = False

    async def _read(self) -> None:
        found: list[Note] = []
        me = self._page.identity.user_id
        async with self._page.core.database.read() as db:
            entries = await videos.library(db, me, limit=MAX_VIDEOS)
            for offset in range(0, MAX_NOTES, notes.PAGE):
                part = await notes.list_notes(db, me, offset=offset)
                found += part
                if len(part) < notes.PAGE:
                    break
        self._titles = {entry.video.id: entry.video.title for entry in entries}
        if not self._list.is_deleted:
            mine = [note for note in found if note.author_id == me and note.video_id in self._titles]
            self._list.apply_to_all([("reset", [self._written(note) for note in mine])])

    def _hear(self, batch: list[Event | Missed]) -> None:
        for item in batch:
            if isinstance(item, NoteChanged):
                self._put(item.note)
            elif isinstance(item, NoteRemoved):
                self._list.apply_to_all([("drop", item.note_id)])
                self._stale |= self._reading
            elif isinstance(item, Missed | VideoChanged | VideoRemoved):
                self._stale = True
        if self._stale:
            background_tasks.create(self._catch_up(), name="read all notes")

    def _put(self, note: Note) -> None:
        if note.author_id != self._page.identity.user_id:
            return
        self._stale |= self._reading or note.video_id not in self._titles
        if note.video_id in self._titles:
            self._list.apply_to_all([("put", self._written(note))])

    def _written(self, note: Note) -> dict[str, object]:
        return for_browser(note) | {"video_id": note.video_id, "video_title": self._titles[note.video_id]}
