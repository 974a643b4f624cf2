"""A real server, real Chromium, and a WAV file for a microphone."""

import asyncio
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
from tests.e2e.server import LivePerson, LiveServer

SAMPLE_RATE = 16_000
Speak = Callable[[Path], Page]


@pytest.fixture
def server(database_url: str, lossy_redis_url: str | None, tmp_path: Path) -> Iterator[LiveServer]:
    """Run Lossy in the mode of the test."""
    settings = {"LOSSY_DATABASE_URL": database_url} | ({"LOSSY_REDIS_URL": lossy_redis_url} if lossy_redis_url else {})
    live = LiveServer(tmp_path / "data", **settings).start()
    yield live
    live.stop()


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
            voice = [
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={wav}%noloop",
                "--autoplay-policy=no-user-gesture-required",
            ]
            options = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *voice]}
            browser = playwright.chromium.launch(**options)
            browsers.callback(browser.close)
            context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=server.url)
            context.add_init_script(f"localStorage.setItem('lossy.token', '{ann.token}')")
            return context

        yield open_browser


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
