"""Durable jobs: rows that commit with the change that caused them, and are claimed and settled in the database.

The database is the truth, a queue only a messenger: an id may arrive twice or never. `attempt` is counted when a job
begins; `fence` grows with each run and never comes again: whoever settles a run must still hold it. A running job
carries a lease that its runner extends; when the lease runs out the runner is dead or deaf, and the job is ready again
or, after its last attempt, dead.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import col, or_, select

from lossy.db.engine import Db
from lossy.db.models import Job
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound
from lossy.events import JobChanged, JobState

MAX_ATTEMPTS = 3
KILLED = f"It ended its worker {MAX_ATTEMPTS} times."


async def add_job(db: Db, job: Job) -> bool:
    """Add a job; false if one with the same unique key waits or runs already."""
    await db.insert_missing(job)
    added = await db.get(Job, job.id)
    if added is not None:
        _tell(db, added)
    return added is not None


async def hand_over(db: Db, queue: str, most: int, hold_seconds: float) -> list[str]:
    """Take the ids of jobs that are due, to be sent to workers; each is taken again if it has not begun by then."""
    now = utc_now()
    underway = select(func.count()).where(col(Job.queue) == queue, col(Job.state) == JobState.READY)
    held = (await db.exec(underway.where(col(Job.lease_expires_at) > now))).one()
    if held >= most:
        return []
    due = select(Job).where(col(Job.queue) == queue, *_due(now)).order_by(col(Job.run_at)).limit(most - held)
    jobs = (await db.exec(due.with_for_update(skip_locked=True))).all()
    for job in jobs:
        job.lease_expires_at = now + timedelta(seconds=hold_seconds)
        db.add(job)
    return [job.id for job in jobs]


async def begin_job(db: Db, job_id: str, lease_seconds: float) -> Job | None:
    """Begin the next attempt; None if the job does not wait any more, or not yet."""
    now = utc_now()
    waits = select(Job).where(col(Job.id) == job_id, col(Job.state) == JobState.READY, col(Job.run_at) <= now)
    job = (await db.exec(waits.with_for_update(skip_locked=True))).first()
    if job is None:
        return None
    job.attempt, job.fence = job.attempt + 1, job.fence + 1
    _move(db, job, JobState.RUNNING, lease_expires_at=now + timedelta(seconds=lease_seconds))
    return job


async def extend_lease(db: Db, job_id: str, fence: int, lease_seconds: float) -> None:
    """Say that a run goes on; `Conflict` if it does not count any more."""
    job = await _held(db, job_id, fence)
    job.lease_expires_at = utc_now() + timedelta(seconds=lease_seconds)
    db.add(job)


async def finish_job(db: Db, job_id: str, fence: int) -> None:
    """The work is done, by what this very transaction writes; `Conflict` if the run does not count any more."""
    _move(db, await _held(db, job_id, fence), JobState.DONE)


async def fail_job(db: Db, job_id: str, fence: int, error: str, again_seconds: float | None) -> None:
    """An attempt failed: the job waits for the next one, or is dead if `again_seconds` is None or it was the last."""
    job = await _held(db, job_id, fence)
    job.error = error
    if again_seconds is None or job.attempt >= MAX_ATTEMPTS:
        return _move(db, job, JobState.DEAD)
    job.run_at = utc_now() + timedelta(seconds=again_seconds)
    return _move(db, job, JobState.READY)


async def postpone_job(db: Db, job_id: str, fence: int, seconds: float) -> None:
    """A run found that it is too early; the attempt is not counted."""
    job = await _held(db, job_id, fence)
    job.attempt -= 1
    job.run_at = utc_now() + timedelta(seconds=seconds)
    _move(db, job, JobState.READY)


async def give_back_job(db: Db, job_id: str, fence: int) -> None:
    """A worker that stops hands back what it did not end; the attempt is not counted."""
    job = await _held(db, job_id, fence)
    job.attempt -= 1
    _move(db, job, JobState.READY)


async def rescue_jobs(db: Db) -> int:
    """Take jobs back from runners that are dead or deaf; those that were tried often enough are dead."""
    silent = select(Job).where(col(Job.state) == JobState.RUNNING, col(Job.lease_expires_at) <= utc_now())
    jobs = (await db.exec(silent.with_for_update(skip_locked=True))).all()
    for job in jobs:
        is_dead = job.attempt >= MAX_ATTEMPTS
        job.error = KILLED if is_dead else "Its worker stopped in the middle."
        _move(db, job, JobState.DEAD if is_dead else JobState.READY)
    return len(jobs)


async def next_due(db: Db, queues: Iterable[str]) -> datetime | None:
    """Give when the next job becomes due, a lease of one runs out, or a sent one is to be sent again."""
    live = (col(Job.queue).in_(list(queues)), col(Job.state).in_((JobState.READY, JobState.RUNNING)))
    waits = select(func.min(Job.run_at)).where(*live, col(Job.lease_expires_at).is_(None))
    leases = select(func.min(Job.lease_expires_at)).where(*live)
    moments = [(await db.exec(query)).one() for query in (waits, leases)]
    return min((moment for moment in moments if moment is not None), default=None)


async def forget_jobs(db: Db, before: datetime) -> int:
    """Delete the jobs that were done or discarded before a moment; dead ones wait for a person."""
    over = col(Job.state).in_((JobState.DONE, JobState.DISCARDED))
    return (await db.exec(delete(Job).where(over, col(Job.updated_at) < before))).rowcount


async def list_jobs(db: Db, *states: JobState, most: int = 200) -> list[Job]:
    """List jobs, newest first; of all states if none is given."""
    query = select(Job).order_by(col(Job.created_at).desc()).limit(most)
    return list((await db.exec(query.where(col(Job.state).in_(states)) if states else query)).all())


async def check_run(db: Db, job_id: str, fence: int) -> None:
    """Go on only if this run counts; until the transaction ends nobody else begins another."""
    await _held(db, job_id, fence)


async def live_job(db: Db, unique_key: str) -> Job | None:
    """Find the job of a key that waits or runs."""
    live = col(Job.state).in_((JobState.READY, JobState.RUNNING))
    return (await db.exec(select(Job).where(col(Job.unique_key) == unique_key, live))).first()


async def latest_job(db: Db, unique_key: str) -> Job | None:
    """Find the newest job of a key, whatever its state."""
    query = select(Job).where(col(Job.unique_key) == unique_key).order_by(col(Job.created_at).desc()).limit(1)
    return (await db.exec(query)).first()


async def retry_job(db: Db, job_id: str) -> Job:
    """Let a dead or discarded job begin anew, with all its attempts."""
    job = await _found(db, job_id)
    if job.state not in (JobState.DEAD, JobState.DISCARDED):
        raise Conflict(f"This job is {job.state}; only a dead or discarded one can be retried.")
    if job.unique_key is not None and await live_job(db, job.unique_key) is not None:
        raise Conflict("The same work waits already, as another job.")
    job.attempt, job.run_at, job.error = 0, utc_now(), None
    _move(db, job, JobState.READY)
    return job


async def discard_job(db: Db, job_id: str) -> Job:
    """Give a job up that does not run."""
    job = await _found(db, job_id)
    if job.state not in (JobState.READY, JobState.DEAD):
        raise Conflict(f"This job is {job.state}; only a waiting or dead one can be discarded.")
    _move(db, job, JobState.DISCARDED)
    return job


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(col(Job.lease_expires_at).is_(None), col(Job.lease_expires_at) <= now)
    return (col(Job.state) == JobState.READY, col(Job.run_at) <= now, free)


async def _held(db: Db, job_id: str, fence: int) -> Job:
    this = (col(Job.id) == job_id, col(Job.fence) == fence, col(Job.state) == JobState.RUNNING)
    job = (await db.exec(select(Job).where(*this).with_for_update())).first()
    if job is None:
        raise Conflict("This run does not count any more; another one was begun.")
    return job


async def _found(db: Db, job_id: str) -> Job:
    job = (await db.exec(select(Job).where(col(Job.id) == job_id).with_for_update())).first()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def _move(db: Db, job: Job, state: JobState, *, lease_expires_at: datetime | None = None) -> None:
    job.state, job.lease_expires_at, job.updated_at = state, lease_expires_at, utc_now()
    db.add(job)
    _tell(db, job)


def _tell(db: Db, job: Job) -> None:
    told = JobChanged(
        user_id=job.user_id, job_id=job.id, queue=job.queue, name=job.name, state=JobState(job.state),
        attempt=job.attempt, error=job.error,
    )  # fmt: skip
    db.tell(told)
