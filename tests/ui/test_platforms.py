"""Connecting platforms: what happened is rendered, and what is pressed commands the connections."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from lossy.agent.core import Core
from lossy.db import logins, notes, posts, videos
from lossy.db.models import NoteRow, PlatformLogin
from lossy.events import NoteStatus
from lossy.settings import Settings
from lossy.ui.components.address_form import AddressForm
from lossy.ui.components.connection_list import ConnectionList
from lossy.ui.components.lock import FramedLock, Lock
from lossy.ui.components.note_list import NoteList
from lossy.ui.components.sign_in_bar import SignInBar
from lossy.ui.components.way_back import WayBack
from tests.automation.api_sites import NAME, PASSWORD, PeerTubeSite, YouTubeSite
from tests.ui.people import PATIENCE_SECONDS, Reviewer, hears, sees, told

SECRET = b"what-is-sealed"
FILM = "https://films.example/watch/one"


@pytest.fixture
def youtube() -> Iterator[YouTubeSite]:
    with YouTubeSite() as site:
        yield site


@pytest.fixture
def peertube() -> Iterator[PeerTubeSite]:
    with PeerTubeSite() as site:
        yield site


@pytest.fixture
async def core(
    tmp_path: Path, sqlite_tables: Path, youtube: YouTubeSite, peertube: PeerTubeSite
) -> AsyncIterator[Core]:
    """Give a server that is registered at YouTube, and has no browser to show."""
    shutil.copyfile(sqlite_tables, tmp_path / "lossy.db")
    public = "https://lossy.example.org"
    settings = Settings(
        _env_file=None, data_dir=tmp_path, stt_model="demo", public_url=public, post_to_private_network=True
    )
    core = Core(settings, {api.platform: api for api in (youtube.api(), peertube.api())})
    await core.start()
    yield core
    await core.close()


async def connect(who: Reviewer, place: str, *, is_over: bool = False) -> PlatformLogin:
    """Let somebody be connected."""
    user_id = who.identity.user_id
    async with who.core.database.write() as db:
        await logins.keep_login(db, user_id, "web", place, sealed=SECRET, account="Ada")
        [login] = [one for one in await logins.logins_of(db, user_id) if one.place == place]
        login.is_expired = is_over
        db.add(login)
    return login


def element(user: User, kind: type[ui.element]) -> ui.element:
    [found] = user.find(kind=kind).elements
    return found


def rows(user: User) -> list[dict[str, Any]]:
    return list(element(user, ConnectionList).props["rows"] or [])


def bar(user: User) -> dict[str, Any]:
    return dict(element(user, SignInBar).props["signIn"] or {})


async def until(fits: Any) -> None:
    """Wait until something is so in the page."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fits():  # noqa: ASYNC110  # what a page shows can only be looked at
            await asyncio.sleep(0.01)


async def in_settings(user: User, who: Reviewer) -> None:
    await who.unlock(user, "/settings")
    await sees(user, kind=ConnectionList)
    await until(lambda: element(user, ConnectionList).props["rows"] is not None)


async def test_who_is_connected_is_listed_for_its_user_alone(user: User, ann: Reviewer, ben: Reviewer) -> None:
    await connect(ann, "films.example")
    await connect(ben, "secret.example")
    await in_settings(user, ann)
    [row] = rows(user)
    assert (row["place"], row["account"], row["overApi"], row["isOver"]) == ("films.example", "Ada", False, False)
    await connect(ben, "another.example")
    await connect(ann, "second.example")
    await until(lambda: len(rows(user)) == 2)
    assert "secret.example" not in told(user)
    assert SECRET.decode() not in told(user)


async def test_a_login_that_is_over_or_gone_is_shown_so_at_once(user: User, core: Core, ann: Reviewer) -> None:
    login = await connect(ann, "films.example")
    await in_settings(user, ann)
    async with core.database.write() as db:
        await logins.was_tested(db, login, is_over=True, message="Nobody is signed in there.")
    await until(lambda: rows(user)[0]["isOver"])
    await hears(user, "Nobody is signed in there.")
    async with core.database.write() as db:
        await logins.forget_login(db, ann.identity.user_id, "films.example")
    await until(lambda: rows(user) == [])


async def test_a_sign_in_is_shown_on_every_page_of_its_user_and_on_no_other(
    user: User, core: Core, ann: Reviewer, ben: Reviewer
) -> None:
    await core.connections.begin(ben.identity.user_id, FILM)
    await in_settings(user, ann)
    assert bar(user) == {}
    await core.connections.begin(ann.identity.user_id, FILM)
    await until(lambda: bar(user) != {})
    assert (bar(user)["place"], bar(user)["way"]) == ("films.example", "terminal")
    assert bar(user)["command"] == f"lossy connect add {FILM} --email ann@example.org"


async def test_what_is_begun_ends_once_one_is_connected_there(user: User, core: Core, ann: Reviewer) -> None:
    await in_settings(user, ann)
    await core.connections.begin(ann.identity.user_id, FILM)
    await until(lambda: bar(user) != {})
    await connect(ann, "films.example")  # as `lossy connect` in another process does
    await hears(user, "Connected to films.example.")
    await until(lambda: bar(user) == {})


async def test_an_address_begins_a_sign_in_that_can_be_given_up(user: User, core: Core, ann: Reviewer) -> None:
    await in_settings(user, ann)
    user.find(kind=AddressForm).trigger("address", {"url": FILM})
    await until(lambda: bar(user) != {})
    user.find(kind=SignInBar).trigger("give_up", {})
    await until(lambda: bar(user) == {})
    assert core.connections.under_way(ann.identity.user_id) is None


async def test_an_address_of_no_video_is_refused_in_words(user: User, ann: Reviewer) -> None:
    await in_settings(user, ann)
    user.find(kind=AddressForm).trigger("address", {"url": "https://vimeo.com/watch"})
    await hears(user, "This is not the page of a video.")
    assert bar(user) == {}


async def test_a_name_and_a_password_connect_and_never_come_back(
    user: User, core: Core, ann: Reviewer, peertube: PeerTubeSite
) -> None:
    await in_settings(user, ann)
    user.find(kind=AddressForm).trigger("address", {"url": peertube.video})
    await until(lambda: bar(user).get("way") == "password")
    user.find(kind=SignInBar).trigger("password", {"name": NAME, "password": "a-wrong-guess"})
    await until(lambda: "does not know this name" in (bar(user).get("problem") or ""))
    user.find(kind=SignInBar).trigger("password", {"name": NAME, "password": PASSWORD})
    await until(lambda: len(rows(user)) == 1)
    assert (rows(user)[0]["overApi"], bar(user)) == (True, {})
    assert "a-wrong-guess" not in told(user)
    assert PASSWORD not in told(user)
    assert not any(token in told(user) for token in peertube.access)


async def test_a_login_is_tested_and_disconnected_by_its_owner_alone(
    user: User, core: Core, ann: Reviewer, ben: Reviewer
) -> None:
    mine, of_ben = await connect(ann, "films.example"), await connect(ben, "secret.example")
    await in_settings(user, ann)
    user.find(kind=ConnectionList).trigger("test", {"id": mine.id})
    await until(lambda: rows(user)[0]["isTested"])
    for act in ("test", "disconnect", "again"):
        user.find(kind=ConnectionList).trigger(act, {"id": of_ben.id})
    await hears(user, "You are not connected there.")
    user.find(kind=ConnectionList).trigger("disconnect", {"id": mine.id})
    await until(lambda: rows(user) == [])
    async with core.database.read() as db:
        assert len(await logins.logins_of(db, ben.identity.user_id)) == 1
        assert not await logins.is_tested_now(db, of_ben)


async def test_signing_in_again_needs_a_video_there(user: User, core: Core, ann: Reviewer) -> None:
    login = await connect(ann, "films.example", is_over=True)
    await in_settings(user, ann)
    user.find(kind=ConnectionList).trigger("again", {"id": login.id})
    await hears(user, "Give the address of a video at films.example below")
    await add_film(ann)
    user.find(kind=ConnectionList).trigger("again", {"id": login.id})
    await until(lambda: bar(user).get("place") == "films.example")


@pytest.mark.parametrize("path", ["/review/{video}", "/panel"])
async def test_a_note_that_waits_for_a_sign_in_begins_it_where_its_video_is(
    user: User, ann: Reviewer, ben: Reviewer, path: str
) -> None:
    video = await add_film(ann)
    note = await ann.add_note(video, "Too loud")
    of_ben = await ben.add_note(await add_film(ben), "Secret")
    async with ann.core.database.write() as db:
        await posts.ask(db, ann.identity.user_id, note.id)
        row = await db.get_one(NoteRow, note.id)
        await notes.move_note(db, row, ann.identity.user_id, NoteStatus.POSTING)
        await notes.move_note(db, row, ann.identity.user_id, NoteStatus.NEEDS_LOGIN)
    await user.open(path.format(video=video))
    if path == "/panel":
        user.find(kind=FramedLock).trigger("shown", {"video": video, "title": "Film"})
    await ann_unlocks(user, ann, framed=path == "/panel")
    await sees(user, kind=NoteList)
    user.find(kind=NoteList).trigger("sign_in", {"id": of_ben.id})
    await hears(user, "no such note")
    assert bar(user) == {}
    user.find(kind=NoteList).trigger("sign_in", {"id": note.id})
    await until(lambda: bar(user).get("place") == "films.example")


async def ann_unlocks(user: User, ann: Reviewer, *, framed: bool) -> None:
    user.find(kind=FramedLock if framed else Lock).trigger("ticket", {"ticket": await ann.ticket()})


async def add_film(who: Reviewer) -> str:
    async with who.core.database.write() as db:
        video = await videos.open_video(
            db, who.identity.user_id, platform="web", external_id=FILM, url=FILM, title="Film", duration_seconds=None
        )
    return video.id


async def came_back(user: User, who: Reviewer, **came: str) -> None:
    await who.unlock(user, "/connected")
    await hears(user, '"give"')
    user.find(kind=WayBack).trigger("came", came)


async def begun(who: Reviewer, youtube: YouTubeSite) -> dict[str, str]:
    state, code = youtube.authorize(await who.core.connections.allow(who.identity.user_id, "youtube"))
    return {"state": state, "code": code}


async def test_who_comes_back_is_connected_and_told_as_whom(user: User, ann: Reviewer, youtube: YouTubeSite) -> None:
    came = await begun(ann, youtube)
    await came_back(user, ann, **came)
    await sees(user, "Connected to www.youtube.com")
    await sees(user, "You are signed in as Ada. Notes on videos there are posted as you now.")
    assert came["state"] not in told(user)
    user.find(kind=WayBack).trigger("came", came)
    await sees(user, "This way back from the platform is over. Connect it again. Your notes are safe.")


async def test_another_persons_way_back_connects_nobody(
    user: User, core: Core, ann: Reviewer, ben: Reviewer, youtube: YouTubeSite
) -> None:
    await came_back(user, ben, **await begun(ann, youtube))
    await sees(user, "Somebody else began this. Connect the platform from your own account. Your notes are safe.")
    async with core.database.read() as db:
        for who in (ann, ben):
            assert await logins.logins_of(db, who.identity.user_id) == []


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ({"state": "made up", "code": "x"}, "This way back from the platform is over."),
        ({"error": "access_denied"}, "You did not let Lossy in there."),
        ({"error": "<img src=x onerror=alert(1)>"}, "The platform did not let Lossy in."),
        ({}, "A platform sends you here once you let Lossy in."),
    ],
)
async def test_what_is_no_way_back_is_said_in_words(
    user: User, ann: Reviewer, came: dict[str, str], words: str
) -> None:
    await came_back(user, ann, **came)
    await sees(user, words)
    assert "onerror" not in told(user)


async def test_nothing_is_taken_before_the_page_is_unlocked(
    user: User, core: Core, ann: Reviewer, youtube: YouTubeSite
) -> None:
    came = await begun(ann, youtube)
    await user.open("/connected")
    user.find(kind=WayBack).trigger("came", came)
    await user.should_not_see("Connected to")
    user.client = None
    await came_back(user, ann, **came)
    await sees(user, "Connected to www.youtube.com")
