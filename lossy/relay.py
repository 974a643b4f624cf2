"""Carries events between processes over Redis pub/sub, so that a worker's news reach every web process.

Redis pub/sub forgets what nobody heard. While a connection is down nothing is lost for good: stored events are in the
`events` table, and whoever comes back has every process tell its subscribers to reload, by `on_gap`. The client
library's own retries are off, because they would reconnect without a word.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from lossy.bus import Bus
from lossy.events import EVENT, Event

CHANNEL = "lossy:events"
RETRY_SECONDS = 1.0
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
HEALTH_CHECK_SECONDS = 15
QUEUE_LIMIT = 10_000

logger = logging.getLogger(__name__)


async def run_relay(bus: Bus, redis_url: str, on_ready: Callable[[], None], on_gap: Callable[[], None]) -> None:
    """Relay until cancelled. `on_ready` at the first connection, `on_gap` whenever a process lost its own."""
    node = uuid4().hex
    outgoing: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LIMIT)
    bus.attach_relay(outgoing)
    was_connected = False
    try:
        while _is_wanted():
            try:
                async with _client(redis_url) as client, client.pubsub() as channel:
                    await _subscribe(channel)
                    if was_connected:
                        await client.publish(CHANNEL, _parcel(node, None))
                    (on_gap if was_connected else on_ready)()
                    was_connected = True
                    await _first_to_fail(_send(client, node, outgoing), _receive(bus, channel, node, on_gap))
            except (RedisError, OSError) as lost:
                logger.warning("The event relay lost Redis (%s); trying again.", lost)
            await asyncio.sleep(RETRY_SECONDS)
    finally:
        bus.detach_relay(outgoing)


def _client(url: str) -> "redis.Redis[bytes]":
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=COMMAND_SECONDS,
        socket_keepalive=True,
        health_check_interval=HEALTH_CHECK_SECONDS,
    )


async def _subscribe(channel: "redis.client.PubSub") -> None:
    await channel.subscribe(CHANNEL)
    if await channel.get_message(timeout=COMMAND_SECONDS) is None:
        raise redis.ConnectionError("it does not confirm the subscription")


async def _first_to_fail(*endless: Coroutine[Any, Any, None]) -> None:
    # Not a TaskGroup: that of Python 3.11 forgets that it was cancelled if a child fails at the same moment.
    tasks = [asyncio.create_task(one) for one in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(client: "redis.Redis[bytes]", node: str, outgoing: asyncio.Queue[Event]) -> None:
    while _is_wanted():
        await client.publish(CHANNEL, _parcel(node, await outgoing.get()))


async def _receive(bus: Bus, channel: "redis.client.PubSub", node: str, on_gap: Callable[[], None]) -> None:
    while _is_wanted():
        message = await channel.get_message(timeout=HEALTH_CHECK_SECONDS)
        if message is None or message["type"] != "message":
            continue
        try:
            parcel = json.loads(message["data"])
            if parcel["node"] == node:
                continue
            event = EVENT.validate_python(parcel["event"]) if parcel["event"] is not None else None
        except (ValueError, KeyError, TypeError):
            logger.warning("The event relay heard something it does not understand, perhaps of another version.")
            continue
        if event is None:
            on_gap()
        else:
            bus.deliver(event)


def _is_wanted() -> bool:
    # The Redis client sometimes swallows a cancel, but the task still knows that it was asked.
    task = asyncio.current_task()
    return task is None or not task.cancelling()


def _parcel(node: str, event: Event | None) -> str:
    return json.dumps({"node": node, "event": None if event is None else event.model_dump(mode="json")})
