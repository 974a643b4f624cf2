"""What the dashboard's review page and the extension's panel share: one video's talk and notes, followed live.

Changes that come while the notes are being read wait until those are listed. What can't be read again after a gap in
the events is tried again until it can: a page that shows old notes as if they were all would lie.
"""

import asyncio
import logging
from typing import Any

from nicegui import background_tasks

from lossy.agent.session import AgentSession
from lossy.bus import Missed
from lossy.db import notes, users, videos
from lossy.db.engine import DATABASE_FAILURES
from lossy.db.models import Video
from lossy.db.posts import is_on_a_platform
from lossy.errors import NotAllowed
from lossy.events import Event, RecogniserChanged
from lossy.protocol import TurnAction
from lossy.ui.all_notes import AllNotes
from lossy.ui.choices import Choices
from lossy.ui.components.bodies import Body
from lossy.ui.components.note_list import NoteList, Op, for_browser
from lossy.ui.components.talk import Talk
from lossy.ui.hearing import Hearing
from lossy.ui.note_edits import NoteEdits
from lossy.ui.note_posts import NotePosts
from lossy.ui.page import Page

RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class LiveVideo:
    """One video in one page. After `open` there are `video` and `choices`; `session` is None for who may only look."""

    video: Video
    choices: Choices
    session: AgentSession | None

    def __init__(self, page: Page, video_id: str) -> None:
        self._page = page
        self._video_id = video_id
        self._early: list[Event | Missed] | None = []
        self._talk: Talk | None = None
        self._list: NoteList | None = None
        self._all: AllNotes | None = None

    async def open(self) -> None:
        """Read the video, which only its members may, and begin to hear of it; `NotFound` for others."""
        me = self._page.identity.user_id
        async with self._page.core.database.read() as db:
            self.video = await videos.require_video(db, me, self._video_id)
            self.choices = Choices.read(await users.settings_of(db, me))
        try:
            self.session = await self._page.core.sessions.open(me, self._video_id)
        except NotAllowed:
            self.session = None
        self._hearing = Hearing(self.session.id if self.session else None, self._video_id)
        self._page.pump.listen(self._hear, self._topic)

    def close(self) -> None:
        """Stop hearing of this video."""
        self._page.pump.forget(self._hear, self._topic)
        if self._all is not None:
            self._all.close()

    def build_talk(self) -> None:
        """Build microphone and live line, for who may speak."""
        if self.session is not None:
            self._talk = Talk(self._talk_view(self.session), on={"turn": self._steer, "mode": self._set_mode})

    def build_notes(self) -> None:
        """Build the list of notes; `load` fills it."""
        own = {"confirm": self._confirm, "cancel": self._cancel, "scope": self._choose_scope}
        refines = self._page.core.frames.can_refine and self.choices.vision_consent
        handlers = {
            **NoteEdits(self._page).handlers,
            **NotePosts(self._page, self._video_id, self._apply).handlers,
            **own,
        }
        posts = self.session is not None and is_on_a_platform(self.video)
        above = self.choices.auto_post_above if posts and self.choices.auto_post else None
        self._list = NoteList(self._video_id, on=handlers, refines=refines, posts=posts, posts_above=above)
        self._all = AllNotes(self._page, self._list)

    async def load(self) -> None:
        """List every note of the video, where there is a list; then follow what happens."""
        if self._list is not None:
            await self._fill(self._list)
        early, self._early = self._early, None
        self._hear(early or [])

    async def _fill(self, shown: NoteList) -> None:
        me = self._page.identity.user_id
        count = 0
        async with self._page.core.database.read() as db:
            while True:
                found = await notes.list_notes(db, me, video_id=self._video_id, offset=count)
                listed = [for_browser(note) for note in found]
                shown.apply([("put", note) for note in listed] if count else [("reset", listed)])
                count += len(found)
                if len(found) < notes.PAGE:
                    break
        shown.loaded()

    @property
    def _topic(self) -> str:
        return f"video:{self._video_id}"

    def _talk_view(self, session: AgentSession) -> dict[str, Any]:
        view = session.view
        return {
            "microphone": view.microphone.value,
            "recording_id": view.recording_id,
            "turn": view.turn.value,
            "turn_id": view.turn_id,
            "words": view.words,
            "message": view.message,
            "mode": self.choices.mode,
            "demo": self._page.core.recogniser.status.is_demo,
        }

    def _hear(self, batch: list[Event | Missed]) -> None:
        if self._early is not None:
            self._early += batch
            return
        heard = self._hearing.take(batch)
        if any(isinstance(item, RecogniserChanged) for item in batch):
            heard.talk["demo"] = self._page.core.recogniser.status.is_demo
        if heard.reload:
            self._early = []
            background_tasks.create(self._reload(), name="reload notes")
        if heard.ops and self._list is not None:
            self._list.apply(heard.ops)
        if heard.talk and self._talk is not None:
            self._talk.show(heard.talk)

    def _apply(self, ops: list[Op]) -> None:
        if self._list is not None:
            self._list.apply(ops)

    async def _reload(self) -> None:
        while self._list is None or not self._list.is_deleted:
            try:
                await self.load()
            except DATABASE_FAILURES:
                logger.warning("Notes could not be read again after a gap in the events; trying once more.")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _confirm(self, body: Body) -> None:
        await self._steer({"action": TurnAction.CONFIRM.value, "turn_id": body.get("turn_id")})

    async def _cancel(self, body: Body) -> None:
        await self._steer({"action": TurnAction.CANCEL.value, "turn_id": body.get("turn_id")})

    async def _steer(self, body: Body) -> None:
        action = body.get("action")
        if self.session is not None and action in {known.value for known in TurnAction}:
            await self._page.attempt(self._control(self.session.id, TurnAction(action), body.get("turn_id")))

    async def _control(self, session_id: str, action: TurnAction, turn_id: str | None) -> None:
        # Looked up anew: a quiet session is let go and comes back as another object.
        session = await self._page.core.sessions.of_user(self._page.identity.user_id, session_id)
        await session.control_turn(action, turn_id)

    async def _set_mode(self, body: Body) -> None:
        await self._page.attempt(self._keep_mode(Choices.read({"mode": body.get("mode")}).mode))

    async def _keep_mode(self, mode: str) -> None:
        async with self._page.core.database.write() as db:
            await users.change_settings(db, self._page.identity.user_id, {"mode": mode})

    async def _choose_scope(self, body: Body) -> None:
        if self._all is None:
            return
        if body.get("scope") == "all":
            await self._page.attempt(self._all.follow())
        else:
            self._all.close()
