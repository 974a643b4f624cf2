"""A page that stands in the extension's side panel or popup and follows the video of the tab that is looked at.

It has no token, no microphone and no sockets besides NiceGUI's: the extension around it gives tickets and says which
video is shown. What it says is checked like any other input, and access to the video by whoever builds the view.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from lossy.agent.core import Core
from lossy.ui.components.bodies import listen
from lossy.ui.components.lock import FramedLock, Lock
from lossy.ui.components.states import outside_state
from lossy.ui.page import Page, View
from lossy.ui.theme import BareFrame

WHY = ("none", "not_allowed", "closed", "opening")
MAX_CHARACTERS = 500
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Shown:
    """Which video the frame is to show; where `video` is None, `why` there is none."""

    video: str | None = None
    why: str = "opening"
    title: str = ""
    problem: str | None = None

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self | None:
        """Take what the extension said, cut to size; None if it makes no sense."""
        video, why, problem = body.get("video"), body.get("why", "opening"), body.get("problem")
        if video is not None and not (isinstance(video, str) and _ID.fullmatch(video)):
            return None
        if why not in WHY or not isinstance(problem, str | None):
            return None
        title = str(body.get("title", ""))[:MAX_CHARACTERS]
        return cls(video, why, title, problem[:MAX_CHARACTERS] if problem else None)


class FramedPage(Page):
    """A page without header; `view_for` gives the view for what is shown, again at every change of it."""

    def __init__(self, core: Core, here: str, title: str, view_for: Callable[[Shown], View]) -> None:
        self._shown = Shown()
        self._view_for = view_for
        super().__init__(core, here, title, lambda: view_for(self._shown))

    def _build_frame(self, here: str, title: str) -> BareFrame:
        return BareFrame(title)

    def _build_lock(self) -> Lock:
        lock = FramedLock(self._unlock, self.core.settings.extension_origins)
        listen(lock, {"shown": self._follow})
        lock.on("outside", self._tell_outside)
        return lock

    async def _follow(self, body: dict[str, Any]) -> None:
        shown = Shown.read(body)
        if shown is None or shown == self._shown:
            return
        is_same_video = shown.video is not None and shown.video == self._shown.video
        self._shown = shown
        if self._unlocked and not is_same_video:
            await self.show(self._view_for(shown))

    def _tell_outside(self) -> None:
        if not self._unlocked:
            self._fill(outside_state)
