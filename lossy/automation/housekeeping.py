"""Gives a visible end to posts whose job died with its workers, or was discarded."""

import asyncio
import logging

from lossy.db import posts
from lossy.db.engine import DATABASE_FAILURES, Database
from lossy.events import JOBS_TOPIC

logger = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Also without news: another process may have seen the job die."""


async def keep_posts(database: Database, look_seconds: float = LOOK_SECONDS) -> None:
    """Keep house until cancelled; several processes may do so at once."""
    with database.bus.subscribe(JOBS_TOPIC) as news:
        while True:
            try:
                async with database.write() as db:
                    await posts.settle_given_up(db)
            except DATABASE_FAILURES as error:
                logger.warning("Posts could not be looked at (%s).", error)
            try:
                async with asyncio.timeout(look_seconds):
                    await news.batch()
            except TimeoutError:
                continue
