"""Brings a database to the revision that this code knows.

The scripts are in `alembic/` beside the package in a checkout, and in `lossy/_alembic` in a wheel; each is named for
its revision, so that a start that finds nothing to do need not load Alembic. A migration is one transaction on both
databases: it happened or it did not. Processes that start together take turns: PostgreSQL by an advisory lock, SQLite
by its write lock.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from lossy.db.engine import PATIENCE_SETTINGS, make_engine
from lossy.errors import SetupProblem

MIGRATION_LOCK = 0x10552
VERSION_TABLE = "alembic_version"
_PACKAGE = Path(__file__).resolve().parent.parent
_SCRIPTS = (_PACKAGE / "_alembic", _PACKAGE.parent / "alembic")

T = TypeVar("T")


async def migrate(url: str) -> None:
    """Bring a database to the newest revision; `SetupProblem` if it can't be opened or is from a newer Lossy."""
    _make_folder(_sqlite_file(url))
    await run_alone(url, _upgrade)


async def current_revision(url: str) -> str | None:
    """Read which revision a database is at; None if there is nothing yet."""
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        return None
    return await run_alone(url, _revision)


def head_revision() -> str:
    """Give the newest revision that this code knows."""
    return known_revisions()[-1]


def known_revisions() -> list[str]:
    """List the revisions that this code knows, oldest first."""
    return sorted(script.name.partition("_")[0] for script in (_scripts() / "versions").glob("[0-9]*_*.py"))


async def run_alone(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction that no other process migrates beside."""
    engine = make_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _without_foreign_keys)
    try:
        await _check_usable(engine)
        async with engine.execution_options(lossy_write=True).begin() as connection:
            if not is_sqlite:
                for limit in PATIENCE_SETTINGS:  # a large table may take as long as it needs
                    await connection.execute(text(f"SET LOCAL {limit} = 0"))
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    here, known = _revision(connection), known_revisions()
    if here == known[-1]:
        return
    if here is not None and here not in known:
        raise SetupProblem(
            "This database was written by a newer Lossy. Start that one, or set LOSSY_DATABASE_URL to another database."
        )
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608


def _scripts() -> Path:
    scripts = next((folder for folder in _SCRIPTS if folder.is_dir()), None)
    if scripts is None:
        raise SetupProblem("The scripts that prepare the database are missing. Install Lossy again.")
    return scripts


async def _check_usable(engine: AsyncEngine) -> None:
    refusals: tuple[type[Exception], ...] = (OSError, DBAPIError)
    if engine.dialect.name != "sqlite":
        import asyncpg  # noqa: PLC0415 -- not needed with SQLite

        refusals += (asyncpg.PostgresError,)
    where = engine.url.render_as_string(hide_password=True)
    try:
        async with engine.execution_options(lossy_write=True).begin():
            pass
    except refusals as error:
        reason = getattr(error, "orig", None) or error
        raise SetupProblem(f"The database {where} can't be used: {reason}") from error


def _sqlite_file(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def _make_folder(file: Path | None) -> None:
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupProblem(
            f"Lossy can't keep its data in {file.parent}: {error.strerror}. Set LOSSY_DATA_DIR to a folder of yours."
        ) from error


def _without_foreign_keys(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Alembic changes a SQLite table by copying it and dropping the old one; with foreign keys on, the drop
    # would delete every row that refers to it.
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()
