from lossy.db import usage
from lossy.db.engine import Database


async def spend(database: Database, amount: float, most: float = 10.0) -> bool:
    async with database.write() as db:
        return await usage.spend(db, "cloud speech seconds", amount, most)


async def test_a_day_has_its_allowance_and_no_more(database: Database) -> None:
    assert await spend(database, 6)
    assert not await spend(database, 5)
    assert await spend(database, 4)
    assert not await spend(database, 0.1)


async def test_what_was_not_granted_was_not_used(database: Database) -> None:
    assert not await spend(database, 11)
    assert await spend(database, 10)


async def test_each_thing_has_its_own(database: Database) -> None:
    assert await spend(database, 10)
    async with database.write() as db:
        assert await usage.spend(db, "looks at frames", 1, 10)
