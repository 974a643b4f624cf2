"""What a component emits, on its way to a handler."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

Body = dict[str, Any]
Handler = Callable[[Body], Awaitable[None]]


def listen(element: ui.element, handlers: Mapping[str, Handler]) -> None:
    """Hand the body of each event to its handler; what is no object is dropped."""
    for event, handler in handlers.items():
        element.on(event, _taking(handler))


def _taking(handler: Handler) -> Callable[[GenericEventArguments], Awaitable[None]]:
    async def take(event: GenericEventArguments) -> None:
        if isinstance(event.args, dict):
            await handler(event.args)

    return take
