"""A worker is killed with SIGKILL in the middle of a job: another one does it, or finds it deadly."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lossy.db import jobs
from lossy.db.engine import Database
from lossy.db.models import Job
from lossy.events import JobState

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 60


class Worker:
    """A process that works."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, words: str) -> None:
        """Wait until it prints a line."""
        if self._process.stdout is None:
            raise LookupError("no output")
        async with asyncio.timeout(WAIT_SECONDS):
            while (line := await self._process.stdout.readline()).decode().strip() != words:
                assert line, f"it ended before “{words}”"

    async def end(self, how: signal.Signals) -> int:
        """Send it a signal, and wait for its end."""
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self._process.wait()


@asynccontextmanager
async def working(database_url: str, redis_url: str | None) -> AsyncIterator[Worker]:
    """Run a process that works."""
    command = [sys.executable, "-m", "lossy.bench.jobs_child", database_url, "1", *([redis_url] if redis_url else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment, cwd=ROOT)
    worker = Worker(process)
    try:
        yield worker
    finally:
        await worker.end(signal.SIGKILL)


async def add(database: Database, user_id: str, hangs: list[int]) -> str:
    job = Job(queue="transcription", name="work", user_id=user_id, payload={"hangs": hangs})
    async with database.write() as db:
        await jobs.add_job(db, job)
    return job.id


async def read(database: Database, job_id: str) -> Job:
    async with database.read() as db:
        return await db.get_one(Job, job_id)


async def becomes(database: Database, job_id: str, state: JobState) -> Job:
    """Wait for a state that another process writes: its news come by no bus that this one hears."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (job := await read(database, job_id)).state != state:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return job


async def test_a_killed_workers_job_is_done_by_the_next(
    database: Database, database_url: str, lossy_redis_url: str | None, user_id: str
) -> None:
    job_id = await add(database, user_id, hangs=[1])
    async with working(database_url, lossy_redis_url) as first:
        await first.says("begun 1")
        await first.end(signal.SIGKILL)
    async with working(database_url, lossy_redis_url) as second:
        await second.says("begun 2")
        assert (await becomes(database, job_id, JobState.DONE)).attempt == 2


async def test_a_job_that_kills_its_worker_three_times_is_dead(
    database: Database, database_url: str, lossy_redis_url: str | None, user_id: str
) -> None:
    job_id = await add(database, user_id, hangs=[1, 2, 3])
    for attempt in (1, 2, 3):
        async with working(database_url, lossy_redis_url) as worker:
            await worker.says(f"begun {attempt}")
    async with working(database_url, lossy_redis_url):
        assert (await becomes(database, job_id, JobState.DEAD)).error == jobs.KILLED


async def test_a_worker_that_is_told_to_stop_hands_back_what_it_can_not_end(
    database: Database, database_url: str, lossy_redis_url: str | None, user_id: str
) -> None:
    job_id = await add(database, user_id, hangs=[1])
    async with working(database_url, lossy_redis_url) as worker:
        await worker.says("begun 1")
        assert await worker.end(signal.SIGTERM) == 0
    job = await read(database, job_id)
    assert (job.state, job.attempt) == (JobState.READY, 0)
