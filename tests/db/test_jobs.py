"""Jobs in the database: claimed once, fenced by their attempt, taken back from the dead."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from lossy.db import jobs
from lossy.db.engine import Database, Db
from lossy.db.models import Job
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound
from lossy.events import JobChanged, JobState
from tests.db.rows import reviewer

LEASE_SECONDS = 30.0


@pytest.fixture
async def user_id(database: Database) -> str:
    return (await reviewer(database)).user_id


def make(user_id: str, **values: Any) -> Job:
    return Job(**{"queue": "transcription", "name": "work", "user_id": user_id, **values})


async def add(database: Database, job: Job) -> bool:
    async with database.write() as db:
        return await jobs.add_job(db, job)


async def begin(database: Database, job_id: str, lease_seconds: float = LEASE_SECONDS) -> Job | None:
    async with database.write() as db:
        return await jobs.begin_job(db, job_id, lease_seconds)


async def hand_over(database: Database, most: int = 10, hold_seconds: float = 60) -> list[str]:
    async with database.write() as db:
        return await jobs.hand_over(db, "transcription", most, hold_seconds)


async def read(database: Database, job_id: str) -> Job:
    async with database.read() as db:
        return await db.get_one(Job, job_id)


async def test_a_job_exists_if_and_only_if_its_transaction_committed(database: Database, user_id: str) -> None:
    kept, lost = make(user_id), make(user_id)
    ears = database.bus.subscribe("jobs:*")
    await add(database, kept)
    with pytest.raises(ZeroDivisionError):
        async with database.write() as db:
            assert await jobs.add_job(db, lost) / 0
    assert await hand_over(database) == [kept.id]
    told = ears.drain()
    assert [event.job_id for event in told if isinstance(event, JobChanged)] == [kept.id]


async def test_the_same_work_waits_once(database: Database, user_id: str) -> None:
    first, second = make(user_id, unique_key="turn-1"), make(user_id, unique_key="turn-1")
    assert await add(database, first)
    assert not await add(database, second)
    await begin(database, first.id)
    assert not await add(database, second), "nor while it runs"
    async with database.write() as db:
        await jobs.finish_job(db, first.id, 1)
    assert await add(database, second)


async def test_what_was_sent_is_not_sent_again_before_its_time(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    assert await hand_over(database) == [job.id]
    assert await hand_over(database) == []
    async with database.write() as db:
        (await db.get_one(Job, job.id)).lease_expires_at = utc_now()
    assert await hand_over(database) == [job.id]


async def test_no_more_is_sent_than_can_be_worked_on(database: Database, user_id: str) -> None:
    waiting = [make(user_id, run_at=utc_now() - timedelta(seconds=9 - number)) for number in range(5)]
    for job in waiting:
        await add(database, job)
    assert await hand_over(database, most=2) == [job.id for job in waiting[:2]], "the oldest first"
    assert await hand_over(database, most=2) == []
    await begin(database, waiting[0].id)
    assert await hand_over(database, most=2) == [waiting[2].id]


async def test_a_job_begins_once_though_its_id_came_twice(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    begun = await begin(database, job.id)
    assert begun is not None
    assert (begun.attempt, begun.state) == (1, JobState.RUNNING)
    assert await begin(database, job.id) is None


async def test_a_job_does_not_begin_before_its_time(database: Database, user_id: str) -> None:
    job = make(user_id, run_at=utc_now() + timedelta(hours=1))
    await add(database, job)
    assert await hand_over(database) == []
    assert await begin(database, job.id) is None


async def test_a_failed_job_waits_and_after_three_attempts_is_dead(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    for attempt in (1, 2, 3):
        await begin(database, job.id)
        async with database.write() as db:
            await jobs.fail_job(db, job.id, attempt, f"reason {attempt}", 0.0)
    found = await read(database, job.id)
    assert (found.state, found.attempt, found.error) == (JobState.DEAD, 3, "reason 3")


async def test_a_failure_that_will_not_pass_is_dead_at_once(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    await begin(database, job.id)
    async with database.write() as db:
        await jobs.fail_job(db, job.id, 1, "The video is gone.", None)
    assert (await read(database, job.id)).state == JobState.DEAD


async def test_a_dead_workers_job_is_taken_back_until_it_killed_three(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    states = []
    for _ in range(3):
        await begin(database, job.id, lease_seconds=0)
        async with database.write() as db:
            assert await jobs.rescue_jobs(db) == 1
        states.append((await read(database, job.id)).state)
    assert states == [JobState.READY, JobState.READY, JobState.DEAD]
    assert (await read(database, job.id)).error == jobs.KILLED


async def test_a_runner_that_was_taken_for_dead_settles_nothing(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    await begin(database, job.id, lease_seconds=0)
    async with database.write() as db:
        await jobs.rescue_jobs(db)
    await begin(database, job.id)
    late: list[Callable[[Db], Awaitable[None]]] = [
        lambda db: jobs.finish_job(db, job.id, 1),
        lambda db: jobs.fail_job(db, job.id, 1, "late", None),
        lambda db: jobs.give_back_job(db, job.id, 1),
        lambda db: jobs.extend_lease(db, job.id, 1, 99),
    ]
    for settle in late:
        with pytest.raises(Conflict):
            async with database.write() as db:
                await settle(db)
    assert (await read(database, job.id)).state == JobState.RUNNING


async def test_a_late_word_of_a_run_before_a_persons_retry_is_refused(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    await begin(database, job.id)
    async with database.write() as db:
        await jobs.fail_job(db, job.id, 1, "No.", None)
        await jobs.retry_job(db, job.id)
    again = await begin(database, job.id)
    assert again is not None
    assert (again.attempt, again.fence) == (1, 2)
    with pytest.raises(Conflict):
        async with database.write() as db:
            await jobs.finish_job(db, job.id, 1)
    async with database.write() as db:
        await jobs.finish_job(db, job.id, 2)


async def test_a_job_that_is_handed_back_keeps_its_attempts(database: Database, user_id: str) -> None:
    job = make(user_id)
    await add(database, job)
    await begin(database, job.id)
    async with database.write() as db:
        await jobs.give_back_job(db, job.id, 1)
    found = await read(database, job.id)
    assert (found.state, found.attempt) == (JobState.READY, 0)


async def test_the_next_moment_is_known(database: Database, user_id: str) -> None:
    async with database.read() as db:
        assert await jobs.next_due(db, ["transcription"]) is None
    later = utc_now() + timedelta(hours=2)
    await add(database, make(user_id, run_at=later))
    async with database.read() as db:
        assert await jobs.next_due(db, ["transcription"]) == later
        assert await jobs.next_due(db, ["automation"]) is None
    running = make(user_id)
    await add(database, running)
    await begin(database, running.id)
    async with database.read() as db:
        due = await jobs.next_due(db, ["transcription"])
    assert due is not None
    assert due < later, "when the lease of the running one is over"


async def test_the_dead_are_retried_or_discarded_by_a_person(database: Database, user_id: str) -> None:
    job = make(user_id, unique_key="turn-1")
    await add(database, job)
    with pytest.raises(Conflict):
        async with database.write() as db:
            await jobs.retry_job(db, job.id)
    await begin(database, job.id)
    with pytest.raises(Conflict):
        async with database.write() as db:
            await jobs.discard_job(db, job.id)
    async with database.write() as db:
        await jobs.fail_job(db, job.id, 1, "No.", None)
        assert [dead.id for dead in await jobs.list_jobs(db, JobState.DEAD)] == [job.id]
        await jobs.discard_job(db, job.id)
        retried = await jobs.retry_job(db, job.id)
        assert (retried.state, retried.attempt, retried.error) == (JobState.READY, 0, None)
        assert await jobs.list_jobs(db, JobState.DEAD) == []
        with pytest.raises(NotFound):
            await jobs.retry_job(db, "nothing")


async def test_a_dead_job_is_not_retried_beside_its_like(database: Database, user_id: str) -> None:
    dead, other = make(user_id, unique_key="turn-1"), make(user_id, unique_key="turn-1")
    await add(database, dead)
    async with database.write() as db:
        await jobs.discard_job(db, dead.id)
    await add(database, other)
    with pytest.raises(Conflict, match="waits already"):
        async with database.write() as db:
            await jobs.retry_job(db, dead.id)
