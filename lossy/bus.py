"""The in-process bus: events go to every subscription that shares a topic with them.

Publishing never waits. A subscriber that does not keep up loses its oldest events, is told how many it missed, and
reloads from the database; it never slows the others. With Redis configured, `relay` carries events between processes:
local delivery comes first, and a node skips the echo of its own.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from lossy.events import Event

QUEUE_LIMIT = 1024


@dataclass(frozen=True)
class Missed:
    """Stands in the stream where events were dropped: reload what you show."""

    count: int


class Subscription:
    """An open ear on some topics. Iterate it; `close()` ends the iteration."""

    def __init__(self, bus: "Bus", topics: frozenset[str], limit: int) -> None:
        self._bus = bus
        self.topics = topics
        self._waiting: deque[Event] = deque()
        self._limit = limit
        self._missed = 0
        self._closed = False
        self._wake = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Take an event without waiting; the oldest gives way when there are too many."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self._missed += 1
        self._waiting.append(event)
        self._wake.set()

    def miss(self) -> None:
        """Count an event that could not be offered."""
        self._missed += 1
        self._wake.set()

    def swap(self, topics: frozenset[str]) -> None:
        """Listen to other topics from now on."""
        self._bus.forget(self)
        self.topics = topics
        self._bus.remember(self)

    def drain(self) -> list[Event | Missed]:
        """Take everything that waits."""
        taken: list[Event | Missed] = [Missed(self._missed)] if self._missed else []
        self._missed = 0
        taken.extend(self._waiting)
        self._waiting.clear()
        self._wake.clear()
        return taken

    async def batch(self) -> list[Event | Missed]:
        """Wait for something, then take everything that waits; empty only once closed."""
        if not self._closed:
            await self._wake.wait()
        return self.drain()

    async def __aiter__(self) -> AsyncIterator[Event | Missed]:
        while taken := await self.batch():
            for item in taken:
                yield item

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._bus.forget(self)
        self._wake.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Bus:
    """Topics `session:ID`, `video:ID`, `user:ID`, and `user:*` for what concerns everybody."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Subscription]] = defaultdict(set)
        self._relays: list[asyncio.Queue[Event]] = []

    def subscribe(self, *topics: str, limit: int = QUEUE_LIMIT) -> Subscription:
        """Listen to topics, at once: nothing published after this call is missed."""
        subscription = Subscription(self, frozenset(topics), limit)
        self.remember(subscription)
        return subscription

    def publish(self, event: Event) -> None:
        """Tell an event to everybody who listens here, and hand it to the relay if there is one."""
        self.deliver(event)
        for relay in self._relays:
            if relay.full():
                relay.get_nowait()
            relay.put_nowait(event)

    def deliver(self, event: Event) -> None:
        """Tell an event only in this process; each subscription hears it once."""
        heard: set[Subscription] = set()
        for topic in event.topics:
            heard |= self._by_topic.get(topic, set())
        for subscription in heard:
            subscription.offer(event)

    def tell_missed(self) -> None:
        """Tell every subscriber to reload: events of other processes may not have come through."""
        for subscription in {each for listeners in self._by_topic.values() for each in listeners}:
            subscription.miss()

    def attach_relay(self, queue: asyncio.Queue[Event]) -> None:
        """Copy what is published here to a relay's queue."""
        self._relays.append(queue)

    def detach_relay(self, queue: asyncio.Queue[Event]) -> None:
        """Stop copying."""
        self._relays.remove(queue)

    def remember(self, subscription: Subscription) -> None:
        """Index a subscription under its topics."""
        for topic in subscription.topics:
            self._by_topic[topic].add(subscription)

    def forget(self, subscription: Subscription) -> None:
        """Drop a subscription from the index; a topic nobody hears takes no memory."""
        for topic in subscription.topics:
            listeners = self._by_topic.get(topic)
            if listeners is not None:
                listeners.discard(subscription)
                if not listeners:
                    del self._by_topic[topic]

    @property
    def topics(self) -> frozenset[str]:
        """Topics that somebody hears."""
        return frozenset(self._by_topic)
