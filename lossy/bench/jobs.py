"""From `kill -9` of the process that does a job to the beginning of its next attempt; and what a job costs.

A round kills a process at a random moment of a job. Without Redis another is started at once, as a supervisor would;
with Redis, where this machine has its server, another worker stands by. The cost is the time from the row to the
handler, one job after another, beside the time from sending to the actor of a bare Dramatiq on the same in-process
broker, in turn: the rest is the price of durability.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import dramatiq
from dramatiq.brokers.stub import StubBroker

from lossy.bench.child import child, free_port
from lossy.bench.figures import Figure, in_ms, percentile
from lossy.bench.jobs_child import WORK
from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.db.jobs import add_job
from lossy.db.migrations import migrate
from lossy.db.models import Job, User
from lossy.errors import SetupProblem
from lossy.jobs import Jobs, Kind, Run
from lossy.jobs.runner import LEASE_SECONDS

ROUNDS = 12
AT_ONCE = 3
JOBS = 100
GOAL_SECONDS = 15.0
PATIENCE_SECONDS = 90.0


async def measure_jobs(rounds: int = ROUNDS, jobs: int = JOBS, lease_seconds: float = LEASE_SECONDS) -> dict[str, Any]:
    """Kill `rounds` processes in each mode that this machine can serve, and run `jobs` jobs that do nothing."""
    lossy, bare = await _costs(jobs)
    figures: dict[str, Any] = {
        "killed_to_next_attempt_embedded_seconds": _in_seconds(await _kills(rounds, lease_seconds, None)),
        "row_to_handler_ms": in_ms(lossy, 50, 95),
        "bare_dramatiq_send_to_actor_ms": in_ms(bare, 50, 95),
    }
    if shutil.which("redis-server") is None:
        return {**figures, "killed_to_next_attempt_redis_seconds": "there is no redis-server here"}
    async with _redis() as url:
        over_redis = await _kills(rounds, lease_seconds, url)
    return {**figures, "killed_to_next_attempt_redis_seconds": _in_seconds(over_redis)}


def _in_seconds(values: list[float]) -> Figure:
    figure = {f"p{percent}": round(percentile(values, percent), 2) for percent in (50, 95, 100)}
    return {**figure, "goal_p95": GOAL_SECONDS}


async def _kills(rounds: int, lease_seconds: float, redis_url: str | None) -> list[float]:
    room, migrating = asyncio.Semaphore(AT_ONCE), asyncio.Lock()  # Alembic does one database at a time

    async def one(number: int) -> float:
        async with room, AsyncExitStack() as stack:
            folder = stack.enter_context(_folder())
            async with migrating:
                database = await _fresh(folder)
            stack.push_async_callback(database.close)
            # A Redis database for each, as their SQLite is their own.
            redis = [] if redis_url is None else [f"{redis_url}/{number}"]
            command = [sys.executable, "-m", "lossy.bench.jobs_child", _url(folder), str(lease_seconds), *redis]
            return await _kill(stack, database, command, folder, lease_seconds, has_standby=bool(redis))

    return list(await asyncio.gather(*(one(number) for number in range(rounds))))


async def _kill(
    stack: AsyncExitStack,
    database: Database,
    command: list[str],
    folder: Path,
    lease_seconds: float,
    *,
    has_standby: bool,
) -> float:
    first = second = await stack.enter_async_context(child(command, folder, is_talked_to=True))
    await _add(database, hangs=[1])
    await _until(first, "begun 1")
    if has_standby:
        second = await stack.enter_async_context(child(command, folder, is_talked_to=True))
        await _until(second, "ready")
    await asyncio.sleep(random.uniform(0, lease_seconds / 3))  # noqa: S311 -- anywhere between two heartbeats
    killed_at = time.perf_counter()
    first.kill()
    if not has_standby:
        second = await stack.enter_async_context(child(command, folder, is_talked_to=True))
    await _until(second, "begun 2")
    return time.perf_counter() - killed_at


async def _until(process: Process, line: str) -> None:
    if process.stdout is None:
        raise SetupProblem("The process to be measured can't be heard.")
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for said in process.stdout:
            if line in said.decode():
                return
    raise SetupProblem(f"The process to be measured ended without saying “{line}”.")


async def _fresh(folder: Path) -> Database:
    await migrate(_url(folder))
    database = Database(_url(folder), Bus())
    async with database.write() as db:
        db.add(User(id="bench", email="bench@example.org"))
    return database


async def _add(database: Database, **payload: Any) -> None:
    async with database.write() as db:
        await add_job(db, Job(queue="transcription", name=WORK, user_id="bench", payload=payload))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name:
        yield Path(name)


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/lossy.db"


@asynccontextmanager
async def _redis() -> AsyncIterator[str]:
    port = free_port()
    with _folder() as folder:
        keeps_nothing = ("--save", "", "--appendonly", "no", "--databases", "256")
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), *keeps_nothing]
        async with child(command, folder, is_talked_to=True) as process:
            await _until(process, "eady to accept connections")
            yield f"redis://127.0.0.1:{port}"


async def _costs(jobs: int) -> tuple[list[float], list[float]]:
    began: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def note(_run: Run) -> None:
        began.put_nowait(time.perf_counter())

    def note_bare() -> None:
        loop.call_soon_threadsafe(began.put_nowait, time.perf_counter())

    with _folder() as folder:
        database = await _fresh(folder)
        working = Jobs(database, [Kind(WORK, "transcription", note, time_limit_seconds=60)])
        broker = StubBroker(middleware=[])
        actor = dramatiq.actor(broker=broker, actor_name="bare")(note_bare)
        worker = dramatiq.Worker(broker, worker_threads=1)
        await working.start()
        worker.start()
        lossy, bare = [], []
        for _ in range(jobs):
            at = time.perf_counter()
            await _add(database)
            lossy.append(await began.get() - at)
            at = time.perf_counter()
            actor.send()
            bare.append(await began.get() - at)
        await working.close()
        await asyncio.to_thread(worker.stop)
        await database.close()
    return lossy, bare
