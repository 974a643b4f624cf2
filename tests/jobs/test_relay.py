"""The relay goes on whatever happens to the messenger."""

import asyncio

from redis.exceptions import ConnectionError as RedisAway

from lossy.db import jobs
from lossy.db.engine import Database
from lossy.db.models import Job
from lossy.jobs.relay import relay_jobs
from lossy.jobs.transport import Transport


async def test_an_id_that_did_not_get_through_is_sent_again(database: Database, user_id: str) -> None:
    job = Job(queue="transcription", name="work", user_id=user_id)
    async with database.write() as db:
        await jobs.add_job(db, job)
    tries: list[str] = []
    through = asyncio.Event()

    async def send(queue: str, job_id: str) -> None:
        tries.append(job_id)
        if len(tries) == 1:
            raise RedisAway
        through.set()

    relaying = asyncio.create_task(relay_jobs(database, send, hold_seconds=0.05))
    async with asyncio.timeout(30):
        await through.wait()
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    assert tries[:2] == [job.id, job.id]


async def test_a_messenger_that_is_not_there_is_only_a_warning() -> None:
    async def run(job_id: str) -> None:
        raise AssertionError

    transport = Transport(run, "redis://127.0.0.1:1")
    await transport.send("transcription", "job")
    await transport.stop(0)
