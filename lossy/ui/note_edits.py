"""What a reviewer does to notes in a list: edit, delete, bring back. Access is checked by the database's functions."""

from functools import partial
from typing import Any

from lossy.db import notes
from lossy.ui.components.bodies import Body, Handler
from lossy.ui.page import Page

_EDITABLE = ("text", "category")


class NoteEdits:
    """Edits that one page asks for; what is refused is said in the page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def handlers(self) -> dict[str, Handler]:
        """Give the handlers of a note list's events."""
        return {"edit": self._edit, "remove": self._remove, "refine": self._refine}

    async def _edit(self, body: Body) -> None:
        given = body.get("changes")
        changes = {name: given[name] for name in _EDITABLE if name in given} if isinstance(given, dict) else {}
        await self._page.attempt(self._change(str(body.get("id")), changes, body.get("version")))

    async def _change(self, note_id: str, changes: dict[str, Any], version: int | None) -> None:
        async with self._page.core.database.write() as db:
            await notes.edit_note(db, self._page.identity.user_id, note_id, changes, version)

    async def _refine(self, body: Body) -> None:
        self._page.say("Looking at the picture…")
        await self._page.attempt(self._look_at_picture(str(body.get("id"))))

    async def _look_at_picture(self, note_id: str) -> None:
        me, core = self._page.identity.user_id, self._page.core
        async with core.database.read() as db:
            note = await notes.require_note(db, me, note_id)
        before = {name: getattr(note, name) for name in _EDITABLE}
        await core.frames.refine(me, note_id)
        undo = partial(self._change, note_id, before, None)
        self._page.frame.toasts.show("Refined with the picture", "Undo", lambda: self._page.attempt(undo()))

    async def _remove(self, body: Body) -> None:
        await self._page.attempt(self._delete(str(body.get("id"))))

    async def _delete(self, note_id: str) -> None:
        async with self._page.core.database.write() as db:
            await notes.delete_note(db, self._page.identity.user_id, note_id)
        self._page.frame.toasts.show("Note deleted", "Undo", lambda: self._page.attempt(self._restore(note_id)))

    async def _restore(self, note_id: str) -> None:
        async with self._page.core.database.write() as db:
            await notes.restore_note(db, self._page.identity.user_id, note_id)
