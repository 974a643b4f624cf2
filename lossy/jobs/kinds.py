"""What kinds of work there are: each with its queue, its handler, its time limit and when it is tried again."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from lossy.db.engine import Db
from lossy.db.jobs import check_run, finish_job
from lossy.db.models import Job
from lossy.errors import LossyError

QUEUES = {"transcription": 1, "automation": 2, "maintenance": 1}
"""How many jobs of each queue one process runs at once."""
JITTER = 0.3


class GivenUp(LossyError):
    """Trying again would not help: the job is dead at once, for a person to look at."""

    code = "given_up"


class TooEarly(LossyError):
    """The work has to wait a while; the attempt is not counted."""

    code = "too_early"

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass
class Run:
    """One attempt of a job, as its handler sees it."""

    job_id: str
    fence: int
    attempt: int
    user_id: str
    payload: dict[str, Any]
    is_finished: bool = False

    async def check(self, db: Db) -> None:
        """Go on in this transaction only if no other attempt was begun meanwhile; else `Conflict`."""
        await check_run(db, self.job_id, self.fence)

    async def finish(self, db: Db) -> None:
        """End the job with what this transaction writes; `Conflict` if another attempt was begun meanwhile."""
        await finish_job(db, self.job_id, self.fence)
        self.is_finished = True


@dataclass(frozen=True)
class Kind:
    """A kind of work. A handler that returns without `Run.finish` has its job finished for it."""

    name: str
    queue: str
    handler: Callable[[Run], Awaitable[None]]
    time_limit_seconds: float
    again_seconds: tuple[float, ...] = field(default=(5.0, 20.0))
    """The pauses after the first and the second attempt, give or take `JITTER`."""

    def __post_init__(self) -> None:
        if self.queue not in QUEUES:
            raise ValueError(f"there is no queue {self.queue}")

    def again_after(self, attempt: int) -> float | None:
        """Give the seconds to wait after a failed attempt (1, 2, …), or None where it was the last."""
        if attempt > len(self.again_seconds):
            return None
        return self.again_seconds[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def run_of(job: Job) -> Run:
    """Give the attempt that a job is in."""
    return Run(job.id, job.fence, job.attempt, job.user_id, dict(job.payload))
