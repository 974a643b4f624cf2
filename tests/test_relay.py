"""Two buses of one process stand for two processes: what is told on one is heard on the other, over a real Redis."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest
from redis import asyncio as redis_client

from lossy.bus import Bus, Subscription
from lossy.events import AsrPartial, Event, TurnFailed
from lossy.relay import CHANNEL, run_relay
from tests.services.redis import redis
from tests.services.server import free_port

SECONDS = 30.0


class Node:
    """A bus with its relay, and what the relay said about it."""

    def __init__(self, url: str) -> None:
        self.bus = Bus()
        self.ready = asyncio.Event()
        self.gap = asyncio.Event()
        self.relay = asyncio.create_task(run_relay(self.bus, url, self.ready.set, self.gap.set))

    def listen(self) -> Subscription:
        """Hear what concerns the user."""
        return self.bus.subscribe("user:u")


@contextlib.asynccontextmanager
async def joined(url: str) -> AsyncIterator[Node]:
    """Run a relay for as long as the block."""
    node = Node(url)
    try:
        yield node
    finally:
        node.relay.cancel()
        assert (await asyncio.wait([node.relay], timeout=SECONDS))[1] == set()


async def test_what_one_tells_the_other_hears_once_and_nobody_hears_an_echo(redis_url: str) -> None:
    async with joined(redis_url) as a, joined(redis_url) as b:
        await _all(a.ready, b.ready)
        at_a, at_b = a.listen(), b.listen()
        a.bus.publish(_failed("from a"))
        assert await _heard_until(at_b, "from a") == ["from a"]
        b.bus.publish(_failed("from b"))
        assert await _heard_until(at_a, "from b") == ["from a", "from b"]
        a.bus.publish(_failed("end"))
        assert await _heard_until(at_b, "end") == ["from b", "end"]


async def test_an_event_arrives_as_it_was_sent(redis_url: str) -> None:
    async with joined(redis_url) as a, joined(redis_url) as b:
        await _all(a.ready, b.ready)
        at_b = b.listen()
        sent = AsrPartial(user_id="u", session_id="s", turn_id="t", stable="der Schnitt", unstable="kömmt «spät»")
        a.bus.publish(sent)
        assert await asyncio.wait_for(at_b.batch(), SECONDS) == [sent]


@pytest.mark.usefixtures("redis_url")
async def test_a_relay_that_begins_before_redis_waits_for_it() -> None:
    port = free_port()
    async with joined(f"redis://127.0.0.1:{port}/0") as a, joined(f"redis://127.0.0.1:{port}/0") as b:
        await asyncio.wait_for(_warned(), SECONDS)
        with redis(port):
            await _all(a.ready, b.ready)
            at_b = b.listen()
            a.bus.publish(_failed("at last"))
            assert await _heard_until(at_b, "at last") == ["at last"]
            assert not a.gap.is_set()


@pytest.mark.usefixtures("redis_url")
async def test_a_redis_that_restarts_is_a_gap_and_then_news_travel_again() -> None:
    port = free_port()
    async with joined(f"redis://127.0.0.1:{port}/0") as a, joined(f"redis://127.0.0.1:{port}/0") as b:
        with redis(port):
            await _all(a.ready, b.ready)
        at_b = b.listen()
        a.bus.publish(_failed("while it was away"))
        with redis(port):
            await _all(a.gap, b.gap)
            a.bus.publish(_failed("after"))
            assert (await _heard_until(at_b, "after"))[-1] == "after"


@pytest.mark.usefixtures("redis_url")
async def test_it_ends_when_it_is_told_to_while_redis_goes_away() -> None:
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        with redis(port):
            for _ in range(10):
                node = await stack.enter_async_context(joined(f"redis://127.0.0.1:{port}/0"))
                await _all(node.ready)


async def test_who_lost_its_own_connection_makes_the_others_reload_too(redis_url: str) -> None:
    async with joined(redis_url) as a:
        await _all(a.ready)
        (lonely,) = await _subscribers(redis_url)
        async with joined(redis_url) as b:
            await _all(b.ready)
            async with _client(redis_url) as client:
                await client.client_kill_filter(_id=lonely)
            await _all(a.gap, b.gap)


@pytest.mark.parametrize(
    "strange", ["no json", "[]", "{}", '{"node": "x", "event": {"type": "from_the_future"}}', '{"node": "x"}']
)
async def test_what_it_does_not_understand_is_skipped(redis_url: str, strange: str) -> None:
    async with joined(redis_url) as a, joined(redis_url) as b:
        await _all(a.ready, b.ready)
        at_b = b.listen()
        async with _client(redis_url) as client:
            await client.publish(CHANNEL, strange)
        a.bus.publish(_failed("plain"))
        assert await _heard_until(at_b, "plain") == ["plain"]


async def test_a_relay_that_ended_gets_no_more_copies(redis_url: str) -> None:
    async with joined(redis_url) as listener:
        await _all(listener.ready)
        async with joined(redis_url) as ended, joined(redis_url) as other:
            await _all(ended.ready, other.ready)
            ended.relay.cancel()
            await asyncio.wait([ended.relay])
            heard = listener.listen()
            ended.bus.publish(_failed("into the void"))
            other.bus.publish(_failed("heard"))
            assert await _heard_until(heard, "heard") == ["heard"]


def _failed(message: str) -> Event:
    return TurnFailed(user_id="u", turn_id="t", code="unavailable", message=message)


async def _all(*signals: asyncio.Event) -> None:
    await asyncio.wait_for(asyncio.gather(*(signal.wait() for signal in signals)), SECONDS)


async def _warned() -> None:
    warned = asyncio.Event()

    def notice(_record: logging.LogRecord) -> bool:
        warned.set()
        return True

    logger = logging.getLogger("lossy.relay")
    logger.addFilter(notice)
    try:
        await warned.wait()
    finally:
        logger.removeFilter(notice)


async def _heard_until(subscription: Subscription, last: str) -> list[str]:
    heard: list[str] = []
    while last not in heard:
        batch = await asyncio.wait_for(subscription.batch(), SECONDS)
        heard += [event.message for event in batch if isinstance(event, TurnFailed)]
    return heard


def _client(url: str) -> "redis_client.Redis[bytes]":
    return redis_client.Redis.from_url(url, socket_timeout=SECONDS)


async def _subscribers(url: str) -> list[str]:
    async with _client(url) as client:
        return [str(one["id"]) for one in await client.client_list(_type="pubsub")]
