"""Sends the ids of jobs that are due to the workers, and takes back what a dead worker held.

It sleeps until the next moment that the database knows of, or until it hears that a job changed; a look every few
seconds finds what other processes changed without a word.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from lossy.db import jobs
from lossy.db.engine import DATABASE_FAILURES, Database
from lossy.db.types import utc_now
from lossy.events import JOBS_TOPIC
from lossy.jobs.kinds import QUEUES

logger = logging.getLogger(__name__)

HOLD_SECONDS = 10.0
"""An id that was sent and not begun by then is sent again."""
SENT_PER_SLOT = 2
"""How many ids are on their way for each job that runs at once: the rest waits in the database, in order."""
LOOK_SECONDS = 5.0

Send = Callable[[str, str], Awaitable[None]]


async def relay_jobs(
    database: Database, send: Send, queues: Iterable[str] = tuple(QUEUES), hold_seconds: float = HOLD_SECONDS
) -> None:
    """Relay until cancelled, whatever breaks; an id that `send(queue, job_id)` did not get through is sent again."""
    queues = tuple(queues)
    with database.bus.subscribe(JOBS_TOPIC) as news:
        while True:
            pause = LOOK_SECONDS
            try:
                pause = await _send_due(database, send, queues, hold_seconds)
            except DATABASE_FAILURES as error:
                logger.warning("The jobs can't be looked at now (%s).", error)
            except Exception:
                logger.exception("The job relay stumbled.")
            try:
                async with asyncio.timeout(pause):
                    await news.batch()
            except TimeoutError:
                continue


async def _send_due(database: Database, send: Send, queues: tuple[str, ...], hold_seconds: float) -> float:
    """Send what is due; give the seconds until something else is."""
    async with database.read() as db:
        due = await jobs.next_due(db, queues)
    if due is None or (pause := (due - utc_now()).total_seconds()) > 0:
        return LOOK_SECONDS if due is None else min(pause, LOOK_SECONDS)
    async with database.write() as db:
        await jobs.rescue_jobs(db)
        taken = {
            queue: await jobs.hand_over(db, queue, SENT_PER_SLOT * QUEUES[queue], hold_seconds) for queue in queues
        }
    for queue, ids in taken.items():
        for job_id in ids:
            await send(queue, job_id)
    return 0.0 if any(taken.values()) else LOOK_SECONDS
