"""Transactions, and the events that they cause.

`Database.write()` is the only place that commits. What a transaction tells with `db.tell(event)` becomes a row of
`events` in that same transaction and is published on the bus after the commit: an event is heard if and only if its
cause is durable. On PostgreSQL the transactions that tell stored events are put in one line by an advisory lock, so
that sequence numbers are committed in order and `since=` never skips one. On SQLite one write runs at a time anyway.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from lossy.bus import Bus
from lossy.db.models import EventRow
from lossy.events import Event

EVENT_ORDER_LOCK = 0x10551
BUSY_TIMEOUT_MS = 10_000
CONNECT_SECONDS = 10
PATIENCE_SETTINGS = ("idle_in_transaction_session_timeout", "statement_timeout")
STOPPED_MS = 15_000
"""A process that is stopped in the middle of a transaction, or of a statement, loses it: or everybody would wait behind
its locks."""
APPLICATION = "lossy"
STOPPED = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = :name
AND state = 'active' AND wait_event = 'ClientRead' AND query_start <= now() - make_interval(secs => :seconds)"""
DATABASE_FAILURES = (SQLAlchemyError, OSError)
"""What an unreachable database raises: a driver's refused connection comes through as it is."""


class Db(AsyncSession):
    """One transaction; made by `Database.read()` and `Database.write()` only."""

    told: list[Event]

    def tell(self, news: Event) -> None:
        """Publish an event once this transaction is committed."""
        self.told.append(news)

    async def insert_missing(self, *rows: SQLModel) -> None:
        """Insert rows of one table, skipping those whose key is there already, also when others insert meanwhile."""
        if rows:
            insert: Any = sqlite.insert if self.get_bind().dialect.name == "sqlite" else postgresql.insert
            await self.exec(insert(type(rows[0])).on_conflict_do_nothing(), params=[row.model_dump() for row in rows])


class Database:
    """An engine and the bus that hears of its commits."""

    def __init__(self, url: str, bus: Bus) -> None:
        self.bus = bus
        self.engine = make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(lossy_write=True)
        self._one_writer = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Db]:
        """Look, changing nothing."""
        async with Db(self.engine, expire_on_commit=False) as db:
            db.told = []
            yield db

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Db]:
        """Change, and commit at the end unless the block raised; then publish what was told."""
        async with self._line(), Db(self._writing, expire_on_commit=False) as db:
            db.told = []
            yield db
            news = await self._store_events(db)
            try:
                await db.commit()
            except BaseException:
                # SQLAlchemy would put the connection back into the pool with the transaction still open.
                await db.invalidate()
                raise
            for item in news:
                self.bus.publish(item)

    async def end_stopped(self, seconds: float = STOPPED_MS / 1000) -> int:
        """End connections of processes that stopped within a statement, which the server waits for without end.

        A driver sends a statement in two parts; to whoever is stopped between them no timeout of the server applies,
        and its locks would be held for ever. Gives how many there were; SQLite has none.
        """
        if self.is_sqlite:
            return 0
        async with self.engine.connect() as connection:
            ended = await connection.execute(text(STOPPED), {"name": APPLICATION, "seconds": seconds})
            return len(ended.all())

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    def _line(self) -> AbstractAsyncContextManager[Any]:
        return self._one_writer if self._one_writer is not None else nullcontext()

    async def _store_events(self, db: Db) -> list[Event]:
        kept = [(item, _row(item)) for item in db.told if item.stored]
        if kept:
            await db.flush()  # whoever stands in the line holds every lock of its own already, and waits for none
            if not self.is_sqlite:
                await (await db.connection()).execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": EVENT_ORDER_LOCK}
                )
            for _, row in kept:
                db.add(row)
                await db.flush()
        seqs = {id(item): row.seq for item, row in kept}
        return [item.model_copy(update={"seq": seqs.get(id(item))}) for item in db.told]


def make_engine(url: str) -> AsyncEngine:
    """Create an engine with what each database needs to be durable and patient."""
    if not url.startswith("sqlite"):
        return create_async_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_SECONDS,
                "server_settings": {
                    "application_name": APPLICATION,
                    **dict.fromkeys(PATIENCE_SETTINGS, str(STOPPED_MS)),
                },
            },
        )
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # else the driver begins by itself
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows only A to Z


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("lossy_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _row(item: Event) -> EventRow:
    return EventRow(
        user_id=item.user_id,
        session_id=item.session_id,
        video_id=item.video_id,
        type=item.type,
        body=item.model_dump(mode="json", exclude={"seq"}),
        at=item.at,
    )
