"""Dramatiq as the messenger: the same actors on an in-process broker, or on Redis with workers in other processes.

Its middlewares are all off: retries, time limits and results are the database's and the runner's. An actor only hands
the id to the event loop of its process, so that one loop, one engine and one bus serve everything there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING

from lossy.jobs.kinds import QUEUES

if TYPE_CHECKING:
    import dramatiq

logger = logging.getLogger(__name__)

NAMESPACE = "lossy"
POLL_MS = 250
REDIS_SECONDS = 5.0


class Transport:
    """Sends ids, and runs those that arrive with `run`, on the loop that made it."""

    def __init__(self, run: Callable[[str], Awaitable[None]], redis_url: str | None) -> None:
        import dramatiq  # noqa: PLC0415

        self._run = run
        self._loop = asyncio.get_running_loop()
        self._actors = {
            queue: dramatiq.actor(actor_name="run_job", queue_name=queue, broker=_broker(redis_url))(self._deliver)
            for queue in QUEUES
        }
        self._workers: list[dramatiq.Worker] = []

    async def send(self, queue: str, job_id: str) -> None:
        """Send an id to whoever works on a queue; a failure is only logged, as the id is sent again."""
        from dramatiq.errors import BrokerConnectionError  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415

        try:
            await asyncio.to_thread(self._actors[queue].send, job_id)
        except (BrokerConnectionError, RedisError, OSError) as error:
            logger.warning("Job %s could not be sent (%s).", job_id, error)

    def start(self) -> None:
        """Begin to work: a broker and threads for each queue, so that none of them waits for another."""
        import dramatiq  # noqa: PLC0415

        for queue, actor in self._actors.items():
            worker = dramatiq.Worker(actor.broker, worker_threads=QUEUES[queue], worker_timeout=POLL_MS)
            worker.start()
            self._workers.append(worker)

    async def stop(self, drain_seconds: float) -> None:
        """Take nothing new, and wait for what runs, for so long."""
        stopping = (asyncio.to_thread(worker.stop, int(drain_seconds * 1000)) for worker in self._workers)
        await asyncio.gather(*stopping)
        self._workers.clear()
        for actor in self._actors.values():
            await asyncio.to_thread(actor.broker.close)

    def _deliver(self, job_id: str) -> None:
        with suppress(CancelledError):
            asyncio.run_coroutine_threadsafe(_wait(self._run(job_id)), self._loop).result()


async def _wait(work: Awaitable[None]) -> None:
    await work


def _broker(redis_url: str | None) -> "dramatiq.Broker":
    if redis_url is None:
        from dramatiq.brokers.stub import StubBroker  # noqa: PLC0415

        return StubBroker(middleware=[])
    from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415

    return RedisBroker(  # type: ignore[no-untyped-call]
        url=redis_url,
        namespace=NAMESPACE,
        middleware=[],
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
    )
