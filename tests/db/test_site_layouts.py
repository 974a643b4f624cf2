"""What is kept of sites that a model looked at."""

from lossy.db.engine import Database
from lossy.db.site_layouts import forget_layout, keep_layout, layout_failed, layout_of, layout_worked
from tests.db.rows import do

PLACE = "films.example"
LAYOUT = {"opener": "", "box": "textarea", "send": "button"}


async def test_a_site_has_one_layout_until_it_is_forgotten(database: Database) -> None:
    assert await do(database, layout_of, PLACE) is None
    await do(database, keep_layout, PLACE, LAYOUT)
    await do(database, keep_layout, PLACE, {**LAYOUT, "opener": "a"})
    assert await do(database, layout_of, PLACE) == {**LAYOUT, "opener": "a"}
    assert await do(database, layout_of, "others.example") is None
    await do(database, forget_layout, PLACE)
    assert await do(database, layout_of, PLACE) is None


async def test_a_layout_that_failed_twice_in_a_row_is_forgotten(database: Database) -> None:
    await do(database, keep_layout, PLACE, LAYOUT)
    for change in (layout_failed, layout_worked, layout_failed):
        await do(database, change, PLACE)
    assert await do(database, layout_of, PLACE) == LAYOUT
    await do(database, layout_failed, PLACE)
    assert await do(database, layout_of, PLACE) is None
