"""The throwaway servers are the ones that were started, empty for each test, and gone afterwards."""

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis import Redis

from tests.services import find
from tests.services.postgres import database, postgres
from tests.services.redis import redis
from tests.services.server import serving

SEEN: set[str] = set()


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_finds_an_empty_database(postgres_url: str, turn: int) -> None:
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""), timeout=10)
    try:
        await connection.execute("CREATE TABLE note (id int)")  # fails if the other turn's is still there
    finally:
        await connection.close()
    assert postgres_url not in SEEN
    SEEN.add(postgres_url)


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_an_empty_redis(redis_url: str, turn: int) -> None:
    with Redis.from_url(redis_url, socket_timeout=10) as client:
        assert client.dbsize() == 0
        client.set("turn", turn)


@pytest.mark.usefixtures("postgres_url")
def test_postgres_leaves_no_process_and_no_file(own_temporary_folder: Path) -> None:
    with postgres() as port, database(port):
        assert list(own_temporary_folder.iterdir()) != []
    assert list(own_temporary_folder.iterdir()) == []
    assert not _answers(port)


@pytest.mark.usefixtures("redis_url")
def test_redis_leaves_no_process_and_no_file(own_temporary_folder: Path) -> None:
    with redis() as url:
        assert list(own_temporary_folder.iterdir()) != []
    assert list(own_temporary_folder.iterdir()) == []
    assert not _answers(urlsplit(url).port or 0)


def test_a_server_that_dies_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the port is taken')"]
    with (
        pytest.raises(RuntimeError, match="the port is taken"),
        serving(lambda _port: command, lambda _port, _pid: False, tmp_path),
    ):
        pytest.fail("yielded a port that nobody serves")


def test_a_program_that_does_not_run_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "redis-server"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find.redis_server() != shim


def test_the_mode_decides_where_data_and_events_live(mode: str, database_url: str, lossy_redis_url: str | None) -> None:
    expected = {"embedded": ("sqlite+aiosqlite", False), "scaled": ("postgresql+asyncpg", True)}[mode]
    assert (database_url.partition(":")[0], lossy_redis_url is not None) == expected


@pytest.fixture
def own_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make new temporary files appear in one folder, which the servers' user can pass through."""
    with tempfile.TemporaryDirectory(prefix="lossy-test-") as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
