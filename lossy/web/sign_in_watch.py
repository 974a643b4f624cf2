"""Ends live connections whose sign-in does not count any more: revoked, expired, or unused for too long.

A sign-out is told on the bus and takes effect at once. What nobody tells, the passing of time above all, and a sign-out
whose news was missed, is found by one look every few seconds: one query for all connections together.
"""

import asyncio
import logging
from collections.abc import Sequence

from lossy.agent.core import Core
from lossy.bus import Missed, Subscription
from lossy.db import users
from lossy.events import SIGNED_OUT_TOPIC, Event, SignedOut
from lossy.web.socket_server import Guarded

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0


async def end_unsigned(core: Core, namespaces: Sequence[Guarded], every_seconds: float = LOOK_EVERY_SECONDS) -> None:
    """Watch until cancelled."""
    with core.bus.subscribe(SIGNED_OUT_TOPIC) as news:
        while True:
            told = await _told_within(news, every_seconds)
            try:
                revoked = frozenset(
                    token for event in told if isinstance(event, SignedOut) for token in event.token_ids
                )
                await _end(namespaces, revoked)
                await _end(namespaces, await _ended(core, namespaces))
            except Exception:
                logger.exception("Could not look whether everybody is still signed in; looking again.")


async def _told_within(news: Subscription, seconds: float) -> list[Event | Missed]:
    try:
        async with asyncio.timeout(seconds):
            return await news.batch()
    except TimeoutError:
        return []


async def _ended(core: Core, namespaces: Sequence[Guarded]) -> frozenset[str]:
    tokens = frozenset(peer.identity.token_id for namespace in namespaces for peer in namespace.peers.values())
    if not tokens:
        return tokens
    async with core.database.read() as db:
        return tokens - await users.tokens_that_count(db, tokens)


async def _end(namespaces: Sequence[Guarded], token_ids: frozenset[str]) -> None:
    if token_ids:
        for namespace in namespaces:
            await namespace.end_connections(token_ids)
