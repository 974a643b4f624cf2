"""The review page: the picture on the left, what was said about it on the right."""

import base64
import binascii
from typing import Any

from nicegui import background_tasks, ui

from lossy.agent.core import Core
from lossy.agent.session import AgentSession
from lossy.bus import Missed
from lossy.db import notes, users, videos
from lossy.db.models import Video
from lossy.errors import InvalidInput, NotAllowed
from lossy.events import Event, RecogniserChanged
from lossy.protocol import TurnAction
from lossy.ui.assets import DEMO_PREFIX
from lossy.ui.choices import Choices
from lossy.ui.components.basics import Text, icon
from lossy.ui.components.note_list import NoteList, for_browser
from lossy.ui.components.player import Player, TimelineStrip
from lossy.ui.components.talk import Talk
from lossy.ui.hearing import Hearing
from lossy.ui.page import Page
from lossy.video_url import SAMPLE_URL

MAX_POSTER_BYTES = 64 * 1024
_POSTER_PREFIX = "data:image/webp;base64,"
_EDITABLE = ("text", "category")


def register(core: Core) -> None:
    """Put the page at its address."""

    @ui.page("/review/{video_id}")
    def review_page(video_id: str, play: str = "") -> None:
        Page(core, "review", "Review", ReviewView(video_id, plays=play == "sample"))


class ReviewView:
    """One video under review."""

    def __init__(self, video_id: str, *, plays: bool = False) -> None:
        self._video_id = video_id
        self._plays = plays
        self._early: list[Event | Missed] | None = []

    async def build(self, page: Page) -> None:
        """Build player, talk and notes; changes that come meanwhile wait until the notes are listed."""
        self._page = page
        me = page.identity.user_id
        async with page.core.database.read() as db:
            self._video = await videos.require_video(db, me, self._video_id)
            self._choices = Choices.read(await users.settings_of(db, me))
        self._session = await self._open_session()
        self._hearing = Hearing(self._session.id if self._session else None, self._video_id)
        page.pump.listen(self._hear, *self._topics)
        ui.page_title(f"{self._video.title} · Lossy")
        with ui.element("div").classes("review"):
            with ui.element("div").classes("left"):
                self._build_player()
                TimelineStrip()
            with ui.element("aside").classes("panel"):
                self._build_head()
                if self._session is not None:
                    self._talk = Talk(self._talk_view(self._session), on={"turn": self._steer, "mode": self._set_mode})
                handlers = {
                    "edit": self._edit,
                    "remove": self._remove,
                    "confirm": self._confirm,
                    "cancel": self._cancel,
                }
                self._list = NoteList(on=handlers)
        await self._load()

    def close(self, page: Page) -> None:
        """Stop hearing of this video."""
        page.pump.forget(self._hear, *self._topics)

    @property
    def _topics(self) -> tuple[str, ...]:
        return (f"video:{self._video_id}",)

    async def _open_session(self) -> AgentSession | None:
        try:
            return await self._page.core.sessions.open(self._page.identity.user_id, self._video_id)
        except NotAllowed:
            return None

    def _build_player(self) -> None:
        video = self._video
        is_sample, is_local = video.platform == "sample", video.platform == "local"
        wanted = _file_of(video) if is_local else None
        context: dict[str, Any] = {"title": video.title}
        context |= {"file": wanted} if wanted else {"url": SAMPLE_URL if is_sample else video.url}
        Player(
            context=context,
            options=self._choices.for_browser(),
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

    def _talk_view(self, session: AgentSession) -> dict[str, Any]:
        view = session.view
        return {
            "microphone": view.microphone.value,
            "recording_id": view.recording_id,
            "turn": view.turn.value,
            "turn_id": view.turn_id,
            "words": view.words,
            "message": view.message,
            "mode": self._choices.mode,
            "demo": self._page.core.recogniser.status.is_demo,
        }

    async def _load(self) -> None:
        me = self._page.identity.user_id
        count = 0
        async with self._page.core.database.read() as db:
            while True:
                found = await notes.list_notes(db, me, video_id=self._video_id, offset=count)
                listed = [for_browser(note) for note in found]
                self._list.apply([("put", note) for note in listed] if count else [("reset", listed)])
                count += len(found)
                if len(found) < notes.PAGE:
                    break
        self._list.loaded()
        early, self._early = self._early, None
        self._hear(early or [])

    def _hear(self, batch: list[Event | Missed]) -> None:
        if self._early is not None:
            self._early += batch
            return
        heard = self._hearing.take(batch)
        if any(isinstance(item, RecogniserChanged) for item in batch):
            heard.talk["demo"] = self._page.core.recogniser.status.is_demo
        if heard.reload:
            self._early = []
            background_tasks.create(self._load(), name="reload notes")
        if heard.ops:
            self._list.apply(heard.ops)
        if heard.talk and self._session is not None:
            self._talk.show(heard.talk)

    async def _edit(self, body: dict[str, Any]) -> None:
        given = body.get("changes")
        changes = {name: given[name] for name in _EDITABLE if name in given} if isinstance(given, dict) else {}
        await self._page.attempt(self._change(str(body.get("id")), changes, body.get("version")))

    async def _change(self, note_id: str, changes: dict[str, Any], version: int | None) -> None:
        async with self._page.core.database.write() as db:
            await notes.edit_note(db, self._page.identity.user_id, note_id, changes, version)

    async def _remove(self, body: dict[str, Any]) -> None:
        await self._page.attempt(self._delete(str(body.get("id"))))

    async def _delete(self, note_id: str) -> None:
        async with self._page.core.database.write() as db:
            await notes.delete_note(db, self._page.identity.user_id, note_id)
        self._page.frame.toasts.show("Note deleted", "Undo", lambda: self._page.attempt(self._restore(note_id)))

    async def _restore(self, note_id: str) -> None:
        async with self._page.core.database.write() as db:
            await notes.restore_note(db, self._page.identity.user_id, note_id)

    async def _confirm(self, body: dict[str, Any]) -> None:
        await self._steer({"action": TurnAction.CONFIRM.value, "turn_id": body.get("turn_id")})

    async def _cancel(self, body: dict[str, Any]) -> None:
        await self._steer({"action": TurnAction.CANCEL.value, "turn_id": body.get("turn_id")})

    async def _steer(self, body: dict[str, Any]) -> None:
        if self._session is None or body.get("action") not in {action.value for action in TurnAction}:
            return
        session = await self._page.core.sessions.of_user(self._page.identity.user_id, self._session.id)
        await self._page.attempt(session.control_turn(TurnAction(body["action"]), body.get("turn_id")))

    async def _set_mode(self, body: dict[str, Any]) -> None:
        mode = Choices.read({"mode": body.get("mode")}).mode
        async with self._page.core.database.write() as db:
            await users.change_settings(db, self._page.identity.user_id, {"mode": mode})

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
