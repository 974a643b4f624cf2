"""Everything that a process needs to run jobs, started and stopped in order."""

import asyncio
import logging
from collections.abc import Iterable

from lossy.db.engine import Database
from lossy.jobs.housekeeping import end_stopped, keep_house
from lossy.jobs.kinds import Kind
from lossy.jobs.relay import HOLD_SECONDS, relay_jobs
from lossy.jobs.runner import LEASE_SECONDS, Runner
from lossy.jobs.transport import Transport

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0


class Jobs:
    """Relay, messenger, runner and housekeeper of one process."""

    def __init__(
        self,
        database: Database,
        kinds: Iterable[Kind],
        redis_url: str | None = None,
        *,
        lease_seconds: float = LEASE_SECONDS,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self._database = database
        self._runner = Runner(database, kinds, lease_seconds)
        self._redis_url = redis_url
        self._hold_seconds = hold_seconds
        self._transport: Transport | None = None
        self._services: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to work."""
        self._transport = Transport(self._runner.run, self._redis_url)
        self._transport.start()
        relaying = relay_jobs(self._database, self._transport.send, hold_seconds=self._hold_seconds)
        self._services = [
            asyncio.create_task(relaying, name="job relay"),
            asyncio.create_task(keep_house(self._database), name="housekeeping of jobs"),
            asyncio.create_task(end_stopped(self._database), name="end of stopped processes"),
        ]
        for service in self._services:
            service.add_done_callback(_say_how_it_ended)

    async def close(self, drain_seconds: float = DRAIN_SECONDS) -> None:
        """Take nothing new, wait for what runs, and hand back what takes longer."""
        for service in self._services:
            service.cancel()
        await asyncio.gather(*self._services, return_exceptions=True)
        if self._transport is not None:
            stopping = asyncio.ensure_future(self._transport.stop(2 * drain_seconds))
            await asyncio.wait([stopping], timeout=drain_seconds)
            await self._runner.close()
            await stopping


def _say_how_it_ended(service: "asyncio.Task[None]") -> None:
    if not service.cancelled() and (error := service.exception()) is not None:
        logger.error("The %s broke.", service.get_name(), exc_info=error)
