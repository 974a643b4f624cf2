"""Somebody signs in at the site in a window of their own, and what waited for it is posted."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from lossy.automation.authorizing import Connected
from lossy.automation.connecting import Window, connect
from lossy.db.logins import forget_login, logins_of
from lossy.errors import InvalidInput, SetupProblem, Unavailable
from lossy.events import NoteStatus
from tests.automation.conftest import Poster
from tests.db.rows import do
from tests.services import find


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the windows of a test a screen that nobody sees."""
    program = find.xvfb()
    if program is None:
        pytest.fail("Xvfb is missing: `make test` installs it or says how.")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [str(program), "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as display:
        monkeypatch.setenv("DISPLAY", f":{display.readline().strip()}")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        yield
    server.terminate()
    server.wait()


async def sign_in(window: Window) -> None:
    """Do what a person does in the window: follow the link, sign in, close it."""
    context = window.context
    page = context.pages[0]
    assert await page.evaluate("navigator.webdriver") is not True
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Password").fill("secret of Ada")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("Signed in as Ada").wait_for()
    async with context.expect_event("close"):
        # The window knows it for a moment before it is closed, as with people.
        await page.wait_for_timeout(1500)
        await page.close()


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("jobs", "screen")
async def test_a_note_waits_for_the_sign_in_and_is_posted_once_after_it(poster: Poster) -> None:
    note = await poster.note()
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    assert await _connect(poster) == Connected(poster.place, "", 1)
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
    assert poster.site.on("one") == ["1:23 The music is too loud"]

    poster.site.logins.clear()
    second = await poster.note("The logo is too small")
    await poster.ask(second)
    assert (await poster.end_of(second)).status is NoteStatus.NEEDS_LOGIN, "the login is over"
    [login] = await do(poster.database, logins_of, poster.who.user_id)
    assert login.is_expired
    await _connect(poster)
    assert (await poster.end_of(second, NoteStatus.POSTED)).status is NoteStatus.POSTED
    assert poster.site.on("one") == ["1:23 The music is too loud", "1:23 The logo is too small"]
    assert await do(poster.database, forget_login, poster.who.user_id, poster.place) == 1


async def _connect(poster: Poster) -> Connected:
    return await connect(poster.database, poster.seal, poster.who.user_id, poster.address, when_open=sign_in)


@pytest.mark.usefixtures("screen")
async def test_a_window_that_is_closed_without_a_sign_in_connects_nothing(poster: Poster) -> None:
    async def close(window: Window) -> None:
        await window.context.pages[0].close()

    with pytest.raises(InvalidInput, match="nobody is signed in"):
        await connect(poster.database, poster.seal, poster.who.user_id, poster.address, when_open=close)
    assert await do(poster.database, logins_of, poster.who.user_id) == []


async def test_without_a_screen_it_says_so(poster: Poster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SetupProblem, match="no screen"):
        await connect(poster.database, poster.seal, poster.who.user_id, poster.address)


@pytest.mark.usefixtures("screen")
async def test_a_window_that_nobody_closes_is_closed_and_nothing_of_it_is_kept(poster: Poster) -> None:
    with pytest.raises(Unavailable, match="Nobody finished"):
        await connect(poster.database, poster.seal, poster.who.user_id, poster.address, wait_seconds=1.0)
    assert await do(poster.database, logins_of, poster.who.user_id) == []


async def test_an_address_that_is_no_videos_page_is_refused(poster: Poster) -> None:
    with pytest.raises(InvalidInput, match="not the page of a video"):
        await connect(poster.database, poster.seal, poster.who.user_id, "https://vimeo.com/watch")
