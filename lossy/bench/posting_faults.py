"""What becomes of notes while the workers that post them are killed or stopped: how often each stands there.

Each note has one fault, at one of the `MOMENTS`; workers that die are started again, as a supervisor would. The site
commits at once, or late; its delay, the settle window and the lease are scaled down together.
"""

import asyncio
import itertools
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from cryptography.fernet import Fernet

from lossy.automation.contract import with_time
from lossy.automation.sealing import Seal
from lossy.bench.comment_site import CommentSite
from lossy.bench.posting_child import MOMENTS, Moment, Orders, fault_file
from lossy.db import jobs, notes, posts, users, videos
from lossy.db.engine import Database
from lossy.db.models import Job, NoteRow, PlatformLogin
from lossy.errors import SetupProblem, Unavailable
from lossy.events import Category, NoteStatus
from lossy.video_url import identify_url, posting_address

ENDS = (NoteStatus.POSTED, NoteStatus.FAILED, NoteStatus.UNKNOWN)
LEASE_SECONDS = 1.5
SETTLE_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 1.0
LATE_SECONDS = 1.5
AT_SECONDS = 7.0
PATIENCE_SECONDS_A_NOTE = 30.0
LOOK_SECONDS = 0.25
HELD_SECONDS = 1.0
"""How long a worker that was stopped may do what it meant to when it goes on, before comments are counted."""


@dataclass(frozen=True)
class Fault:
    """What happens to the worker of one note."""

    moment: Moment
    number: signal.Signals
    is_late: bool

    def __str__(self) -> str:
        return f"{self.number.name} {self.moment}, site {'late' if self.is_late else 'prompt'}"


def all_faults(count: int, *signals: signal.Signals) -> list[Fault]:
    """Give so many faults, of all sorts in turn."""
    sorts = itertools.product(MOMENTS, signals, (False, True))
    return list(itertools.islice(itertools.cycle(Fault(moment, number, late) for moment, number, late in sorts), count))


async def post_under_faults(
    database: Database,
    url: str,
    redis_url: str | None,
    folder: Path,
    faults: list[Fault],
    *,
    workers: int = 2,
    browserbase_url: str | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """Post a note for each fault, the late site's after the prompt one's; give a row of the table for each sort."""
    told: list[tuple[Fault, NoteStatus, int]] = []
    orders = Orders(
        url, redis_url, Fernet.generate_key().decode(), LEASE_SECONDS, SETTLE_SECONDS, LOOK_AGAIN_SECONDS,
        answer_seconds=SETTLE_SECONDS, per_minute=10_000, faults=str(folder),
        browserbase_url=browserbase_url,
    )  # fmt: skip
    for is_late in (False, True):
        hit = [fault for fault in faults if fault.is_late == is_late]
        with CommentSite() as site:
            site.mood.commits_after = LATE_SECONDS if is_late else 0.0
            told += await _Run(database, orders, site, workers).of(hit, meanwhile)
    return _table(told)


class _Run:
    def __init__(self, database: Database, orders: Orders, site: CommentSite, workers: int) -> None:
        self._database = database
        self._folder = Path(orders.faults)
        self._site = site
        self._workers = workers
        self._orders = orders
        self._processes: list[Process] = []

    async def of(self, faults: list[Fault], meanwhile: Callable[[], None]) -> list[tuple[Fault, NoteStatus, int]]:
        if not faults:
            return []
        user_id, made = await notes_to_post(self._database, self._site, Seal(lambda: [self._orders.key]), len(faults))
        for fault, note in zip(faults, made, strict=True):
            body = with_time(note.text, note.start_seconds, None)
            fault_file(self._folder, body, fault.moment).write_text(str(int(fault.number)))
        supervising = asyncio.create_task(self._supervise())
        try:
            for note in made:
                async with self._database.write() as db:
                    await posts.ask(db, user_id, note.id)
            ends_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS_A_NOTE * len(made)
            while not supervising.done() and (waiting := await self._under_way(user_id)):
                if asyncio.get_running_loop().time() > ends_at:
                    raise Unavailable("Waited in vain. " + "; ".join(waiting))
                meanwhile()
                await asyncio.sleep(LOOK_SECONDS)  # what other processes write is heard of nowhere here
            await self._let_go_on()
        finally:
            supervising.cancel()
            await asyncio.wait([supervising])
            await self._end()
        if not supervising.cancelled():
            supervising.result()
        async with self._database.read() as db:
            rows = [await db.get_one(NoteRow, note.id) for note in made]
        texts = Counter(comment.text for comment in self._site.comments)
        return [
            (fault, row.status, texts[with_time(row.text, row.start_seconds, None)])
            for fault, row in zip(faults, rows, strict=True)
        ]

    async def _under_way(self, user_id: str) -> list[str]:
        """Tell of each note without an end how its posting and its job stand."""
        told = []
        async with self._database.read() as db:
            for note in await notes.list_notes(db, user_id):
                if note.status not in ENDS:
                    post, _ = await posts.post_of(db, user_id, note.id)
                    job = await jobs.latest_job(db, posts.job_key(post))
                    told.append(f"note {note.status}, post {post.state} ({post.error}), job {_state(job)}")
        return told

    async def _supervise(self) -> None:
        """Keep so many workers alive; one that is stopped does not count, and lives on."""
        self._processes = [await self._start() for _ in range(self._workers)]
        while True:
            dead = [process for process in self._processes if process.returncode is not None]
            for process in dead:
                self._processes.remove(process)
            working = [process for process in self._processes if not _is_stopped(process)]
            for _ in range(self._workers - len(working)):
                self._processes.append(await self._start())
            await asyncio.sleep(LOOK_SECONDS)

    async def _start(self) -> Process:
        command = (sys.executable, "-m", "lossy.bench.posting_child")
        with (self._folder / "workers.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=log)
        if process.stdin is None or process.stdout is None:
            raise SetupProblem("A worker can't be talked to.")
        process.stdin.write(self._orders.line())
        await process.stdout.readline()
        return process

    async def _let_go_on(self) -> None:
        stopped = [process for process in self._processes if _is_stopped(process)]
        for process in stopped:
            process.send_signal(signal.SIGCONT)
        if stopped:
            await asyncio.sleep(HELD_SECONDS + LATE_SECONDS)

    async def _end(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            try:
                async with asyncio.timeout(15):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def notes_to_post(
    database: Database, site: CommentSite, seal: Seal, count: int, account: int = 0
) -> tuple[str, list[NoteRow]]:
    """Make somebody who is connected to the site, with so many firmed notes there."""
    async with database.write() as db:
        user = await users.add_user(db, f"{site.url.rpartition(':')[2]}.{account}@example.org", None)
        named = identify_url(site.address(f"film{account}"))
        facts = {"url": named.url, "title": "Film", "duration_seconds": None}
        video = await videos.open_video(
            db, user.id, platform=named.platform, external_id=named.external_id, **facts  # type: ignore[arg-type]
        )  # fmt: skip
        place = posting_address(named.platform, named.external_id, named.url or "").place
        sealed = seal.seal(site.signed_in(f"Reviewer {account}"))
        db.add(PlatformLogin(user_id=user.id, platform=named.platform, place=place, kind="browser", sealed=sealed))
        made = [_row(user.id, video.id, f"Remark {account}.{number} about the cut") for number in range(count)]
        for row in made:
            await notes.create_note(db, row)
    return user.id, made


def _row(user_id: str, video_id: str, text: str) -> NoteRow:
    return NoteRow(
        video_id=video_id, author_id=user_id, text=text, start_seconds=AT_SECONDS, category=Category.PACING,
        confidence=0.9, status=NoteStatus.FIRMED,
    )  # fmt: skip


def _state(job: Job | None) -> str:
    return "gone" if job is None else f"{job.state} for the {job.attempt}. time, run {job.fence} ({job.error})"


def _is_stopped(process: Process) -> bool:
    try:
        return process.returncode is None and psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def _table(told: list[tuple[Fault, NoteStatus, int]]) -> list[dict[str, Any]]:
    rows: dict[Fault, dict[str, Any]] = {}
    for fault, status, comments in told:
        row = rows.setdefault(
            fault, {"fault": str(fault), "notes": 0, "statuses": Counter(), "most_comments": 0, "untrue": 0}
        )  # fmt: skip
        row["notes"] += 1
        row["statuses"][status.value] += 1
        row["most_comments"] = max(row["most_comments"], comments)
        is_untrue = (status is NoteStatus.POSTED and comments != 1) or (status is NoteStatus.FAILED and comments > 0)
        row["untrue"] += is_untrue
    return [{**row, "statuses": dict(row["statuses"])} for row in rows.values()]
