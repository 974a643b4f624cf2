"""Workers that are killed or stopped in the middle of posting: no comment twice, no note without a word."""

import signal
from pathlib import Path

import pytest

from lossy.bench.browserbase_stand_in import BrowserbaseStandIn
from lossy.bench.posting_child import MOMENTS
from lossy.bench.posting_faults import all_faults, post_under_faults
from lossy.db.engine import Database


@pytest.mark.timeout(400)
async def test_no_fault_posts_twice_or_leaves_a_note_without_a_word(
    database: Database, database_url: str, lossy_redis_url: str | None, tmp_path: Path
) -> None:
    # With SQLite there is one process: one that is stopped in the middle of a transaction has nobody beside it.
    signals = (signal.SIGKILL,) if lossy_redis_url is None else (signal.SIGKILL, signal.SIGSTOP)
    table = await post_under_faults(database, database_url, lossy_redis_url, tmp_path, all_faults(12, *signals))
    assert sum(row["notes"] for row in table) == 12
    assert max(row["most_comments"] for row in table) <= 1
    assert sum(row["untrue"] for row in table) == 0


@pytest.mark.once
@pytest.mark.timeout(400)
async def test_browsers_elsewhere_are_ended_for_the_workers_that_died(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with BrowserbaseStandIn() as stand_in:
        faults = [fault for fault in all_faults(10, signal.SIGKILL) if not fault.is_late]
        table = await post_under_faults(database, database_url, None, tmp_path, faults, browserbase_url=stand_in.url)
        assert sum(row["notes"] for row in table) == len(MOMENTS)
        assert max(row["most_comments"] for row in table) <= 1
        assert sum(row["untrue"] for row in table) == 0
        assert stand_in.running == []
