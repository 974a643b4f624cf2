"""The pages in this process, with NiceGUI's simulated user in front of them."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from nicegui import Client, ui
from nicegui import core as nicegui_core
from nicegui.functions.download import download
from nicegui.functions.navigate import Navigate
from nicegui.functions.notify import notify
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals, prepare_simulation

from lossy.agent.core import Core
from lossy.settings import Settings
from lossy.ui import pages
from tests.ui.people import Reviewer, reviewer


@pytest.fixture
async def core(tmp_path: Path, sqlite_tables: Path) -> AsyncIterator[Core]:
    shutil.copyfile(sqlite_tables, tmp_path / "lossy.db")
    settings = Settings(_env_file=None, data_dir=tmp_path, stt_model="demo")
    core = Core(settings)
    await core.start()
    yield core
    await core.close()


@pytest.fixture
async def user(core: Core) -> AsyncIterator[User]:
    """Give somebody who opens pages, not signed in."""
    with _own_globals():
        pages.register(core)
        app = nicegui_core.app
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
        async with app.router.lifespan_context(app), browser:
            yield User(browser)


@pytest.fixture
async def ann(core: Core) -> Reviewer:
    return await reviewer(core, "ann@example.org")


@pytest.fixture
async def ben(core: Core) -> Reviewer:
    return await reviewer(core, "ben@example.org")


@contextmanager
def _own_globals() -> Iterator[None]:
    with nicegui_reset_globals():
        try:
            prepare_simulation()
            yield
        finally:
            # Else NiceGUI takes the modules of the pages, and `lossy` itself, out of `sys.modules`.
            Client.page_routes.clear()
            ui.navigate, ui.notify, ui.download = Navigate(), notify, download
