"""Fixtures that every test may use, and the two modes of the suite.

A test that asks for `database_url` or `lossy_redis_url` runs in each mode of `--mode`: embedded is SQLite
and no Redis, scaled is PostgreSQL and Redis. All others run once.
"""

from collections.abc import AsyncIterator, Iterator
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
SERVER_FIXTURES = {"postgres_url", "redis_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mode`."""
    parser.addoption("--mode", choices=[*MODES, "both"], default="embedded", help="where data and events live")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that depend on the mode once for each mode asked for."""
    if "mode" in metafunc.fixturenames:
        modes = _modes(metafunc.config)
        once = metafunc.definition.get_closest_marker("once") is not None
        metafunc.parametrize("mode", modes[:1] if once else modes, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of servers that this run does not have, and put the browser's last."""
    if "scaled" not in _modes(config):
        unserved = [item for item in items if SERVER_FIXTURES & set(_fixtures(item))]
        config.hook.pytest_deselected(items=unserved)
        items[:] = [item for item in items if item not in unserved]
    # Playwright's synchronous API keeps its event loop running from its first test to the end of the run.
    items.sort(key=lambda item: "playwright" in _fixtures(item))


@pytest.fixture
def database_url(mode: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database that belongs to this test alone."""
    if mode == "scaled":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'lossy.db'}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield a database with every table, and a bus that hears of its commits."""
    await migrate(database_url)
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


def _modes(config: pytest.Config) -> tuple[str, ...]:
    mode = config.getoption("--mode")
    return MODES if mode == "both" else (mode,)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", []))
