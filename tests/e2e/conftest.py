"""A real server, real Chromium, and a WAV file for a microphone."""

import asyncio
import json
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from lossy.bus import Bus
from lossy.db import notes
from lossy.db.engine import Database
from lossy.db.models import NoteRow
from lossy.demo import UTTERANCES
from lossy.events import Category, NoteStatus
from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.extension import DIST, Extension
from tests.e2e.player_pages import PLAYERS
from tests.e2e.reviewer import NO_TROUBLE, Reviewer, Tally, Trouble
from tests.e2e.server import FAR, LivePerson, LiveServer, free_port
from tests.e2e.site import Site
from tests.e2e.strangers_browser import StrangersBrowser

SAMPLE_RATE = 16_000
CUT_SECONDS = 3.0
Speak = Callable[[Path], Page]
TALLY = pytest.StashKey[Tally]()


@pytest.fixture
def spare_port() -> int:
    """Choose the port of a second address of the server."""
    return free_port()


@pytest.fixture
def server(database_url: str, lossy_redis_url: str | None, tmp_path: Path, spare_port: int) -> Iterator[LiveServer]:
    """Run Lossy in the mode of the test."""
    second = {"LOSSY_ALLOWED_ORIGINS": f"http://127.0.0.1:{spare_port},http://{FAR}:{{port}}"}
    settings = (
        {"LOSSY_DATABASE_URL": database_url}
        | second
        | ({"LOSSY_REDIS_URL": lossy_redis_url} if lossy_redis_url else {})
    )
    live = LiveServer(tmp_path / "data", **settings).start()
    yield live
    live.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a foreign site with videos."""
    with Site(tmp_path / "site") as running:
        yield running


@pytest.fixture
def bad_network(server: LiveServer, spare_port: int) -> Iterator[CuttingProxy]:
    """Give another address of the server, whose connections are cut every three seconds."""
    with CuttingProxy(server.port, CUT_SECONDS, spare_port) as proxy:
        yield proxy


@pytest.fixture
def ann(server: LiveServer) -> LivePerson:
    return server.person("ann@example.org")


@pytest.fixture
def browser_with_voice(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], server: LiveServer, ann: LivePerson
) -> Iterator[Callable[[Path], BrowserContext]]:
    """Give a function that opens a browser in which Ann is signed in and whose microphone is a WAV file."""
    with ExitStack() as browsers:

        def open_browser(wav: Path) -> BrowserContext:
            options = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *_voice(wav)]}
            browser = playwright.chromium.launch(**options)
            browsers.callback(browser.close)
            context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=server.url)
            context.add_init_script(f"localStorage.setItem('lossy.token', '{ann.token}')")
            return context

        yield open_browser


@pytest.fixture
def extension_with_voice(
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    ann: LivePerson,
    tmp_path: Path,
) -> Iterator[Callable[[Path, dict[str, Any], str], Extension]]:
    """Give a function that opens a browser with the extension, in which Ann is signed in and speaks a WAV file.

    It takes the WAV, the browser's own preferences and the server's address.
    """
    with ExitStack() as browsers:

        def open_browser(wav: Path, preferences: dict[str, Any], address: str) -> Extension:
            if preferences:
                kept = tmp_path / "profile" / "Default" / "Preferences"
                kept.parent.mkdir(parents=True)
                kept.write_text(json.dumps(preferences))
            ours = [f"--load-extension={DIST}", f"--disable-extensions-except={DIST}"]
            args = [*browser_type_launch_args["args"], *ours, *_voice(wav)]
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path / "profile"), **{**browser_type_launch_args, "args": args, "headless": True}
            )
            browsers.callback(context.close)
            extension = Extension(context)
            extension.sign_in(address, ann.token, "ann@example.org")
            return extension

        yield open_browser


@pytest.fixture
def strangers_browser(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[StrangersBrowser]:
    """Open a browser with the extension in which nobody is signed in."""
    ours = [f"--load-extension={DIST}", f"--disable-extensions-except={DIST}"]
    quiet = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
    args = [*browser_type_launch_args["args"], *ours, *quiet]
    options = {**browser_type_launch_args, "args": args, "headless": True}
    context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), **options)
    yield StrangersBrowser(context)
    context.close()


@pytest.fixture
def players(site: Site) -> Site:
    """Put the pages with players of others on the site."""
    if not PLAYERS.is_dir():
        pytest.fail("The players are not installed: scripts/python -I scripts/extension.py players")
    site.add_players()
    return site


@pytest.fixture
def reviewing(
    server: LiveServer,
    ann: LivePerson,
    bad_network: CuttingProxy,
    extension_with_voice: Callable[[Path, dict[str, Any], str], Extension],
    spoken: Callable[..., Path],
) -> Callable[..., Reviewer]:
    """Give a function that opens a browser for Ann, who says these things; `trouble` may happen to her."""

    def open_browser(*parts: str | float, trouble: Trouble = NO_TROUBLE) -> Reviewer:
        server_url = bad_network.url if trouble.cuts_network else server.url
        extension = extension_with_voice(spoken(*parts), trouble.preferences, server_url)
        return Reviewer(extension, ann, server, trouble, bad_network)

    return open_browser


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Count over the whole run what became of the words that were said; the run's summary shows it."""
    return pytestconfig.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the tally."""
    if TALLY in config.stash:
        terminalreporter.write_line(str(config.stash[TALLY]))


def _voice(wav: Path) -> list[str]:
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]


@pytest.fixture
def spoken(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that joins shipped utterances and pauses (in seconds) into one WAV file."""

    def join(*parts: str | float) -> Path:
        made = tmp_path / "voice.wav"
        with wave.open(str(made), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            for part in parts:
                file.writeframes(_samples(part))
        return made

    return join


def _samples(part: str | float) -> bytes:
    if isinstance(part, str):
        with wave.open(str(UTTERANCES / part), "rb") as file:
            return file.readframes(file.getnframes())
    return bytes(2 * int(part * SAMPLE_RATE))


@pytest.fixture
def seed_notes(server: LiveServer, database_url: str) -> Callable[..., None]:
    """Give a function that puts firmed notes on somebody's video, straight into the database of the server."""

    def seed(person: LivePerson, video_id: str, count: int) -> None:
        author = person.api.get("/me").raise_for_status().json()["id"]
        with ThreadPoolExecutor(1) as elsewhere:  # Playwright keeps a loop running in this thread
            elsewhere.submit(asyncio.run, _seed(database_url, author, video_id, count)).result()

    return seed


async def _seed(database_url: str, author: str, video_id: str, count: int) -> None:
    database = Database(database_url, Bus())
    async with database.write() as db:
        for number in range(count):
            note = NoteRow(
                video_id=video_id,
                author_id=author,
                text=f"Remark number {number}",
                start_seconds=number * 0.2,
                category=list(Category)[number % len(Category)],
                confidence=0.8,
                status=NoteStatus.FIRMED,
            )
            await notes.create_note(db, note)
    await database.close()
