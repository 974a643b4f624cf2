"""Fixtures that every test may use, and the two modes of the suite.

A test that asks for `database_url` or `lossy_redis_url` runs in each mode of `--mode`: embedded is SQLite
and no Redis, scaled is PostgreSQL and Redis. All others run once.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.db.migrations import migrate
from tests.services import find
from tests.services.postgres import database as fresh_database
from tests.services.postgres import postgres
from tests.services.redis import empty, redis

MODES = ("embedded", "scaled")
HALVES = ("browser", "rest")
SERVER_FIXTURES = {"postgres_url", "redis_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mode` and `--half`."""
    parser.addoption("--mode", choices=[*MODES, "both"], default="embedded", help="where data and events live")
    parser.addoption("--half", choices=HALVES, help="the tests with a browser alone, or all others")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that depend on the mode once for each mode asked for."""
    if "mode" in metafunc.fixturenames:
        modes = _modes(metafunc.config)
        once = metafunc.definition.get_closest_marker("once") is not None
        metafunc.parametrize("mode", modes[:1] if once else modes, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that this run has no servers for or does not want, and put the browser's last."""
    half, is_scaled = config.getoption("--half"), "scaled" in _modes(config)
    kept = [item for item in items if is_scaled or not SERVER_FIXTURES & set(_fixtures(item))]
    if half is not None:
        kept = [item for item in kept if _has_browser(item) == (half == "browser")]
    config.hook.pytest_deselected(items=list(set(items) - set(kept)))
    # Playwright's synchronous API keeps its event loop running from its first test to the end of the run.
    items[:] = sorted(kept, key=_has_browser)


@pytest.fixture
def database_url(mode: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database with every table and no row, which belongs to this test alone."""
    if mode == "scaled":
        with fresh_database(request.getfixturevalue("_postgres"), request.getfixturevalue("_postgres_tables")) as url:
            yield url
    else:
        file = tmp_path / "lossy.db"
        shutil.copyfile(request.getfixturevalue("sqlite_tables"), file)
        yield f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def empty_database_url(mode: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables, which belongs to this test alone."""
    if mode == "scaled":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'lossy.db'}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield a database with every table, and a bus that hears of its commits."""
    database = Database(database_url, Bus())
    yield database
    await database.close()


@pytest.fixture
def lossy_redis_url(mode: str, request: pytest.FixtureRequest) -> str | None:
    """Return the URL of an empty Redis, or None in the embedded mode."""
    return str(request.getfixturevalue("redis_url")) if mode == "scaled" else None


@pytest.fixture
def postgres_url(_postgres: int) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database, dropped after the test."""
    with fresh_database(_postgres) as url:
        yield url


@pytest.fixture
def redis_url(_redis: str) -> str:
    """Return the URL of a Redis that this test finds empty."""
    empty(_redis)
    return _redis


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Return the browser that the tests drive."""
    found = find.chromium()
    if found is None:
        pytest.fail("Chromium is missing: `make test` installs it or says how.")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium_path: Path) -> dict[str, Any]:
    """Make pytest-playwright use the machine's browser, also as root and in a container."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": str(chromium_path), "args": arguments}


@pytest.fixture(scope="session")
def _postgres() -> Iterator[int]:
    with postgres() as port:
        yield port


@pytest.fixture(scope="session")
def _redis() -> Iterator[str]:
    with redis() as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_tables(_postgres: int) -> Iterator[str]:
    with fresh_database(_postgres) as url:
        _migrate(url)
        yield url.rpartition("/")[2]


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with every table and no row, to be copied."""
    file = tmp_path_factory.mktemp("tables") / "lossy.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # a test has its own loop in this thread
        elsewhere.submit(asyncio.run, migrate(url)).result()


def _modes(config: pytest.Config) -> tuple[str, ...]:
    mode = config.getoption("--mode")
    return MODES if mode == "both" else (mode,)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", []))


def _has_browser(item: pytest.Item) -> bool:
    return "playwright" in _fixtures(item)
