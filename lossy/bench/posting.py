"""How surely and how fast notes become comments, and what is left of that when the workers are killed.

The site is our own, on loopback, so the figures are those of the browser and of Lossy; a real platform adds its own.
A post's seconds run from the beginning of its attempt to its proof, as its audit rows say: waiting in the queue behind
199 others is not counted.
"""

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Any

import psutil
from cryptography.fernet import Fernet

from lossy.automation.browsers import Browsers
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.platforms import adapter_for
from lossy.automation.posting import Pace, Posting
from lossy.automation.sealing import Seal
from lossy.bench.browserbase_stand_in import API_KEY, BrowserbaseStandIn
from lossy.bench.comment_site import CommentSite
from lossy.bench.figures import percentile
from lossy.bench.posting_faults import ENDS, all_faults, notes_to_post, post_under_faults
from lossy.bus import Bus
from lossy.db import posts
from lossy.db.engine import Database
from lossy.db.migrations import migrate
from lossy.db.models import NoteRow
from lossy.events import JOBS_TOPIC, NoteStatus
from lossy.jobs import Jobs

ACCOUNTS = 40
NOTES_EACH = 5
FAULTS = 100
GOAL_SECONDS = 10.0
GOAL_FIRST_ATTEMPT = 0.99
PATIENCE_SECONDS = 1800.0


async def measure_posting(
    accounts: int = ACCOUNTS, notes_each: int = NOTES_EACH, faults: int = FAULTS
) -> dict[str, Any]:
    """Post `accounts` x `notes_each` notes on either kind of browsers, then `faults` under as many SIGKILLs."""
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name:
        local = LocalBrowsers()
        posted = await _post_all(Path(name), accounts, notes_each, local)
        posted["browsers_launched"] = local.launched
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name, BrowserbaseStandIn() as stand_in:
        far = BrowserbaseBrowsers(API_KEY, None, stand_in.url, LocalBrowsers())
        posted_far = await _post_all(Path(name), accounts, notes_each, far)
        posted_far |= {"sessions": len(stand_in.sessions), "most_sessions_at_once": stand_in.most_at_once}
        posted_far["sessions_left"] = len(stand_in.running)
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as name:
        database, url = await _fresh(Path(name))
        table = await post_under_faults(database, url, None, Path(name), all_faults(faults, signal.SIGKILL))
        await database.close()
    return {
        "local_chromium": posted,
        "browserbase_stand_in": posted_far,
        "killed_workers": {
            "faults": sum(row["notes"] for row in table),
            "most_comments_of_a_note": max(row["most_comments"] for row in table),
            "notes_with_an_untrue_status": sum(row["untrue"] for row in table),
            "goal_most_comments": 1,
            "table": table,
        },
    }


async def _post_all(folder: Path, accounts: int, notes_each: int, browsers: Browsers) -> dict[str, Any]:
    database, _ = await _fresh(folder)
    key = Fernet.generate_key().decode()
    seal = Seal(lambda: [key])
    posting = Posting(database, browsers, seal, adapter_for, pace=Pace(per_minute=10_000))
    jobs = Jobs(database, [posting.kind])
    with CommentSite() as site:
        made: list[tuple[str, NoteRow]] = []
        for account in range(accounts):
            user_id, rows = await notes_to_post(database, site, seal, notes_each, account)
            made += [(user_id, row) for row in rows]
        await jobs.start()
        for user_id, row in made:
            async with database.write() as db:
                await posts.ask(db, user_id, row.id)
        most_mb = await _wait(database, [row.id for _, row in made])
        await jobs.close()
        await browsers.aclose()
        seconds, first = await _read(database, made)
    await database.close()
    return {
        "notes": len(made),
        "accounts": accounts,
        "success_at_first_attempt": round(first / len(made), 3),
        "goal_success_at_first_attempt": GOAL_FIRST_ATTEMPT,
        "seconds": {f"p{percent}": round(percentile(seconds, percent), 2) for percent in (50, 95, 100)},
        "goal_p95_seconds": GOAL_SECONDS,
        "most_memory_of_browsers_mb": most_mb,
    }


async def _wait(database: Database, note_ids: list[str]) -> int:
    """Wait for the end of every post; give the most memory that the browsers had."""
    most, waiting = 0, set(note_ids)
    with database.bus.subscribe(JOBS_TOPIC) as news:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while waiting:
                await news.batch()
                most = max(most, await asyncio.to_thread(_browser_mb))
                async with database.read() as db:
                    waiting = {each for each in waiting if (await db.get_one(NoteRow, each)).status not in ENDS}
    return most


def _browser_mb() -> int:
    """Give the memory that is the browsers' own: what several processes share counts once."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().uss if "chrom" in process.name() else 0
        except psutil.Error:
            continue
    return round(total / 2**20)


async def _read(database: Database, made: list[tuple[str, NoteRow]]) -> tuple[list[float], int]:
    seconds, first = [], 0
    for user_id, row in made:
        async with database.read() as db:
            note = await db.get_one(NoteRow, row.id)
            _, steps = await posts.post_of(db, user_id, row.id)
        begun = [step.at for step in steps if step.step == "preparing"]
        first += note.status is NoteStatus.POSTED and len(begun) == 1
        seconds.append((steps[-1].at - begun[0]).total_seconds())
    return seconds, first


async def _fresh(folder: Path) -> tuple[Database, str]:
    url = f"sqlite+aiosqlite:///{folder}/lossy.db"
    await migrate(url)
    return Database(url, Bus()), url
