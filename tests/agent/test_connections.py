"""Somebody signs in at a platform: in which way, one at a time, and nothing is left open when they go."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from cryptography.fernet import Fernet
from playwright.async_api import async_playwright
from pydantic import SecretStr

from lossy.agent.connections import Connections, make_connections
from lossy.agent.signing_in import PASSWORD_THERE, SignIn, Way
from lossy.agent.throttle import Throttled
from lossy.automation.apis import Apis
from lossy.bench.browserbase_stand_in import API_KEY, BrowserbaseStandIn
from lossy.bench.comment_site import CommentSite
from lossy.db import logins
from lossy.db.engine import Database
from lossy.db.models import PlatformLogin
from lossy.errors import InvalidInput
from lossy.settings import Settings
from tests.automation.api_sites import NAME, PASSWORD, ApiSite, PeerTubeSite, YouTubeSite
from tests.db.rows import Reviewer, do, reviewer

pytestmark = pytest.mark.once
WAIT_SECONDS = 40.0


@pytest.fixture
def browserbase() -> Iterator[BrowserbaseStandIn]:
    with BrowserbaseStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def comment_site() -> Iterator[CommentSite]:
    with CommentSite() as site:
        yield site


@pytest.fixture
def peertube() -> Iterator[PeerTubeSite]:
    with PeerTubeSite() as site:
        yield site


@pytest.fixture
async def ann(database: Database) -> Reviewer:
    return await reviewer(database)


@pytest.fixture
async def far(database: Database, browserbase: BrowserbaseStandIn) -> AsyncIterator[Connections]:
    """Give connections with live views."""
    made = make_connections(
        _settings(browserbase_api_key=SecretStr(API_KEY), browserbase_url=browserbase.url), database, {}
    )
    yield made
    await made.aclose()


def _settings(**more: object) -> Settings:
    usual = {
        "public_url": "https://lossy.example.org",
        "secret_keys": (SecretStr(Fernet.generate_key().decode()),),
        "post_to_private_network": True,
    }
    return Settings(_env_file=None, **{**usual, **more})  # type: ignore[arg-type]


def without_browser(database: Database, *sites: ApiSite, **more: object) -> Connections:
    """Give connections of a server that has no browser to show."""
    apis: Apis = {api.platform: api for api in (site.api() for site in sites)}
    return make_connections(_settings(**more), database, apis)


async def until(connections: Connections, who: Reviewer, fits: Callable[[SignIn | None], bool]) -> SignIn | None:
    """Wait until what is under way is so."""
    database = connections._database
    with database.bus.subscribe(f"user:{who.user_id}") as news:
        async with asyncio.timeout(WAIT_SECONDS):
            while not fits(connections.under_way(who.user_id)):
                await news.batch()
    return connections.under_way(who.user_id)


def waits(shown: SignIn | None) -> bool:
    return shown is not None and shown.stage == "waiting"


async def is_released(browserbase: BrowserbaseStandIn) -> None:
    [*_, session] = browserbase.sessions.values()
    assert await asyncio.to_thread(session.is_over.wait, WAIT_SECONDS)


async def kept(database: Database, who: Reviewer) -> list[PlatformLogin]:
    return await do(database, logins.logins_of, who.user_id)


async def test_a_live_view_is_signed_in_at_kept_and_released(
    far: Connections, ann: Reviewer, browserbase: BrowserbaseStandIn, comment_site: CommentSite, database: Database
) -> None:
    await far.begin(ann.user_id, comment_site.address("one"))
    shown = await until(far, ann, waits)
    [session] = browserbase.sessions.values()
    assert shown is not None
    assert (shown.way, shown.address) == (Way.LIVE_VIEW, f"{browserbase.url}/live/{session.id}")
    assert ann.email not in str(session.metadata)

    async with async_playwright() as playwright:
        [page, *_] = (await playwright.chromium.connect_over_cdp(session.connect_url)).contexts[0].pages
        await page.get_by_role("link", name="Sign in").click()
        await page.get_by_label("Name").fill("Ada")
        await page.get_by_label("Password").fill("secret of Ada")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_text("Signed in as Ada").wait_for()
    far.done(ann.user_id)

    await until(far, ann, lambda shown: shown is None)
    [login] = await kept(database, ann)
    [cookie] = far._seal.open(login.sealed)["cookies"]
    assert comment_site.logins[cookie["value"]] == "Ada"
    await is_released(browserbase)


async def test_when_the_last_page_of_a_person_is_gone_so_is_their_browser(
    far: Connections, ann: Reviewer, browserbase: BrowserbaseStandIn, comment_site: CommentSite, database: Database
) -> None:
    far.arrive(ann.user_id, "settings")
    far.arrive(ann.user_id, "review")
    await far.begin(ann.user_id, comment_site.address("one"))
    await until(far, ann, waits)
    far.leave(ann.user_id, "settings")
    assert waits(far.under_way(ann.user_id))
    far.leave(ann.user_id, "review")

    await until(far, ann, lambda shown: shown is None)
    await is_released(browserbase)
    assert await kept(database, ann) == []


async def test_one_person_has_one_browser_and_the_end_of_the_server_ends_it(
    far: Connections, ann: Reviewer, browserbase: BrowserbaseStandIn, comment_site: CommentSite
) -> None:
    await far.begin(ann.user_id, comment_site.address("one"))
    await until(far, ann, waits)
    await asyncio.gather(*(far.begin(ann.user_id, comment_site.address(video)) for video in ("two", "three")))
    shown = await until(far, ann, waits)
    assert shown is not None
    assert len(browserbase.running) == 1
    assert browserbase.most_at_once == 1
    await far.aclose()
    assert browserbase.running == []


async def test_what_browserbase_refuses_is_shown_in_words_and_can_be_begun_again(
    far: Connections, ann: Reviewer, browserbase: BrowserbaseStandIn, comment_site: CommentSite
) -> None:
    browserbase.refuses_with = 402
    await far.begin(ann.user_id, comment_site.address("one"))
    shown = await until(far, ann, lambda shown: shown is not None and shown.stage == "failed")
    assert shown is not None
    assert shown.problem == "What the plan at Browserbase allows is used up."
    browserbase.refuses_with = 0
    await far.begin(ann.user_id, shown.url)
    await until(far, ann, waits)


async def test_browsers_are_not_opened_without_end(
    far: Connections, ann: Reviewer, browserbase: BrowserbaseStandIn, comment_site: CommentSite
) -> None:
    browserbase.refuses_with = 402
    for _ in range(10):
        await far.begin(ann.user_id, comment_site.address("one"))
    with pytest.raises(Throttled, match="Too many attempts to open a browser"):
        await far.begin(ann.user_id, comment_site.address("one"))


async def test_each_place_has_the_best_way_that_there_is(
    database: Database, ann: Reviewer, peertube: PeerTubeSite
) -> None:
    with YouTubeSite() as youtube:
        connections = without_browser(database, youtube, peertube)
        ways = {}
        for url in (youtube.video, peertube.video, "https://films.example/watch/one"):
            await connections.begin(ann.user_id, url)
            shown = connections.under_way(ann.user_id)
            assert shown is not None
            assert shown.stage == "waiting"
            ways[shown.place] = (shown.way, shown.name)
        await connections.begin(ann.user_id, peertube.video, in_browser=True)
        shown = connections.under_way(ann.user_id)
    assert list(ways.values()) == [(Way.API, "YouTube"), (Way.PASSWORD, "PeerTube"), (Way.TERMINAL, "")]
    assert shown is not None
    assert shown.way is Way.TERMINAL


@pytest.mark.parametrize("url", ["https://www.youtube.com/feed", "lossy:sample", "javascript:alert(1)", "file:///etc"])
async def test_what_is_no_videos_page_is_refused(database: Database, ann: Reviewer, url: str) -> None:
    connections = without_browser(database)
    with pytest.raises(InvalidInput):
        await connections.begin(ann.user_id, url)
    assert connections.under_way(ann.user_id) is None


async def test_a_password_is_tried_a_few_times_and_a_right_one_connects(
    database: Database, ann: Reviewer, peertube: PeerTubeSite
) -> None:
    ben = await reviewer(database, "ben@example.org", "two")
    connections = without_browser(database, peertube)
    for who in (ann, ben):
        await connections.begin(who.user_id, peertube.video)
    for _ in range(PASSWORD_THERE.tries):
        await connections.give_password(ann.user_id, NAME, "a guess")
        shown = connections.under_way(ann.user_id)
        assert shown is not None
        assert (shown.stage, shown.problem) == ("waiting", "This PeerTube does not know this name and password.")
    await connections.give_password(ann.user_id, NAME, PASSWORD)
    shown = connections.under_way(ann.user_id)
    assert shown is not None
    assert (shown.problem or "").startswith("Too many attempts to sign in there.")
    assert await kept(database, ann) == []

    await connections.give_password(ben.user_id, NAME, PASSWORD)
    assert connections.under_way(ben.user_id) is None
    [login] = await kept(database, ben)
    assert (login.place, login.account, login.kind) == (peertube.url.removeprefix("http://"), "Ada", logins.API)
    assert PASSWORD not in str(vars(connections))


async def test_no_password_goes_into_the_network_of_a_server_that_others_use(
    database: Database, ann: Reviewer, peertube: PeerTubeSite
) -> None:
    connections = without_browser(database, peertube, post_to_private_network=None)
    await connections.begin(ann.user_id, peertube.video)
    await connections.give_password(ann.user_id, NAME, PASSWORD)
    shown = connections.under_way(ann.user_id)
    assert shown is not None
    assert "inside the network of this server" in (shown.problem or "")
    assert await kept(database, ann) == []
