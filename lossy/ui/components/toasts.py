"""Short messages at the bottom of the page, with at most one thing to do."""

import itertools
from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

Act = Callable[[], Awaitable[None]]
KEPT_ACTS = 20


class Toasts(ui.element, component="toasts.js"):
    """Shows messages; what a message offers is done when its button is pressed."""

    def __init__(self) -> None:
        super().__init__()
        self._acts: dict[int, Act] = {}
        self._keys = itertools.count()
        self.on("act", self._run)

    def show(self, message: str, action: str = "", act: Act | None = None) -> None:
        """Say something; with `action`, offer it."""
        key = next(self._keys)
        if act is not None:
            self._acts[key] = act
            self._acts.pop(key - KEPT_ACTS, None)
        self.run_method("show", {"key": key, "message": message, "action": action if act else ""})

    async def _run(self, event: GenericEventArguments) -> None:
        act = self._acts.pop(event.args.get("key", -1), None) if isinstance(event.args, dict) else None
        if act is not None:
            await act()
