"""Jobs that are over are forgotten after a while; what waits for a person is not."""

from datetime import timedelta

import pytest

from lossy.db import jobs
from lossy.db.engine import Database
from lossy.db.models import Job
from lossy.db.types import utc_now
from lossy.events import JobState
from lossy.jobs.housekeeping import KEPT, forget_old_jobs


@pytest.mark.parametrize("state", list(JobState))
async def test_what_has_long_been_over_is_forgotten(database: Database, user_id: str, state: JobState) -> None:
    old = Job(queue="automation", name="unknown", user_id=user_id, state=state)
    old.updated_at = utc_now() - KEPT - timedelta(minutes=1)
    young = Job(queue="automation", name="unknown", user_id=user_id, state=JobState.DONE)
    async with database.write() as db:
        db.add_all([old, young])
    await forget_old_jobs(database)
    async with database.read() as db:
        left = {job.id for job in await jobs.list_jobs(db)}
    is_over = state in (JobState.DONE, JobState.DISCARDED)
    assert left == ({young.id} if is_over else {old.id, young.id})
