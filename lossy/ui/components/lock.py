"""The lock of a page: it opens for whoever shows a ticket that was got with their token."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

MAX_TICKET_CHARACTERS = 100


class Lock(ui.element, component="lock.js"):
    """Asks the browser for a ticket once it is connected; `on_ticket` gets it."""

    def __init__(self, on_ticket: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self._on_ticket = on_ticket
        self.on("ticket", self._take)

    def ask_again(self) -> None:
        """Have the browser try once more, as the ticket did not count."""
        self.run_method("ask")

    def send_away(self) -> None:
        """Forget the token in the browser and go to the sign-in page."""
        self.run_method("leave")

    async def _take(self, event: GenericEventArguments) -> None:
        ticket = event.args.get("ticket") if isinstance(event.args, dict) else None
        if isinstance(ticket, str) and 0 < len(ticket) <= MAX_TICKET_CHARACTERS:
            await self._on_ticket(ticket)
