"""Jobs of one process, through the real brokers of both modes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy.exc import OperationalError

from lossy.db import jobs
from lossy.db.engine import Database
from lossy.db.models import Job, User
from lossy.errors import Unavailable
from lossy.events import JOBS_TOPIC, JobChanged, JobState
from lossy.jobs import Jobs, Kind, Run
from lossy.jobs.kinds import JITTER, GivenUp
from tests.db.failing import failing_commits

WAIT_SECONDS = 30
Handler = Callable[[Run], Awaitable[None]]


class Stage:
    """Jobs in this process, with the kinds that a test names."""

    def __init__(self, database: Database, redis_url: str | None, user_id: str) -> None:
        self.database = database
        self._redis_url = redis_url
        self._user_id = user_id
        self.jobs = Jobs(database, ())
        self.news = database.bus.subscribe(JOBS_TOPIC)

    async def start(self, handler: Handler, *, limit_seconds: float = 60, queue: str = "transcription") -> None:
        kind = Kind("work", queue, handler, limit_seconds, again_seconds=(0.01, 0.01))
        self.jobs = Jobs(self.database, [kind], self._redis_url, lease_seconds=1, hold_seconds=1)
        await self.jobs.start()

    async def add(self, name: str = "work", queue: str = "transcription", **payload: object) -> str:
        job = Job(queue=queue, name=name, user_id=self._user_id, payload=payload)
        async with self.database.write() as db:
            await jobs.add_job(db, job)
        return job.id

    async def until(self, state: JobState, job_id: str) -> JobChanged:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                for event in await self.news.batch():
                    if isinstance(event, JobChanged) and (event.job_id, event.state) == (job_id, state):
                        return event


@pytest.fixture
async def stage(database: Database, lossy_redis_url: str | None, user_id: str) -> AsyncIterator[Stage]:
    stage = Stage(database, lossy_redis_url, user_id)
    yield stage
    await stage.jobs.close(drain_seconds=5)


async def test_a_job_is_done_as_soon_as_it_is_there(stage: Stage) -> None:
    seen: list[dict[str, object]] = []

    async def work(run: Run) -> None:
        seen.append(run.payload)

    await stage.start(work)
    job_id = await stage.add(turn="one")
    assert (await stage.until(JobState.DONE, job_id)).attempt == 1
    assert seen == [{"turn": "one"}]


async def test_work_that_waited_before_the_start_is_done(stage: Stage) -> None:
    job_id = await stage.add()
    await stage.start(_at_once)
    await stage.until(JobState.DONE, job_id)


async def test_what_the_handler_writes_commits_with_the_end_of_the_job(stage: Stage) -> None:
    async def work(run: Run) -> None:
        async with stage.database.write() as db:
            db.add(User(email=f"{run.attempt}@example.org"))
            await run.finish(db)

    await stage.start(work)
    await stage.until(JobState.DONE, await stage.add())


async def test_a_failure_after_the_end_in_the_same_transaction_is_a_failure(stage: Stage) -> None:
    async def work(run: Run) -> None:
        async with stage.database.write() as db:
            await run.finish(db)
            raise Unavailable("The turn is gone.")

    await stage.start(work)
    dead = await stage.until(JobState.DEAD, await stage.add())
    assert (dead.attempt, dead.error) == (3, "The turn is gone.")


async def test_a_failure_is_tried_again_and_then_waits_for_a_person(stage: Stage) -> None:
    attempts: list[int] = []

    async def work(run: Run) -> None:
        attempts.append(run.attempt)
        raise Unavailable("The engine is away.")

    await stage.start(work)
    dead = await stage.until(JobState.DEAD, await stage.add())
    assert (attempts, dead.error) == ([1, 2, 3], "The engine is away.")


async def test_a_failure_that_will_not_pass_is_not_tried_again(stage: Stage) -> None:
    async def work(run: Run) -> None:
        raise GivenUp("The audio is gone.")

    await stage.start(work)
    assert (await stage.until(JobState.DEAD, await stage.add())).attempt == 1


async def test_an_unexpected_failure_says_what_it_was_and_no_more(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(run: Run) -> None:
        raise KeyError("what was said")

    await stage.start(work)
    dead = await stage.until(JobState.DEAD, await stage.add())
    assert dead.error == "It failed unexpectedly (KeyError)."
    assert "Traceback" in caplog.text


async def test_work_that_nobody_knows_is_dead_with_its_name(stage: Stage) -> None:
    await stage.start(_at_once)
    dead = await stage.until(JobState.DEAD, await stage.add(name="knitting"))
    assert dead.error == "Nothing here knows what “knitting” is."


async def test_the_time_limit_ends_work_that_waits_for_ever(stage: Stage) -> None:
    async def work(run: Run) -> None:
        await asyncio.Event().wait()

    await stage.start(work, limit_seconds=0.05)
    dead = await stage.until(JobState.DEAD, await stage.add())
    assert (dead.attempt, dead.error) == (3, "It took longer than 0.05 s.")


async def test_the_time_limit_gives_up_a_thread_that_does_not_end(stage: Stage) -> None:
    async def work(run: Run) -> None:
        await asyncio.to_thread(time.sleep, 2)

    await stage.start(work, limit_seconds=0.05)
    assert (await stage.until(JobState.DEAD, await stage.add())).attempt == 3


async def test_work_that_does_not_obey_is_left_behind_at_its_limit(stage: Stage) -> None:
    go = asyncio.Event()

    async def work(run: Run) -> None:
        while not go.is_set():
            with suppress(asyncio.CancelledError):
                await go.wait()

    await stage.start(work, limit_seconds=0.05)
    dead = await stage.until(JobState.DEAD, await stage.add())
    go.set()
    assert (dead.attempt, dead.error) == (3, "It took longer than 0.05 s.")


async def test_long_work_keeps_its_lease(stage: Stage) -> None:
    attempts: list[int] = []
    beaten = asyncio.Event()

    async def work(run: Run) -> None:
        attempts.append(run.attempt)
        await beaten.wait()

    await stage.start(work)
    job_id = await stage.add()
    await stage.until(JobState.RUNNING, job_id)
    first = await _lease(stage.database, job_id)
    async with asyncio.timeout(WAIT_SECONDS):
        while await _lease(stage.database, job_id) == first:  # noqa: ASYNC110  # a lease is extended without a word
            await asyncio.sleep(0.05)
    beaten.set()
    await stage.until(JobState.DONE, job_id)
    assert attempts == [1]


async def test_work_that_was_superseded_is_stopped_and_writes_nothing(stage: Stage) -> None:
    stopped = asyncio.Event()

    async def work(run: Run) -> None:
        if run.attempt > 1:
            return
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    await stage.start(work)
    job_id = await stage.add()
    await stage.until(JobState.RUNNING, job_id)
    async with stage.database.write() as db:
        job = await db.get_one(Job, job_id)
        job.state, job.lease_expires_at = JobState.READY.value, None
    async with asyncio.timeout(WAIT_SECONDS):
        await stopped.wait()
    assert (await stage.until(JobState.DONE, job_id)).attempt == 2


async def test_queues_do_not_wait_for_each_other(stage: Stage) -> None:
    go = asyncio.Event()

    async def work(run: Run) -> None:
        if run.payload["waits"]:
            await go.wait()

    await stage.start(work)
    slow = await stage.add(waits=True)
    quick = await stage.add(queue="automation", waits=False)
    await stage.until(JobState.DONE, quick)
    go.set()
    await stage.until(JobState.DONE, slow)


async def test_more_jobs_than_hands_are_all_done_once(stage: Stage) -> None:
    done: list[int] = []

    async def work(run: Run) -> None:
        done.append(int(run.payload["number"]))

    await stage.start(work)
    ids = [await stage.add(number=number) for number in range(20)]
    async with asyncio.timeout(WAIT_SECONDS):
        while len(await _with_state(stage.database, JobState.DONE)) < len(ids):
            await stage.news.batch()
    assert sorted(done) == list(range(20))


async def test_a_result_outlives_a_database_that_is_away_as_it_settles(stage: Stage) -> None:
    runs = 0

    async def work(run: Run) -> None:
        nonlocal runs
        runs += 1

    job_id = await stage.add()
    away = OperationalError("commit", {}, Exception("the database is away"))
    with failing_commits(stage.database, 2, after=2, error=away) as failures:
        await stage.start(work)
        assert (await stage.until(JobState.DONE, job_id)).attempt == 1
    assert (runs, failures.count) == (1, 2)


async def test_closing_waits_for_what_runs(stage: Stage) -> None:
    go = asyncio.Event()

    async def work(run: Run) -> None:
        await go.wait()

    await stage.start(work)
    job_id = await stage.add()
    await stage.until(JobState.RUNNING, job_id)
    closing = asyncio.ensure_future(stage.jobs.close(drain_seconds=WAIT_SECONDS))
    go.set()
    await stage.until(JobState.DONE, job_id)
    await closing


def test_the_pauses_grow_and_differ() -> None:
    kind = Kind("work", "transcription", _at_once, 60, again_seconds=(5.0, 20.0))
    first = {kind.again_after(1) for _ in range(20)}
    assert len(first) > 1
    assert all(pause is not None and abs(pause - 5) <= 5 * JITTER for pause in first)
    assert kind.again_after(3) is None


async def _at_once(run: Run) -> None:
    """Do nothing, well."""


async def _lease(database: Database, job_id: str) -> object:
    async with database.read() as db:
        return (await db.get_one(Job, job_id)).lease_expires_at


async def _with_state(database: Database, state: JobState) -> list[Job]:
    async with database.read() as db:
        return await jobs.list_jobs(db, state)
