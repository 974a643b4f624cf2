"""A whole REST application on a database of its own, and people who use it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lossy.settings import Settings
from tests.live import LiveLossy, live
from tests.web.rest import EXTENSION, FILM, Person, Rest


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=database_url,
        extension_origins=(EXTENSION,),
    )


@pytest.fixture
async def rest(settings: Settings) -> AsyncIterator[Rest]:
    async with AsyncExitStack() as open_clients:
        rest = Rest(settings, open_clients)
        await rest.core.start()
        yield rest
        await rest.core.close()


@pytest.fixture
async def ann(rest: Rest) -> Person:
    return await rest.person("ann@example.org")


@pytest.fixture
async def film(ann: Person) -> dict[str, Any]:
    """Ann's video, opened: its id, its session, its title."""
    opened: dict[str, Any] = (await ann.post("/api/videos", json={"url": FILM, "title": "A film"})).json()
    return opened


@pytest.fixture
async def lossy(database_url: str, tmp_path: Path) -> AsyncIterator[LiveLossy]:
    """Yield a server that really listens."""
    async with live(database_url, tmp_path) as server:
        yield server
