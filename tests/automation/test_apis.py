"""Posting over the platforms' APIs: real clients against each platform's wire on loopback."""

from collections.abc import Iterator, Mapping

import pytest

from lossy.automation.apis.base import PlatformApi
from lossy.automation.authorizing import Authorizing, Connected
from lossy.automation.contract import Api, NeedsLogin
from lossy.automation.sealing import Seal
from lossy.db import logins, users
from lossy.db.engine import Database
from lossy.errors import InvalidInput, NotFound, Unavailable
from lossy.events import NoteStatus
from tests.automation.api_sites import (
    NAME,
    PASSWORD,
    SITES,
    ApiSite,
    FrameIoSite,
    MediaCmsSite,
    PeerTubeSite,
    VimeoSite,
    YouTubeSite,
)
from tests.automation.conftest import AnyPoster, reviewer_of

TEXT = 'The "music" is <b>too loud</b> & the cut is late 🎬\nsecond line'
BODY = f"1:23 {TEXT}"
pytestmark = pytest.mark.once
WAY_BACK = "https://lossy.example.org/connected"


@pytest.fixture(params=SITES, ids=lambda made: made.__name__.removesuffix("Site"))
def site(request: pytest.FixtureRequest) -> Iterator[ApiSite]:
    made: type[ApiSite] = request.param
    with made() as site:
        yield site


def only(*sites: type[ApiSite]) -> pytest.MarkDecorator:
    """Run a test against these alone."""
    return pytest.mark.parametrize(
        "site", sites, indirect=True, ids=[made.__name__.removesuffix("Site") for made in sites]
    )


@pytest.fixture
def api(site: ApiSite) -> PlatformApi:
    return site.api()


@pytest.fixture
def apis(api: PlatformApi) -> Mapping[str, Api]:
    return {api.platform: api}


@pytest.fixture
async def poster(database: Database, site: ApiSite, seal: Seal) -> AnyPoster:
    return AnyPoster(database, await reviewer_of(database, site.video), seal)


def written(site: ApiSite) -> str:
    """Give what is to stand there: where there is a field for the time, the words alone."""
    return TEXT if isinstance(site, FrameIoSite) else BODY


@pytest.mark.usefixtures("jobs")
async def test_a_note_becomes_a_comment(poster: AnyPoster, site: ApiSite) -> None:
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (NoteStatus.POSTED, None)
    assert site.texts == [written(site)]
    post, steps = await poster.posted(note)
    assert (post.account, post.comment_id) == ("Ada", site.comments[0].id)
    assert ended.permalink
    assert ended.permalink.startswith("https://" if site.video.startswith("https://") else site.url)
    assert "answered 20" in steps[-1].detail
    if isinstance(site, FrameIoSite):
        assert site.comments[0].at == "00:01:23:00"


@pytest.mark.usefixtures("jobs")
async def test_a_comment_that_is_taken_and_answered_500_stands_once(poster: AnyPoster, site: ApiSite) -> None:
    for number in range(5):
        site.stand(f"{number}:00 Something else")
    site.stand(written(site))  # the same words, by somebody else
    site.mood.answers = 500
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert (site.texts.count(written(site)), site.sent) == (2, 1)


@pytest.mark.usefixtures("jobs")
async def test_what_is_answered_500_and_never_seen_is_for_a_person_to_say(poster: AnyPoster, site: ApiSite) -> None:
    site.mood.answers, site.mood.takes = 502, False
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.UNKNOWN
    assert site.sent == 1


@pytest.mark.usefixtures("jobs")
async def test_a_comment_that_is_refused_has_failed(poster: AnyPoster, site: ApiSite) -> None:
    site.mood.answers, site.mood.takes = 422, False
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (
        NoteStatus.FAILED,
        "The platform did not take the comment (it answered 422).",
    )
    assert site.sent == 1


@only(YouTubeSite, FrameIoSite, PeerTubeSite)
@pytest.mark.usefixtures("jobs")
async def test_a_token_that_is_over_is_renewed_and_kept(poster: AnyPoster, site: ApiSite, seal: Seal) -> None:
    old = site.tokens(is_over=True)
    await poster.keep(old, logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    async with poster.database.read() as db:
        [login] = await logins.logins_of(db, poster.who.user_id)
    kept = seal.open(login.sealed)
    assert kept["access_token"] in site.access
    assert kept["refresh_token"] in site.refresh
    assert kept["expires_at"] > 1
    assert kept.get("client_id") == old.get("client_id"), "PeerTube's stays with it"


@pytest.mark.usefixtures("jobs")
async def test_without_a_token_that_counts_a_note_waits_for_the_login(poster: AnyPoster, site: ApiSite) -> None:
    await poster.keep(site.tokens(), logins.API)
    site.access.clear()
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert ended.status is NoteStatus.NEEDS_LOGIN
    assert ended.error
    assert ended.error.endswith("Connect it again.")
    await poster.keep(site.tokens(), logins.API)
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED
    assert site.texts == [written(site)]


@only(YouTubeSite, PeerTubeSite)
@pytest.mark.usefixtures("jobs")
async def test_a_token_that_is_not_renewed_is_a_login_that_is_over(poster: AnyPoster, site: ApiSite) -> None:
    await poster.keep(site.tokens(is_over=True), logins.API)
    site.mood.grants = False
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN


@only(YouTubeSite)
@pytest.mark.parametrize("still_answered", [0, 1, 2, 3])
@pytest.mark.usefixtures("jobs")
async def test_a_login_that_is_lost_after_the_comment_was_sent_posts_nothing_twice(
    poster: AnyPoster, site: ApiSite, still_answered: int
) -> None:
    site.mood.answers, site.mood.takes, site.mood.signs_out_after = 500, False, still_answered
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    site.stand(written(site), "UCada")  # it had taken it after all, and shows it now
    await poster.keep(site.tokens(), logins.API)
    assert (await poster.end_of(note, NoteStatus.POSTED, NoteStatus.UNKNOWN)).status is NoteStatus.POSTED
    assert (site.texts, site.sent) == ([written(site)], 1)


@pytest.mark.usefixtures("jobs")
async def test_a_video_that_is_gone_is_said(poster: AnyPoster, site: ApiSite) -> None:
    site.mood.gone = True
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (NoteStatus.FAILED, "The video is not there any more.")


@only(YouTubeSite, VimeoSite, PeerTubeSite, MediaCmsSite)
@pytest.mark.usefixtures("jobs")
async def test_comments_that_are_turned_off_are_said(poster: AnyPoster, site: ApiSite) -> None:
    site.mood.closed = True
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert (ended.status, ended.error) == (NoteStatus.FAILED, "Comments are turned off for this video.")
    assert site.sent == 0


@pytest.mark.usefixtures("jobs")
async def test_too_many_requests_are_waited_for(poster: AnyPoster, site: ApiSite) -> None:
    site.mood.refuses = 429
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    await poster.end_of(note, NoteStatus.POSTING)
    await poster.end_of(note, NoteStatus.PENDING_POST)
    site.mood.refuses = 0
    assert (await poster.end_of(note)).status is NoteStatus.POSTED
    assert site.texts == [written(site)]


@only(YouTubeSite)
@pytest.mark.parametrize(
    ("reason", "status", "words"),
    [
        ("quotaExceeded", NoteStatus.FAILED, "What YouTube allows Lossy for today is used up."),
        ("insufficientPermissions", NoteStatus.NEEDS_LOGIN, "YouTube was not allowed to let Lossy comment."),
        ("forbidden", NoteStatus.FAILED, "YouTube does not let you do this."),
    ],
)
@pytest.mark.usefixtures("jobs")
async def test_what_youtube_does_not_allow_is_said(
    poster: AnyPoster, site: ApiSite, reason: str, status: NoteStatus, words: str
) -> None:
    site.mood.refuses, site.mood.reason = 403, reason
    await poster.keep(site.tokens(), logins.API)
    note = await poster.note(TEXT)
    await poster.ask(note)
    ended = await poster.end_of(note)
    assert ended.status is status
    assert ended.error
    assert words in ended.error


def authorizing(poster: AnyPoster, api: PlatformApi) -> Authorizing:
    return Authorizing(poster.database, poster.seal, {api.platform: api})


async def connect(poster: AnyPoster, site: ApiSite, api: PlatformApi) -> Connected:
    """Go the way there and back."""
    lets_in = authorizing(poster, api)
    state, code = site.authorize(await lets_in.begin(poster.who.user_id, api.platform, WAY_BACK))
    return await lets_in.finish(poster.who.user_id, state, code)


@only(YouTubeSite, VimeoSite, FrameIoSite)
@pytest.mark.usefixtures("jobs")
async def test_who_allows_it_at_the_platform_is_connected(
    poster: AnyPoster, site: ApiSite, api: PlatformApi, seal: Seal
) -> None:
    note = await poster.note(TEXT)
    await poster.keep({}, logins.API)
    site.mood.refuses = 401
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.NEEDS_LOGIN
    site.mood.refuses = 0
    assert await connect(poster, site, api) == Connected(poster.place, "Ada", 1)
    async with poster.database.read() as db:
        [login] = await logins.logins_of(db, poster.who.user_id)
    assert (login.kind, login.account, login.platform) == (logins.API, "Ada", api.platform)
    access = seal.open(login.sealed)["access_token"]
    assert access in site.access
    assert access.encode() not in login.sealed
    assert (await poster.end_of(note, NoteStatus.POSTED)).status is NoteStatus.POSTED


@only(YouTubeSite)
async def test_a_way_back_counts_once_and_only_for_who_began(
    poster: AnyPoster, site: ApiSite, api: PlatformApi, database: Database
) -> None:
    lets_in = authorizing(poster, api)
    async with database.write() as db:
        other = await users.add_user(db, "other@example.org", None)
    address = await lets_in.begin(poster.who.user_id, api.platform, WAY_BACK)
    state, code = site.authorize(address)
    with pytest.raises(InvalidInput, match="Somebody else began this"):
        await lets_in.finish(other.id, state, code)
    with pytest.raises(InvalidInput, match="is over"):
        await lets_in.finish(poster.who.user_id, state, code)
    with pytest.raises(InvalidInput, match="is over"):
        await lets_in.finish(poster.who.user_id, "made up", code)
    state, _ = site.authorize(await lets_in.begin(poster.who.user_id, api.platform, WAY_BACK))
    with pytest.raises(NeedsLogin, match="did not let Lossy in"):
        await lets_in.finish(poster.who.user_id, state, "another code")
    async with database.read() as db:
        assert await logins.logins_of(db, poster.who.user_id) == []


@only(YouTubeSite, PeerTubeSite)
async def test_only_where_this_server_is_registered_is_on_offer(
    poster: AnyPoster, site: ApiSite, api: PlatformApi
) -> None:
    lets_in = authorizing(poster, api)
    assert lets_in.on_offer == ([("youtube", "YouTube")] if isinstance(site, YouTubeSite) else [])
    with pytest.raises(NotFound):
        await lets_in.begin(poster.who.user_id, "vimeo", WAY_BACK)


@only(PeerTubeSite, MediaCmsSite)
@pytest.mark.usefixtures("jobs")
async def test_a_name_and_a_password_become_tokens(
    poster: AnyPoster, site: ApiSite, api: PlatformApi, seal: Seal
) -> None:
    connected = await authorizing(poster, api).sign_in(poster.who.user_id, site.video, NAME, PASSWORD)
    assert connected == Connected(poster.place, "Ada", 0)
    async with poster.database.read() as db:
        [login] = await logins.logins_of(db, poster.who.user_id)
    kept = seal.open(login.sealed)
    assert kept["access_token"] in site.access
    assert PASSWORD not in str(kept)
    note = await poster.note(TEXT)
    await poster.ask(note)
    assert (await poster.end_of(note)).status is NoteStatus.POSTED


@only(PeerTubeSite)
async def test_tokens_of_a_password_are_renewed_when_they_are_over(
    poster: AnyPoster, api: PlatformApi, seal: Seal, site: ApiSite
) -> None:
    await authorizing(poster, api).sign_in(poster.who.user_id, site.video, NAME, PASSWORD)
    async with poster.database.read() as db:
        [login] = await logins.logins_of(db, poster.who.user_id)
    assert seal.open(login.sealed)["expires_at"] > 1_700_000_000, "without the moment nobody would know"


@only(PeerTubeSite, MediaCmsSite)
async def test_a_wrong_password_is_said_in_words(poster: AnyPoster, site: ApiSite, api: PlatformApi) -> None:
    lets_in = authorizing(poster, api)
    with pytest.raises(NeedsLogin, match="does not know this name and password"):
        await lets_in.sign_in(poster.who.user_id, site.video, NAME, "a guess")
    with pytest.raises(InvalidInput, match="would travel there readable"):
        await lets_in.sign_in(poster.who.user_id, site.video.replace("127.0.0.1", "tube.example.org"), NAME, PASSWORD)
    with pytest.raises(InvalidInput, match="Only PeerTube and MediaCMS"):
        await lets_in.sign_in(poster.who.user_id, "https://vimeo.com/76979871", NAME, PASSWORD)


@only(PeerTubeSite, MediaCmsSite)
async def test_a_server_that_is_down_is_said_in_words(poster: AnyPoster, site: ApiSite, api: PlatformApi) -> None:
    nowhere = site.video.replace(site.url, "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="can't be reached"):
        await authorizing(poster, api).sign_in(poster.who.user_id, nowhere, NAME, PASSWORD)
