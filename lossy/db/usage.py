"""What was used today of things that cost money, over all processes and restarts."""

from sqlmodel import col, select

from lossy.db.engine import Db
from lossy.db.models import Usage
from lossy.db.types import utc_now


async def spend(db: Db, what: str, amount: float, most: float) -> bool:
    """Use so much more today if all of today then stays within `most`; else false, and nothing is used."""
    day = utc_now().date().isoformat()
    await db.insert_missing(Usage(day=day, what=what))
    query = select(Usage).where(col(Usage.day) == day, col(Usage.what) == what)
    usage = (await db.exec(query.with_for_update())).one()
    if usage.amount + amount > most:
        return False
    usage.amount += amount
    db.add(usage)
    return True
