"""The stage on which sessions are tested."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lossy.db.engine import Database
from tests.agent.stage import Stage

CLOSING_SECONDS = 5.0
"""How long a connection that failed may take to close by itself; what is the session's waits for the stage's clock."""


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    """Yield a session that runs; afterwards nothing of it may still run."""
    stage = Stage(database)
    await stage.start()
    yield stage
    await stage.end()
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=CLOSING_SECONDS)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert stage.clock.waiting == 0
