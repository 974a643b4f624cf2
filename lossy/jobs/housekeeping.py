"""Forgets jobs that are over, at the start and once a day, and ends what stopped processes hold."""

import asyncio
import logging
from datetime import timedelta

from lossy.db import jobs
from lossy.db.engine import DATABASE_FAILURES, Database
from lossy.db.types import utc_now

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
"""How long `lossy jobs list` shows what is done."""
EVERY_SECONDS = 24 * 60 * 60.0
AGAIN_SECONDS = 60.0
STOPPED_EVERY_SECONDS = 5.0


async def keep_house(database: Database) -> None:
    """Keep house until cancelled; several processes may do so at once."""
    while True:
        pause = EVERY_SECONDS
        try:
            await forget_old_jobs(database)
        except DATABASE_FAILURES as error:
            logger.warning("Old jobs could not be forgotten (%s).", error)
            pause = AGAIN_SECONDS
        await asyncio.sleep(pause)


async def forget_old_jobs(database: Database) -> None:
    """Forget what was done or discarded long ago; what is dead waits for a person."""
    async with database.write() as db:
        forgotten = await jobs.forget_jobs(db, before=utc_now() - KEPT)
    logger.info("Forgot %d jobs that were over.", forgotten)


async def end_stopped(database: Database) -> None:
    """End what stopped processes hold until cancelled, or jobs would wait behind their locks."""
    while not database.is_sqlite:
        try:
            if ended := await database.end_stopped():
                logger.warning("Ended %d connections of processes that had stopped.", ended)
        except DATABASE_FAILURES as error:
            logger.warning("Stopped processes could not be looked for (%s).", error)
        await asyncio.sleep(STOPPED_EVERY_SECONDS)
