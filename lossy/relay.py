"""Carries events between processes over Redis pub/sub, so that a worker's news reach every web process.

Redis pub/sub forgets what nobody heard. While the connection is down nothing is lost for good: stored events are in
the `events` table, and after a reconnect every local subscriber is told to reload by `on_gap`.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from uuid import uuid4

import redis.asyncio as redis
from redis.exceptions import RedisError

from lossy.bus import Bus
from lossy.events import EVENT, Event

CHANNEL = "lossy:events"
RETRY_SECONDS = 1.0
QUEUE_LIMIT = 10_000

logger = logging.getLogger(__name__)


async def run_relay(bus: Bus, redis_url: str, on_ready: Callable[[], None], on_gap: Callable[[], None]) -> None:
    """Relay until cancelled. `on_ready` at the first connection, `on_gap` after each one that followed a loss."""
    node = uuid4().hex
    outgoing: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LIMIT)
    bus.attach_relay(outgoing)
    connected_before = False
    try:
        while True:
            try:
                async with redis.Redis.from_url(redis_url, socket_connect_timeout=5) as client:
                    await _relay_once(bus, client, node, outgoing, on_gap if connected_before else on_ready)
            except* (RedisError, OSError) as group:
                logger.warning("The event relay lost Redis (%s); trying again.", group.exceptions[0])
            connected_before = True
            await asyncio.sleep(RETRY_SECONDS)
    finally:
        bus.detach_relay(outgoing)


async def _relay_once(
    bus: Bus,
    client: "redis.Redis[bytes]",
    node: str,
    outgoing: asyncio.Queue[Event],
    on_connected: Callable[[], None],
) -> None:
    async with client.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(CHANNEL)
        await channel.get_message(timeout=5)
        on_connected()
        async with asyncio.TaskGroup() as group:
            group.create_task(_send(client, node, outgoing))
            group.create_task(_receive(bus, channel, node))


async def _send(client: "redis.Redis[bytes]", node: str, outgoing: asyncio.Queue[Event]) -> None:
    while True:
        event = await outgoing.get()
        await client.publish(CHANNEL, json.dumps({"node": node, "event": event.model_dump(mode="json")}))


async def _receive(bus: Bus, channel: "redis.client.PubSub", node: str) -> None:
    while True:
        message = await channel.get_message(timeout=30)
        if message is None:
            continue
        parcel = json.loads(message["data"])
        if parcel["node"] != node:
            bus.deliver(EVENT.validate_python(parcel["event"]))
