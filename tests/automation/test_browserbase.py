"""Posting through browsers at Browserbase: a stand-in on loopback, the real SDK, real Chromium."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from lossy.automation.browsers import Browsers
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Busy
from lossy.bench.browserbase_stand_in import API_KEY, BrowserbaseStandIn
from lossy.bench.comment_site import CommentSite
from lossy.doctor import examine
from lossy.errors import Unavailable
from lossy.events import NoteStatus
from lossy.jobs import Jobs
from lossy.settings import Settings
from tests.automation.conftest import WAIT_SECONDS, Poster


@pytest.fixture
def browserbase() -> Iterator[BrowserbaseStandIn]:
    with BrowserbaseStandIn() as stand_in:
        yield stand_in


def browsers_at(browserbase: BrowserbaseStandIn, api_key: str = API_KEY) -> BrowserbaseBrowsers:
    return BrowserbaseBrowsers(api_key, None, browserbase.url, LocalBrowsers())


@pytest.fixture
async def browsers(browserbase: BrowserbaseStandIn) -> AsyncIterator[Browsers]:
    far = browsers_at(browserbase)
    yield far
    await far.aclose()


@pytest.mark.usefixtures("jobs")
async def test_a_note_becomes_a_comment_and_the_session_is_released(
    poster: Poster, browserbase: BrowserbaseStandIn
) -> None:
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    posted = await poster.end_of(note)
    assert (posted.status, posted.error) == (NoteStatus.POSTED, None)
    assert poster.site.on("one") == ["1:23 The music is too loud"]
    assert len(browserbase.sessions) == 1
    [session] = browserbase.sessions.values()
    assert await asyncio.to_thread(session.is_over.wait, WAIT_SECONDS), "it is released, after the note's end"
    assert session.metadata["lossy"] == socket.gethostname()
    assert "Ada" not in str(session.metadata)


async def test_a_plan_that_allows_no_more_is_waited_for(
    poster: Poster, browserbase: BrowserbaseStandIn, jobs: Jobs
) -> None:
    browserbase.refuses_with, browserbase.retry_after = 429, "0.1"
    await poster.connect()
    note = await poster.note()
    await poster.ask(note)
    await poster.end_of(note, NoteStatus.POSTING)
    await poster.end_of(note, NoteStatus.PENDING_POST)
    browserbase.refuses_with = 0
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert len(poster.site.comments) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (402, "What the plan at Browserbase allows is used up."),
        (401, "Browserbase does not accept its key. See LOSSY_BROWSERBASE_API_KEY."),
        (500, "Browserbase can't be reached."),
    ],
)
async def test_what_browserbase_refuses_is_said_in_words(
    browserbase: BrowserbaseStandIn, browsers: Browsers, status: int, words: str
) -> None:
    browserbase.refuses_with = status
    with pytest.raises(Unavailable) as refused:
        async with browsers.open(None, {}):
            pass
    assert refused.value.message == words


async def test_how_long_it_is_busy_is_what_it_said(browserbase: BrowserbaseStandIn, browsers: Browsers) -> None:
    browserbase.refuses_with, browserbase.retry_after = 429, "7"
    with pytest.raises(Busy) as busy:
        async with browsers.open(None, {}):
            pass
    assert busy.value.seconds == 7.0


async def test_browserbase_that_is_down_is_said_in_words(browserbase: BrowserbaseStandIn) -> None:
    nowhere = BrowserbaseBrowsers(API_KEY, None, "http://127.0.0.1:9", LocalBrowsers())
    with pytest.raises(Unavailable, match=r"Browserbase can't be reached\."):
        async with nowhere.open(None, {}):
            pass
    assert await nowhere.reap() == 0
    await nowhere.aclose()


async def test_a_login_that_a_page_keeps_in_its_storage_is_there(
    comment_site: CommentSite, browserbase: BrowserbaseStandIn, browsers: Browsers
) -> None:
    state = {
        "cookies": [],
        "origins": [{"origin": comment_site.url, "localStorage": [{"name": "token", "value": "abc"}]}],
    }
    async with browsers.open(state, {}) as opened:
        page = await opened.context.new_page()
        await page.goto(comment_site.address("one"))
        assert await page.evaluate("localStorage.getItem('token')") == "abc"
        await page.goto(comment_site.address("one").replace("127.0.0.1", "localhost"))
        assert await page.evaluate("localStorage.getItem('token')") is None
    async with browsers.open(None, {}) as opened:
        page = await opened.context.new_page()
        await page.goto(comment_site.address("one"))
        assert await page.evaluate("localStorage.getItem('token')") is None, "each session begins without a login"
    assert browserbase.running == []


MAKER = """
import asyncio, sys
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers
from lossy.automation.browsers.local import LocalBrowsers

async def main():
    async with BrowserbaseBrowsers(sys.argv[1], None, sys.argv[2], LocalBrowsers()).open(None, {}) as opened:
        print(opened.key, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_session_of_a_killed_process_is_ended_by_its_key_and_by_the_next_start(
    browserbase: BrowserbaseStandIn, browsers: Browsers
) -> None:
    makers, keys = [], []
    for _ in range(3):
        maker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MAKER, API_KEY, browserbase.url, stdout=asyncio.subprocess.PIPE, env=os.environ
        )
        assert maker.stdout is not None
        keys.append((await maker.stdout.readline()).decode().strip())
        makers.append(maker)
    living = makers.pop()
    for maker in makers:
        maker.send_signal(signal.SIGKILL)
        await maker.wait()
    assert len(browserbase.running) == 3
    await browsers.end(keys[0])
    assert await browsers.reap() == 1
    assert [f"browserbase:{session.id}" for session in browserbase.running] == [keys[2]]
    assert await browsers.reap() == 0
    living.send_signal(signal.SIGKILL)
    await living.wait()
    await browsers.end("browserbase:nobody-knows-it")


@pytest.mark.parametrize(
    ("key", "is_fine", "words"), [(API_KEY, True, "are there"), ("wrong", False, "LOSSY_BROWSERBASE_API_KEY")]
)
async def test_the_doctor_asks_whether_the_key_is_good(
    browserbase: BrowserbaseStandIn, *, key: str, is_fine: bool, words: str
) -> None:
    settings = Settings(_env_file=None, browserbase_api_key=SecretStr(key), browserbase_url=browserbase.url)
    [finding] = [finding for finding in await examine(settings) if finding.what == "browserbase"]
    assert (finding.is_fine, finding.is_optional) == (is_fine, True)
    assert words in finding.words
