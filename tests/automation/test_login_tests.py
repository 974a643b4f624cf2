"""A login is asked whether it still counts."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.login_tests import LoginTests
from lossy.automation.platforms import adapter_for
from lossy.automation.sealing import Seal
from lossy.db import logins
from lossy.db.engine import Database
from lossy.db.models import PlatformLogin, Video
from lossy.events import ConnectionsChanged
from lossy.jobs import Jobs
from tests.automation.api_sites import PeerTubeSite
from tests.automation.conftest import WAIT_SECONDS, AnyPoster, Poster, reviewer_of
from tests.db.rows import do


@pytest.fixture
async def tests_of_logins(poster: Poster) -> AsyncIterator[LoginTests]:
    browsers = LocalBrowsers()
    yield LoginTests(poster.database, browsers, poster.seal, adapter_for, {})
    await browsers.aclose()


async def login_of(who: AnyPoster) -> PlatformLogin:
    [login] = await do(who.database, logins.logins_of, who.who.user_id)
    return login


async def test_a_browsers_login_is_fine_until_it_is_over(poster: Poster, tests_of_logins: LoginTests) -> None:
    await poster.connect()
    assert (await tests_of_logins.test(await login_of(poster))).is_over is False
    poster.site.logins.clear()
    tested = await tests_of_logins.test(await login_of(poster))
    assert tested.is_over is True
    assert "Nobody is signed in" in (tested.message or "")
    assert (await login_of(poster)).is_expired


async def test_what_nobody_can_tell_leaves_the_login_as_it_is(poster: Poster, tests_of_logins: LoginTests) -> None:
    await poster.connect()
    poster.site.mood.closed = True
    tested = await tests_of_logins.test(await login_of(poster))
    assert (tested.is_over, tested.message) == (None, "Comments are turned off for this video.")
    async with poster.database.write() as db:
        await db.delete(await db.get_one(Video, poster.who.video.id))
    tested = await tests_of_logins.test(await login_of(poster))
    assert tested.is_over is None
    assert "Open a video of" in (tested.message or "")
    assert not (await login_of(poster)).is_expired


async def test_a_test_runs_as_a_job_once_and_tells_its_user_what_came_of_it(
    poster: Poster, tests_of_logins: LoginTests, lossy_redis_url: str | None
) -> None:
    await poster.connect()
    poster.site.logins.clear()
    login = await login_of(poster)
    jobs = Jobs(poster.database, [tests_of_logins.kind], lossy_redis_url)
    with poster.database.bus.subscribe(f"user:{poster.who.user_id}") as news:
        for _ in range(2):
            await do(poster.database, logins.ask_test, poster.who.user_id, login.id)
        assert await do(poster.database, logins.is_tested_now, login)
        await jobs.start()
        told: list[ConnectionsChanged] = []
        async with asyncio.timeout(WAIT_SECONDS):
            while not told:
                told += [item for item in await news.batch() if isinstance(item, ConnectionsChanged)]
    await jobs.close(drain_seconds=5)
    [told_once] = told
    assert (told_once.place, told_once.change) == (poster.place, "tested")
    assert "Nobody is signed in" in (told_once.message or "")
    assert (await login_of(poster)).is_expired
    assert not await do(poster.database, logins.is_tested_now, login)


@pytest.fixture
def peertube() -> Iterator[PeerTubeSite]:
    with PeerTubeSite() as site:
        yield site


@pytest.mark.once
async def test_tokens_are_asked_whose_they_are_and_renewed(
    database: Database, peertube: PeerTubeSite, seal: Seal
) -> None:
    who = AnyPoster(database, await reviewer_of(database, peertube.video), seal)
    api = peertube.api()
    tests = LoginTests(database, LocalBrowsers(), seal, adapter_for, {api.platform: api})
    await who.keep(peertube.tokens(is_over=True), logins.API)
    tested = await tests.test(await login_of(who))
    assert (tested.is_over, tested.account) == (False, "Ada")
    login = await login_of(who)
    assert login.account == "Ada"
    assert seal.open(login.sealed)["access_token"] in peertube.access, "what took the place of the old one is kept"

    peertube.access.clear()
    peertube.mood.grants = False
    tested = await tests.test(login)
    assert (tested.is_over, (await login_of(who)).is_expired) == (True, True)


@pytest.mark.once
async def test_a_test_says_nothing_about_a_login_that_came_meanwhile(
    poster: Poster, tests_of_logins: LoginTests
) -> None:
    await poster.connect()
    old = await login_of(poster)
    poster.site.logins.clear()
    await poster.connect()
    assert (await tests_of_logins.test(old)).is_over is True
    assert not (await login_of(poster)).is_expired
