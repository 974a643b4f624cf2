"""Where comment forms are on sites that a model looked at, for all users of this server."""

from lossy.db.engine import Db
from lossy.db.models import SiteLayout
from lossy.db.types import utc_now

MOST_FAILURES = 2
"""After so many clicks in a row without a sign that they submitted, a layout is not believed any more."""


async def layout_of(db: Db, place: str) -> dict[str, str] | None:
    """Give what is kept of a site."""
    kept = await db.get(SiteLayout, place)
    return None if kept is None else dict(kept.layout)


async def keep_layout(db: Db, place: str, layout: dict[str, str]) -> None:
    """Keep what was found on a site in place of what was kept before."""
    await db.insert_missing(SiteLayout(place=place, layout=layout))
    kept = await db.get_one(SiteLayout, place, with_for_update=True)
    kept.layout, kept.found_at, kept.failures = layout, utc_now(), 0
    db.add(kept)


async def forget_layout(db: Db, place: str) -> None:
    """Keep nothing of a site."""
    kept = await db.get(SiteLayout, place, with_for_update=True)
    if kept is not None:
        await db.delete(kept)


async def layout_worked(db: Db, place: str) -> None:
    """A comment was posted by what is kept of a site."""
    kept = await db.get(SiteLayout, place, with_for_update=True)
    if kept is not None:
        kept.failures = 0
        db.add(kept)


async def layout_failed(db: Db, place: str) -> None:
    """Nothing showed that a click submitted: that is counted, and forgotten what fails again."""
    kept = await db.get(SiteLayout, place, with_for_update=True)
    if kept is not None:
        kept.failures += 1
        if kept.failures >= MOST_FAILURES:
            await db.delete(kept)
        else:
            db.add(kept)
