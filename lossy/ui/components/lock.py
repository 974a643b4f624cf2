"""The lock of a page: it opens for whoever shows a ticket that was got with their token."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

MAX_TICKET_CHARACTERS = 100

OnTicket = Callable[[str], Awaitable[None]]


class Lock(ui.element, component="lock.js"):
    """Asks the browser for a ticket once it is connected; `on_ticket` gets it."""

    def __init__(self, on_ticket: OnTicket) -> None:
        super().__init__()
        self._on_ticket = on_ticket
        self.on("ticket", self._take)

    def ask_again(self) -> None:
        """Have the browser try once more, as the ticket did not count."""
        self.run_method("ask")

    def send_away(self) -> None:
        """Have the browser forget its token and say that nobody is signed in."""
        self.run_method("leave")

    async def _take(self, event: GenericEventArguments) -> None:
        ticket = event.args.get("ticket") if isinstance(event.args, dict) else None
        if isinstance(ticket, str) and 0 < len(ticket) <= MAX_TICKET_CHARACTERS:
            await self._on_ticket(ticket)


class FramedLock(Lock, component="framed_lock.js"):
    """Asks the extension around the frame; emits `shown` (bridge.ts's Shown) and `outside`, where there is none."""

    def __init__(self, on_ticket: OnTicket, origins: Sequence[str]) -> None:
        super().__init__(on_ticket)
        props: dict[str, Any] = {"origins": sorted(origins)}
        self.props.update(props)
