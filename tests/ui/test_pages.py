"""Pages open for their user only; events are rendered; clicks command."""

import asyncio
import base64

import pytest
from nicegui.testing import User

from lossy.agent.core import Core
from lossy.db import users, videos
from lossy.ui.components.basics import Select, Switch
from lossy.ui.components.lock import Lock
from lossy.ui.components.note_list import NoteList
from lossy.ui.components.player import Player
from lossy.ui.components.talk import Talk
from lossy.ui.components.toasts import Toasts
from lossy.ui.components.video_library import VideoLibrary
from tests.ui.people import Reviewer, hears, told

WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(40)


async def test_a_page_without_a_ticket_shows_nothing_but_its_bones(user: User, ann: Reviewer) -> None:
    await ann.add_video("Secret cut")
    await user.open("/")

    await user.should_see(kind=Lock)
    await user.should_not_see(kind=VideoLibrary)
    assert "Secret cut" not in told(user)


async def test_a_ticket_opens_the_page_for_its_owner(user: User, ann: Reviewer) -> None:
    await ann.add_video("Forest teaser")
    await ann.unlock(user, "/")

    await user.should_see(kind=VideoLibrary)
    await hears(user, "Forest teaser")


async def test_a_ticket_opens_one_page_only(user: User, ann: Reviewer) -> None:
    ticket = await ann.ticket()
    await user.open("/")
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})
    await user.should_see(kind=VideoLibrary)

    await user.open("/")
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})
    await hears(user, '"ask"')
    await user.should_not_see(kind=VideoLibrary)


async def test_a_revoked_token_opens_nothing(core: Core, user: User, ann: Reviewer) -> None:
    ticket = await ann.ticket()
    async with core.database.write() as db:
        await users.revoke_tokens(db, ann.identity.user_id)
    await user.open("/")
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})

    await hears(user, '"ask"')
    await user.should_not_see(kind=VideoLibrary)


async def test_signing_out_empties_the_page(core: Core, user: User, ann: Reviewer) -> None:
    await ann.unlock(user, "/")
    await user.should_see(kind=VideoLibrary)
    async with core.database.write() as db:
        await users.revoke_tokens(db, ann.identity.user_id)

    await hears(user, '"leave"')
    await user.should_not_see(kind=VideoLibrary)


async def test_somebody_elses_video_is_not_shown(user: User, ann: Reviewer, ben: Reviewer) -> None:
    video = await ben.add_video("Not for Ann")
    await ann.unlock(user, f"/review/{video}")

    await user.should_see("There is nothing here")
    await user.should_not_see(kind=NoteList)
    await user.should_not_see("Not for Ann")


async def test_notes_are_listed_and_new_ones_are_put(user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    await ann.add_note(video, "The music is too loud")
    await ann.unlock(user, f"/review/{video}")
    await hears(user, "The music is too loud")

    await ann.add_note(video, "The title is too small")
    await hears(user, "The title is too small")
    puts = [line for line in told(user).splitlines() if '"put"' in line]
    assert len(puts) == 1, "one change is one message"


async def test_notes_of_another_video_are_not_put(user: User, ann: Reviewer) -> None:
    video, other = await ann.add_video("One"), await ann.add_video("Other")
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=NoteList)
    await ann.add_note(other, "On the other video")
    await ann.add_note(video, "On this video")

    await hears(user, "On this video")
    assert "On the other video" not in told(user)


async def test_an_edit_is_stored(user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    note = await ann.add_note(video, "The music is to loud")
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=NoteList)
    edit = {"id": note.id, "version": note.version, "changes": {"text": "<b>Softer</b>", "author_id": "x"}}
    user.find(kind=NoteList).trigger("edit", edit)

    await hears(user, "Softer")
    [stored] = await ann.notes(video)
    assert (stored.text, stored.author_id) == ("<b>Softer</b>", ann.identity.user_id)


async def test_an_edit_of_an_old_version_is_refused_in_words(user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    note = await ann.add_note(video, "First")
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=NoteList)
    user.find(kind=NoteList).trigger("edit", {"id": note.id, "version": 99, "changes": {"text": "Late"}})

    await hears(user, "changed elsewhere")
    assert [stored.text for stored in await ann.notes(video)] == ["First"]


async def test_a_deleted_note_comes_back_by_undo(user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    note = await ann.add_note(video, "Do not lose me")
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=NoteList)
    user.find(kind=NoteList).trigger("remove", {"id": note.id})
    await hears(user, "Note deleted")
    assert await ann.notes(video) == []

    user.find(kind=Toasts).trigger("act", {"key": 0})
    await hears(user, '"put"')
    assert [stored.text for stored in await ann.notes(video)] == ["Do not lose me"]


async def test_confirming_commands_the_session(user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=Talk)
    user.find(kind=Talk).trigger("turn", {"action": "confirm", "turn_id": None})

    await hears(user, "There is nothing to confirm just now.")


async def test_the_demo_recogniser_is_named_as_such(user: User, ann: Reviewer) -> None:
    await ann.unlock(user, "/settings")

    await user.should_see("demo recogniser")


async def test_a_switch_is_kept_with_the_account(core: Core, user: User, ann: Reviewer) -> None:
    await ann.unlock(user, "/settings")
    await user.should_see(kind=Switch)
    [auto_pause] = [
        switch for switch in user.find(kind=Switch).elements if switch.props["aria-label"].startswith("Pause")
    ]
    with user:
        await auto_pause.turn()

    async with core.database.read() as db:
        assert (await users.settings_of(db, ann.identity.user_id))["auto_pause"] is False


async def test_how_sure_a_note_must_be_to_be_posted_by_itself_is_kept(core: Core, user: User, ann: Reviewer) -> None:
    await ann.unlock(user, "/settings")
    await user.should_see(kind=Select)
    [sureness] = [each for each in user.find(kind=Select).elements if each.props["aria-label"] == "How sure of a note"]
    with user:
        await sureness.choose("0.9")
        assert sureness.choose("none of these") is None

    async with core.database.read() as db:
        assert (await users.settings_of(db, ann.identity.user_id))["auto_post_above"] == 0.9


@pytest.mark.parametrize("picture", ["data:text/html;base64,PHNjcmlwdD4=", "data:image/webp;base64,PHNjcmlwdD4=", "x"])
async def test_what_is_no_picture_is_no_poster(core: Core, user: User, ann: Reviewer, picture: str) -> None:
    video = await ann.add_video()
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=Player)
    user.find(kind=Player).trigger("poster", {"picture": picture})

    await hears(user, "This is not a poster.")
    async with core.database.read() as db:
        assert (await videos.require_video(db, ann.identity.user_id, video)).thumbnail is None


async def test_the_picture_of_a_video_is_kept_once(core: Core, user: User, ann: Reviewer) -> None:
    video = await ann.add_video()
    await ann.unlock(user, f"/review/{video}")
    await user.should_see(kind=Player)
    picture = "data:image/webp;base64," + base64.b64encode(WEBP).decode()
    with core.bus.subscribe(f"video:{video}") as news:
        user.find(kind=Player).trigger("poster", {"picture": picture})
        await asyncio.wait_for(news.batch(), 5)

    async with core.database.read() as db:
        assert (await videos.require_video(db, ann.identity.user_id, video)).thumbnail == WEBP


async def test_an_unknown_address_says_so_with_404(user: User) -> None:
    answer = await user.http_client.get("/no/such/page")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
