"""The stage on which sessions are tested."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lossy.db.engine import Database
from tests.agent.stage import Stage


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    """Yield a session that runs; afterwards nothing of it may still run."""
    stage = Stage(database)
    await stage.start()
    yield stage
    await stage.end()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert stage.clock.waiting == 0
