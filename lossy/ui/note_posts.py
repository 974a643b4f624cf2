"""What a reviewer does about posting notes: asks for it, takes it back, decides what nobody could see, looks at it."""

import base64
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from lossy.db import notes, posts, videos
from lossy.db.models import PostAudit
from lossy.errors import Conflict
from lossy.ui.components.bodies import Body, Handler
from lossy.ui.components.note_list import Op
from lossy.ui.page import Page

_WORDS = {
    "queued": "Waiting to be posted",
    "goes_on": "Goes on after the sign-in",
    "taken_back": "Taken back",
    "preparing": "Opening the platform",
    "logged_in": "Signed in there",
    "exploring": "A model looks for the comment form",
    "explored": "It has looked for the comment form",
    "armed": "Submitting, once",
    "reading_back": "Reading it back",
    "not_seen": "Not seen there",
    "stumbled": "Tried again after a problem",
    "needs_login": "The platform wants you to sign in",
    "posted": "Posted",
    "failed": "Not posted",
    "unknown": "Submitted, outcome unknown",
    "decided": "You decided",
}
_SAID_IN_FULL = ("explored", "stumbled", "failed", "unknown", "needs_login", "decided", "posted")


class NotePosts:
    """Postings that one page asks for; what is refused is said in the page."""

    def __init__(
        self, page: Page, video_id: str, apply: Callable[[list[Op]], None], sign_in_at: Callable[[str], Awaitable[None]]
    ) -> None:
        self._page = page
        self._video_id = video_id
        self._apply = apply
        self._sign_in_at = sign_in_at

    @property
    def handlers(self) -> dict[str, Handler]:
        """Give the handlers of a note list's events."""
        return {
            "post": lambda body: self._page.attempt(self._post(str(body.get("id")))),
            "post_all": lambda _body: self._page.attempt(self._post_all()),
            "take_back": lambda body: self._page.attempt(self._take_back([str(body.get("id"))])),
            "decide": self._decide,
            "sign_in": lambda body: self._page.attempt(self._sign_in(str(body.get("id")))),
            "trail": lambda body: self._page.attempt(self._trail(str(body.get("id")))),
        }

    @property
    def _me(self) -> str:
        return self._page.identity.user_id

    async def _post(self, note_id: str) -> None:
        async with self._page.core.database.write() as db:
            await posts.ask(db, self._me, note_id)

    async def _post_all(self) -> None:
        async with self._page.core.database.write() as db:
            mine = await posts.ask_all(db, self._me, self._video_id)
        words = f"{len(mine)} notes wait to be posted" if len(mine) != 1 else "One note waits to be posted"
        undo = partial(self._take_back, mine)
        self._page.frame.toasts.show(words, "Undo", lambda: self._page.attempt(undo()))

    async def _take_back(self, note_ids: list[str]) -> None:
        late = 0
        for note_id in note_ids:
            try:
                async with self._page.core.database.write() as db:
                    await posts.take_back(db, self._me, note_id)
            except Conflict:
                late += 1
        if late:
            self._page.say("What was on its way already can't be taken back." if late == len(note_ids) else
                           f"{late} of {len(note_ids)} were on their way already.")  # fmt: skip

    async def _decide(self, body: Body) -> None:
        await self._page.attempt(self._take_word(str(body.get("id")), is_there=body.get("is_there") is True))

    async def _take_word(self, note_id: str, *, is_there: bool) -> None:
        async with self._page.core.database.write() as db:
            await posts.decide(db, self._me, note_id, is_there=is_there)

    async def _sign_in(self, note_id: str) -> None:
        async with self._page.core.database.read() as db:
            note = await notes.require_note(db, self._me, note_id)
            video = await videos.require_video(db, self._me, note.video_id)
        await self._sign_in_at(video.url or "")

    async def _trail(self, note_id: str) -> None:
        async with self._page.core.database.read() as db:
            _, steps = await posts.post_of(db, self._me, note_id)
        self._apply([("trail", {"note_id": note_id, "steps": [_for_browser(step) for step in steps]})])


def _for_browser(step: PostAudit) -> dict[str, Any]:
    words = _WORDS.get(step.step, step.step)
    detail = step.detail if step.step in _SAID_IN_FULL else ""
    picture = "" if step.picture is None else "data:image/jpeg;base64," + base64.b64encode(step.picture).decode()
    return {"at": step.at.isoformat(), "words": words, "detail": detail, "picture": picture}
