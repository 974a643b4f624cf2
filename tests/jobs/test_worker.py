"""`lossy worker`: a process of its own takes the jobs that the web process left in the database."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from lossy.bus import Bus
from lossy.db import jobs
from lossy.db.engine import Database
from lossy.db.migrations import migrate
from lossy.db.models import Job
from lossy.events import JobState
from tests.db.rows import reviewer

WAIT_SECONDS = 60


async def test_a_worker_does_what_waits_and_ends_when_told(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    await migrate(postgres_url)
    database = Database(postgres_url, Bus())
    who = await reviewer(database)
    job = Job(queue="transcription", name="transcribe", user_id=who.user_id, payload={"turn": "that is over"})
    async with database.write() as db:
        await jobs.add_job(db, job)
    settings = {
        "LOSSY_DATABASE_URL": postgres_url,
        "LOSSY_REDIS_URL": redis_url,
        "LOSSY_DATA_DIR": str(tmp_path),
        "LOSSY_STT_MODEL": "demo",
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lossy", "worker", env={**os.environ, **settings}, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while await _state(database, job.id) != JobState.DONE:  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.05)
            worker.send_signal(signal.SIGTERM)
            said, _ = await worker.communicate()
        assert (worker.returncode, said) == (0, b"Lossy's worker is ready.\n")
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
        await database.close()


async def _state(database: Database, job_id: str) -> str:
    async with database.read() as db:
        return (await db.get_one(Job, job_id)).state
