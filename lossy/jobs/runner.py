"""Runs one attempt of a job, and settles it in the database whatever happens to it.

Time limits are enforced here, on the event loop, and hold on every broker. A handler that does not end at its limit is
left behind, and what it still writes is refused by its fence. A thread that it waits for can't be stopped at all.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from lossy import telemetry
from lossy.db import jobs
from lossy.db.engine import DATABASE_FAILURES, Database
from lossy.db.models import Job
from lossy.errors import Conflict, LossyError
from lossy.jobs.kinds import GivenUp, Kind, Run, TooEarly, run_of
from lossy.logs import about

logger = logging.getLogger(__name__)

Settle = Callable[..., Awaitable[None]]

LEASE_SECONDS = 9.0
"""A dead worker's job is taken back after this."""
HEARTBEATS_PER_LEASE = 3
AGAIN_SECONDS = 0.5
"""The pause before a failed transaction is tried again."""
OBEY_SECONDS = 1.0
"""How long work that is cancelled may take to end."""


class Runner:
    """Runs jobs of the kinds it knows."""

    def __init__(self, database: Database, kinds: Iterable[Kind], lease_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._kinds = {kind.name: kind for kind in kinds}
        self._lease_seconds = lease_seconds
        self._running: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def run(self, job_id: str) -> None:
        """Run a job's next attempt, if it waits for one."""
        if self._is_closed:
            return
        async with self._database.write() as db:
            job = await jobs.begin_job(db, job_id, self._lease_seconds)
        if job is None:
            return
        with about(user_id=job.user_id):
            attempt = asyncio.ensure_future(self._attempt(job))
        self._running.add(attempt)
        attempt.add_done_callback(self._running.discard)
        await asyncio.wait([attempt])

    async def close(self) -> None:
        """Hand back what still runs; nothing is begun any more."""
        self._is_closed = True
        for attempt in self._running:
            attempt.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _attempt(self, job: Job) -> None:
        run = run_of(job)
        work = asyncio.ensure_future(_work(self._kinds.get(job.name), run, job.name))
        heart = asyncio.ensure_future(self._beat(run, work))
        kind = self._kinds.get(job.name)
        began = time.monotonic()
        outcome = "given_back"
        try:
            late = await self._watch(work, kind)
            outcome = await self._settle(run, kind, late or _failure(work))
        except asyncio.CancelledError:
            await _stop(work)
            await self._write(jobs.give_back_job, run)
        finally:
            heart.cancel()
            name = kind.name if kind is not None else "unknown"
            telemetry.job_attempts.labels(name, outcome).inc()
            telemetry.job_run_seconds.labels(name).observe(time.monotonic() - began)

    async def _watch(self, work: "asyncio.Future[None]", kind: Kind | None) -> "TimeUp | None":
        """Wait for the end of the work, or its limit."""
        limit_seconds = None if kind is None else kind.time_limit_seconds
        ended, _ = await asyncio.wait([work], timeout=limit_seconds)
        if ended:
            return None
        await _stop(work)
        return TimeUp(f"It took longer than {limit_seconds:g} s.")

    async def _settle(self, run: Run, kind: Kind | None, error: BaseException | None) -> str:
        """Write what came of an attempt, and name it.

        The transaction that a handler finished its job in may have failed: only an attempt that ended well is done.
        """
        if run.is_finished and error is None:
            return "done"
        if isinstance(error, asyncio.CancelledError):
            return "superseded"
        if error is None:
            return "done" if await self._write(jobs.finish_job, run) else "superseded"
        if isinstance(error, TooEarly):
            return "postponed" if await self._write(jobs.postpone_job, run, error.seconds) else "superseded"
        if not isinstance(error, LossyError):
            logger.error("Job %s failed.", run.job_id, exc_info=error)
        again = None if kind is None or isinstance(error, GivenUp) else kind.again_after(run.attempt)
        words = error.message if isinstance(error, LossyError) else f"It failed unexpectedly ({type(error).__name__})."
        return "failed" if await self._write(jobs.fail_job, run, words, again) else "superseded"

    async def _beat(self, run: Run, work: "asyncio.Future[None]") -> None:
        """Extend the lease while the work goes on; stop the work when the attempt does not count any more."""
        while True:
            await asyncio.sleep(self._lease_seconds / HEARTBEATS_PER_LEASE)
            if not run.is_finished and not await self._write(jobs.extend_lease, run, self._lease_seconds):
                work.cancel()

    async def _write(self, settle: Settle, run: Run, *more: object) -> bool:
        """Settle in a transaction; false if the attempt does not count any more.

        A database that is away is tried again for as long as a lease; then another attempt has to be made.
        """
        ends_at = time.monotonic() + self._lease_seconds
        while True:
            try:
                async with self._database.write() as db:
                    await settle(db, run.job_id, run.fence, *more)
            except Conflict:
                logger.warning("Attempt %d of job %s was superseded.", run.attempt, run.job_id)
                return False
            except DATABASE_FAILURES as error:
                logger.warning("Attempt %d of job %s could not be settled (%s).", run.attempt, run.job_id, error)
                if time.monotonic() >= ends_at:
                    return True
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return True


class TimeUp(LossyError):
    """A job took too long."""

    code = "timeout"


async def _work(kind: Kind | None, run: Run, name: str) -> None:
    if kind is None:
        raise GivenUp(f"Nothing here knows what “{name}” is.")
    await kind.handler(run)


async def _stop(work: "asyncio.Future[None]") -> None:
    """Cancel the work, and wait a moment for its end; one that does not obey is left behind."""
    work.cancel()
    await asyncio.wait([work], timeout=OBEY_SECONDS)


def _failure(work: "asyncio.Future[None]") -> BaseException | None:
    return asyncio.CancelledError() if work.cancelled() else work.exception()
