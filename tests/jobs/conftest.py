"""A database with somebody whose jobs these are."""

import pytest

from lossy.db.engine import Database
from tests.db.rows import reviewer


@pytest.fixture
async def user_id(database: Database) -> str:
    return (await reviewer(database)).user_id
