"""On a server that others use, browsers that post reach nothing of its own network, however it is written."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from lossy.automation.browsers import Browsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Refused
from lossy.automation.gateway import Gateway
from lossy.automation.guard import is_home
from lossy.automation.reach import Reach, is_public, make_reach
from lossy.bench.comment_site import CommentSite
from lossy.db import notes, posts, videos
from lossy.db.models import NoteRow, Video
from lossy.errors import InvalidInput
from lossy.events import Category, Note, NoteStatus
from lossy.settings import Settings
from lossy.video_url import identify_url
from tests.automation.conftest import AnyPoster, Poster
from tests.db.rows import do

INSIDE = """127.0.0.1 127.1.2.3 10.0.0.1 172.16.5.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 255.255.255.255
    224.0.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1::
    64:ff9b::a9fe:a9fe"""
OUTSIDE = "93.184.215.14 8.8.8.8 2606:2800:21f:cb07:6820:80da:af6b:8b2c ::ffff:8.8.8.8 64:ff9b::808:808"
HOSTS = """127.0.0.1 127.0.0.1. 127.1 2130706433 0x7f000001 0177.0.0.1 0.0.0.0 0 127。0。0。1 localhost localhost.
    LOCALHOST ⓛocalhost
    a.localhost [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] www.youtube.com@127.0.0.1 user:word@localhost
    vimeo.com%2f@127.0.0.1 169.254.169.254 10.0.0.1 192.168.0.1 [fe80::1] [fd00::1]"""
PATHS = """/ /watch/one /watch?v=dQw4w9WgXcQ /w/9c9de5e8-a1e3-4c1a-8c2b-1d0000000000 /view?m=AbCdEfGhI /film.mp4
    /player/0f3b9c1e-5a4d-4c6b-9e21-7d8f6a5b4c3d /latest/meta-data/ //evil /%2e%2e/x"""
SCHEMES = "javascript: data:text/html, file:// chrome:// view-source:http:// blob:http:// ftp:// about: ws:// //"
PLACES = "127.0.0.1:{port}/watch/one localhost:{port}/ /etc/passwd x"
CROOKED = (
    "http://127.0.0.1:{port}/\nwatch",
    "http://\t127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http://",
    "\\\\127.0.0.1",
    "http://127.0.0.1:{port}\\@vimeo.com/1",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "http://\u202e127.0.0.1:{port}/",
    "",
)


def hostile(port: int) -> list[str]:
    """Write the addresses of a server on this machine, and of what else nobody should open."""
    pages = [f"http://{host}:{port}{path}" for host in HOSTS.split() for path in PATHS.split()]
    others = [scheme + place for scheme in SCHEMES.split() for place in PLACES.split()]
    return pages + [each.replace("{port}", str(port)) for each in (*others, *CROOKED)]


@pytest.fixture
async def browsers() -> AsyncIterator[Browsers]:
    local = LocalBrowsers(gateway=Gateway())
    yield local
    assert local.launched == 0
    await local.aclose()


@pytest.fixture
def reach() -> Reach:
    return Reach(is_limited=True)


@pytest.mark.parametrize(("addresses", "expected"), [(INSIDE, False), (OUTSIDE, True)], ids=["inside", "outside"])
def test_an_address_is_of_the_public_internet_or_is_not(addresses: str, expected: bool) -> None:
    assert [address for address in addresses.split() if is_public(address) is not expected] == []


@pytest.mark.once
@pytest.mark.usefixtures("jobs")
async def test_three_hundred_hostile_addresses_open_nothing(poster: Poster) -> None:
    tried = hostile(urlsplit(poster.site.url).port or 0)
    assert len(set(tried)) >= 300
    waiting, refused = [], 0
    for url in tried:
        try:
            waiting.append(await asked_for(poster, url))
        except InvalidInput:
            refused += 1
    ended = [await poster.end_of(note) for note in waiting]
    assert {note.status for note in ended} == {NoteStatus.FAILED}
    assert len(ended) + refused == len(tried)
    assert poster.site.visited == set()
    assert poster.site.comments == []


@pytest.mark.once
@pytest.mark.usefixtures("jobs")
async def test_an_address_that_does_not_name_its_video_opens_nothing(poster: Poster) -> None:
    for url in (
        "https://evil.example/watch?v=dQw4w9WgXcQ",
        poster.address,
        "javascript:alert(1)",
        "file:///etc/passwd",
    ):
        video = await video_at(poster, "youtube", "dQw4w9WgXcQ", url)
        note = await note_on(poster, video)
        with pytest.raises(InvalidInput):
            await poster.ask(note)
    assert poster.site.visited == set()


async def test_a_page_behind_a_public_name_is_posted_to_and_leads_nowhere_inside(comment_site: CommentSite) -> None:
    async def resolve(host: str, port: int) -> str:
        if host != "films.example":
            raise Refused("inside")
        return "127.0.0.1"

    comment_site.mood.open_to_all = True
    port = urlsplit(comment_site.url).port
    browsers = LocalBrowsers(gateway=Gateway(resolve))
    async with browsers.open(None, {}) as opened:
        page = await opened.context.new_page()
        await page.goto(f"http://films.example:{port}/watch/one")
        await page.get_by_placeholder("Add a comment…").fill("Through the gateway")
        await page.get_by_role("button", name="Post comment").click()
        await page.get_by_text("Through the gateway").wait_for()
        assert comment_site.on("one") == ["Through the gateway"]
        asked = (
            f"() => fetch('http://127.0.0.1:{port}/watch/inside', {{ mode: 'no-cors' }}).then(() => 'came', () => 'no')"
        )
        await page.evaluate(asked)
        comment_site.mood.redirects_to = f"{comment_site.url}/watch/two"
        answer = await page.goto(f"http://films.example:{port}/watch/three")
        assert answer is not None
        assert answer.status == 403
        await page.set_content(f"<iframe src='{comment_site.url}/watch/four'></iframe>")
    await browsers.aclose()
    assert comment_site.visited == {"films.example/one", "films.example/three"}


@pytest.mark.parametrize(
    ("url", "home", "expected"),
    [
        ("https://www.films.example/a", "http://films.example/b", True),
        ("https://films.example:443/", "https://films.example/", True),
        ("https://next.frame.io/x", "https://app.frame.io/y", True),
        ("http://127.0.0.1:81/", "http://127.0.0.1:80/", False),
        ("http://films.example/", "https://films.example/", False),
        ("https://films.example.evil.example/", "https://films.example/", False),
        ("https://evilframe.io/", "https://app.frame.io/", False),
        ("https://films.example@evil.example/", "https://films.example/", False),
        ("about:blank", "https://films.example/", False),
        ("data:text/html,x", "https://films.example/", False),
    ],
)
def test_a_page_is_at_home_on_its_own_site_alone(url: str, home: str, expected: bool) -> None:
    assert is_home(url, home) is expected


@pytest.mark.parametrize(
    ("settings", "is_limited"),
    [
        ({}, False),
        ({"public_url": "https://lossy.example"}, True),
        ({"host": "0.0.0.0"}, True),
        ({"public_url": "https://lossy.example", "post_to_private_network": True}, False),
        ({"post_to_private_network": False}, True),
    ],
)
def test_a_server_for_others_is_limited_unless_it_is_told_otherwise(
    settings: dict[str, object],
    is_limited: bool,
) -> None:
    assert make_reach(Settings.model_validate(settings)).is_limited is is_limited


async def asked_for(poster: AnyPoster, url: str) -> Note:
    """Let a note on the video of an address be posted."""
    named = identify_url(url)
    note = await note_on(poster, await video_at(poster, named.platform, named.external_id, named.url))
    await do(poster.database, posts.ask, poster.who.user_id, note.id)
    return note


async def video_at(poster: AnyPoster, platform: str, external_id: str, url: str | None) -> Video:
    """Put a video of this identity into the reviewer's library."""
    facts = {"platform": platform, "external_id": external_id, "url": url, "title": "", "duration_seconds": None}
    return await do(poster.database, videos.open_video, poster.who.user_id, **facts)


async def note_on(poster: AnyPoster, video: Video) -> Note:
    """Let a firmed note be on it."""
    row = NoteRow(
        video_id=video.id, author_id=poster.who.user_id, text="Too loud", start_seconds=1.0,
        category=Category.AUDIO, confidence=0.9, status=NoteStatus.FIRMED,
    )  # fmt: skip
    return await do(poster.database, notes.create_note, row)
