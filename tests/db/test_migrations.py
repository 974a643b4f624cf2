"""One tree of migrations makes the models' tables on both databases, and takes them away again."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from lossy.db.engine import make_engine
from lossy.db.migrations import MIGRATION_LOCK, current_revision, head_revision, migrate, run_alone
from lossy.db.models import METADATA
from lossy.errors import SetupProblem

ROOT = Path(__file__).resolve().parents[2]


async def test_the_tables_come_go_and_come_back(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    first = await run_alone(empty_database_url, _tables)
    await run_alone(empty_database_url, lambda connection: _downgrade(connection, "base"))
    gone = await run_alone(empty_database_url, _tables)
    await migrate(empty_database_url)
    assert first == await run_alone(empty_database_url, _tables) == {*METADATA.tables, "alembic_version"}
    assert gone == {"alembic_version"}


async def test_the_migrated_database_is_what_the_models_say(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    assert await run_alone(empty_database_url, _differences) == []


async def test_a_column_that_the_database_lacks_is_a_difference(empty_database_url: str) -> None:
    await migrate(empty_database_url)

    def spoil(connection: Connection) -> list[Any]:
        connection.execute(text("ALTER TABLE notes DROP COLUMN engine"))
        connection.execute(text("DROP INDEX uq_jobs_unique_key_live"))
        return _differences(connection)

    found = {change[0] for change in await run_alone(empty_database_url, spoil)}
    assert found == {"add_column", "add_index"}


async def test_only_live_jobs_have_a_unique_key(empty_database_url: str) -> None:
    await migrate(empty_database_url)

    def indexed(connection: Connection) -> tuple[bool, str]:
        index = next(i for i in inspect(connection).get_indexes("jobs") if i["name"] == "uq_jobs_unique_key_live")
        options = index["dialect_options"]
        return bool(index["unique"]), str(options[f"{connection.dialect.name}_where"])

    unique, condition = await run_alone(empty_database_url, indexed)
    assert unique
    assert "ready" in condition
    assert "running" in condition
    assert "done" not in condition


async def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    assert await current_revision(empty_database_url) is None
    await migrate(empty_database_url)
    await migrate(empty_database_url)
    assert await current_revision(empty_database_url) == head_revision()


async def test_migrating_waits_for_another_process_that_migrates(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    async with engine.connect() as other:
        await other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        migrating = asyncio.create_task(migrate(postgres_url))
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not migrating.done() and not await other.scalar(waiting):
            await asyncio.wait([migrating], timeout=0.01)  # the server tells nobody who waits
        assert not migrating.done()
        await other.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        await asyncio.wait_for(migrating, 60)
    await engine.dispose()
    assert await current_revision(postgres_url) == head_revision()


async def test_many_that_migrate_at_once_do_not_collide(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    assert await current_revision(empty_database_url) == head_revision()


async def test_a_database_of_a_newer_lossy_is_left_alone(empty_database_url: str) -> None:
    await migrate(empty_database_url)

    def age(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))

    await run_alone(empty_database_url, age)
    with pytest.raises(SetupProblem, match="written by a newer Lossy"):
        await migrate(empty_database_url)
    assert await current_revision(empty_database_url) == "ffff"


async def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    def half_made(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE note_history (id INTEGER)"))

    await run_alone(empty_database_url, half_made)
    with pytest.raises(Exception, match="note_history"):
        await migrate(empty_database_url)
    assert await run_alone(empty_database_url, _tables) == {"note_history"}


async def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    file = tmp_path / "not" / "there yet" / "100%.db"
    await migrate(f"sqlite+aiosqlite:///{file}")
    assert file.is_file()


async def test_asking_for_the_revision_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "lossy.db"
    assert await current_revision(f"sqlite+aiosqlite:///{file}") is None
    assert not file.exists()


async def test_a_folder_that_can_not_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupProblem, match=r"Set LOSSY_DATA_DIR to a folder of yours\.$"):
        await migrate(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'below' / 'lossy.db'}")


async def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "lossy.db"
    file.write_bytes(b"a letter, not a database" * 100)
    with pytest.raises(SetupProblem, match="not a database"):
        await migrate(f"sqlite+aiosqlite:///{file}")


async def test_a_server_that_does_not_answer_is_said_without_its_password() -> None:
    with pytest.raises(SetupProblem, match="can't be used") as caught:
        await migrate("postgresql+asyncpg://lossy:secret@127.0.0.1:1/lossy")
    assert "secret" not in caught.value.message


def test_alembic_works_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "lossy.db"
    environment = {"PATH": "/usr/bin:/bin", "LOSSY_DATABASE_URL": f"sqlite:///{file}"}
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(head_revision(),)]
    connection.close()


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def _downgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
