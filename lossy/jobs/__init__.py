"""Durable work: `Jobs` runs in the web process, or in `lossy worker` where there is Redis.

A job row commits with its cause (`lossy.db.jobs.add_job`). The relay sends the ids of what is due through Dramatiq, and
the runner of whichever process gets one begins it in the database, or finds that somebody else did.
"""

from lossy.jobs.kinds import GivenUp, Kind, Run, TooEarly
from lossy.jobs.service import Jobs

__all__ = ["GivenUp", "Jobs", "Kind", "Run", "TooEarly"]
