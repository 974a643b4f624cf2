"""From the bus into one client's page: one task, which takes what waits at about the pace of a screen.

The subscription is made before anything is read from the database, in the same step of the loop, so that nothing is
missed between the two; what was told twice does no harm, as notes carry versions.
"""

import asyncio
import logging
from collections.abc import Callable

from nicegui import Client, background_tasks

from lossy.bus import Bus, Missed
from lossy.events import Event
from lossy.ui import gate

FRAME_SECONDS = 0.016

Deliver = Callable[[list[Event | Missed]], None]

logger = logging.getLogger(__name__)


class Pump:
    """Delivers events to everybody in a page who listens, until the client is deleted."""

    def __init__(self, client: Client, bus: Bus, *topics: str) -> None:
        self._client = client
        self._listeners: list[Deliver] = []
        self._is_closed = False
        self._news = bus.subscribe(*topics)
        client.on_delete(self.close)
        background_tasks.create(self._run(), name=f"pump {client.id}")

    def listen(self, deliver: Deliver, *topics: str) -> None:
        """Deliver to one more, and hear these topics too from now on."""
        if self._is_closed:
            return
        self._listeners.append(deliver)
        self._news.swap(self._news.topics | set(topics))

    def forget(self, deliver: Deliver, *topics: str) -> None:
        """Stop delivering to one, and hearing these topics; one who never listened is no harm."""
        if self._is_closed or deliver not in self._listeners:
            return
        self._listeners.remove(deliver)
        self._news.swap(self._news.topics - set(topics))

    def close(self) -> None:
        """Stop; from then on nothing is heard, whoever asks."""
        self._is_closed = True
        self._news.close()

    async def _run(self) -> None:
        while batch := await self._news.batch():
            self._deliver(batch)
            if gate.backlog_packets(self._client) > gate.MAX_BACKLOG_PACKETS:
                logger.warning("A page does not keep up with what it is told; it starts afresh.")
                await gate.cut_off(self._client)
            await asyncio.sleep(FRAME_SECONDS)

    def _deliver(self, batch: list[Event | Missed]) -> None:
        with self._client.content:
            for deliver in list(self._listeners):
                try:
                    deliver(batch)
                except Exception:
                    logger.exception("A part of a page could not show what it was told; the others go on.")
