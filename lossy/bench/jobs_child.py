"""A process that does jobs until it is killed: `-m lossy.bench.jobs_child DATABASE_URL LEASE_SECONDS [REDIS_URL]`.

It says `begun ATTEMPT` as a job begins. The payload says at which attempts a job never ends.
"""

import asyncio
import signal
import sys

from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.jobs import Jobs, Kind, Run

WORK = "work"


async def main(database_url: str, lease_seconds: float, redis_url: str | None) -> None:
    """Run until SIGTERM; a job that was sent is sent again after a lease, as in the product."""
    database = Database(database_url, Bus())
    kinds = [Kind(WORK, "transcription", _hang_or_end, time_limit_seconds=3600)]
    jobs = Jobs(database, kinds, redis_url, lease_seconds=lease_seconds, hold_seconds=lease_seconds)
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    await jobs.start()
    _say("ready")
    await told_to_stop.wait()
    await jobs.close(drain_seconds=0.5)
    await database.close()


async def _hang_or_end(run: Run) -> None:
    _say(f"begun {run.attempt}")
    if run.attempt in run.payload["hangs"]:
        await asyncio.Event().wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))
