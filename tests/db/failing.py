"""A database that refuses to commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, event

from lossy.db.engine import Database


class DiskFull(Exception):
    """What the database says."""


@dataclass
class Failures:
    """How often it refused."""

    count: int = 0


@contextmanager
def failing_commits(
    database: Database, times: int | None = None, *, after: int = 0, error: Exception | None = None
) -> Iterator[Failures]:
    """Refuse commits, this many or all, while the block runs; the first ones may be let through."""
    failures = Failures()
    let_through = 0

    def refuse(_connection: Connection) -> None:
        nonlocal let_through
        if let_through < after:
            let_through += 1
        elif times is None or failures.count < times:
            failures.count += 1
            raise error or DiskFull("the disk is full")

    event.listen(database.engine.sync_engine, "commit", refuse)
    try:
        yield failures
    finally:
        event.remove(database.engine.sync_engine, "commit", refuse)
