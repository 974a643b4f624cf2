"""Gives a visible end to posts whose job died with its workers, or was discarded."""

import asyncio
import logging

from lossy.db import posts
from lossy.db.engine import DATABASE_FAILURES, Database
from lossy.errors import LossyError
from lossy.events import JOBS_TOPIC

logger = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Also without news: another process may have seen the job die."""


async def keep_posts(database: Database, look_seconds: float = LOOK_SECONDS) -> None:
    """Keep house until cancelled; several processes may do so at once."""
    with database.bus.subscribe(JOBS_TOPIC) as news:
        while True:
            try:
                await _settle(database)
            except DATABASE_FAILURES as error:
                logger.warning("Posts could not be looked at (%s).", error)
            try:
                async with asyncio.timeout(look_seconds):
                    await news.batch()
            except TimeoutError:
                continue


async def _settle(database: Database) -> None:
    async with database.read() as db:
        given_up = await posts.given_up(db)
    for post_id in given_up:
        try:
            async with database.write() as db:
                await posts.settle_given_up(db, post_id)
        except LossyError:
            logger.exception("Post %s could not be given an end.", post_id)
