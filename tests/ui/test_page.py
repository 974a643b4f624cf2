"""A page outlives what goes wrong in it, and ends when its sign-in does."""

import asyncio
import logging
from datetime import timedelta

import pytest
from nicegui.testing import User
from sqlalchemy import text
from sqlmodel import col, update

from lossy.agent.core import Core
from lossy.bus import Missed
from lossy.db.models import Token
from lossy.db.types import utc_now
from lossy.events import Event
from lossy.ui import sign_ins
from lossy.ui.components.lock import Lock
from lossy.ui.components.note_list import NoteList
from lossy.ui.components.player import Player
from lossy.ui.components.top_bar import TopBar
from lossy.ui.components.video_library import VideoLibrary
from lossy.ui.pump import Pump
from tests.ui.people import PATIENCE_SECONDS, Reviewer, hears, sees


async def ends_at(core: Core, who: Reviewer, seconds: float) -> None:
    """Let a token end so many seconds from now."""
    moment = utc_now() + timedelta(seconds=seconds)
    async with core.database.write() as db:
        await db.exec(update(Token).where(col(Token.id) == who.identity.token_id).values(expires_at=moment))


async def rename_table(core: Core, old: str, new: str) -> None:
    """Take a table away from under the server, or give it back."""
    async with core.database.write() as db:
        await (await db.connection()).execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_a_page_empties_itself_when_its_token_expires(user: User, core: Core, ann: Reviewer) -> None:
    ticket = await ann.ticket()
    await ends_at(core, ann, 1.0)
    await user.open("/")
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})
    await sees(user, kind=VideoLibrary)

    await hears(user, '"leave"')
    await user.should_not_see(kind=VideoLibrary)
    assert sign_ins.CHECK_EVERY_SECONDS + 1.0 < PATIENCE_SECONDS


async def test_an_expired_token_opens_nothing(user: User, core: Core, ann: Reviewer) -> None:
    ticket = await ann.ticket()
    await ends_at(core, ann, -1.0)
    await user.open("/")
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})

    await hears(user, '"ask"')
    await user.should_not_see(kind=VideoLibrary)


async def test_a_page_that_missed_its_sign_out_finds_out(user: User, core: Core, ann: Reviewer) -> None:
    await ann.unlock(user, "/")
    await sees(user, kind=VideoLibrary)
    async with core.database.write() as db:
        await db.exec(update(Token).values(revoked_at=utc_now()))
    core.bus.tell_missed()

    await hears(user, '"leave"')
    await user.should_not_see(kind=VideoLibrary)


async def test_the_sample_opens_from_a_page_that_could_not_be_filled(user: User, ann: Reviewer) -> None:
    await ann.unlock(user, "/review/nothing")
    await sees(user, "There is nothing here")
    user.find(kind=TopBar).trigger("sample")

    await sees(user, kind=Player)


async def test_a_database_failure_at_unlocking_is_said_and_can_be_tried_again(
    user: User, core: Core, ann: Reviewer, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = await ann.ticket()
    await rename_table(core, "tickets", "tickets_away")
    await user.open("/")
    with caplog.at_level(logging.CRITICAL):
        user.find(kind=Lock).trigger("ticket", {"ticket": ticket})
        await sees(user, "This page broke")
    await rename_table(core, "tickets_away", "tickets")
    user.find(marker="again").click()

    await hears(user, '"ask"')
    user.find(kind=Lock).trigger("ticket", {"ticket": ticket})
    await sees(user, kind=VideoLibrary)


async def test_notes_that_can_not_be_read_again_are_tried_until_they_can(
    user: User, core: Core, ann: Reviewer, caplog: pytest.LogCaptureFixture
) -> None:
    video = await ann.add_video()
    await ann.unlock(user, f"/review/{video}")
    await sees(user, kind=NoteList)
    await hears(user, '"reset"')
    await ann.add_note(video, "Before the gap")
    await hears(user, "Before the gap")
    await rename_table(core, "notes", "notes_away")
    core.bus.tell_missed()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "could not be read again" not in caplog.text:  # noqa: ASYNC110  # a log can only be looked at
            await asyncio.sleep(0.01)
    await rename_table(core, "notes_away", "notes")
    await ann.add_note(video, "After the gap")

    await hears(user, "After the gap")


async def test_a_listener_that_breaks_does_not_deafen_the_others(
    user: User, core: Core, ann: Reviewer, caplog: pytest.LogCaptureFixture
) -> None:
    video = await ann.add_video()
    await user.open("/signin")
    assert user.client is not None
    pump = Pump(user.client, core.bus)
    heard: asyncio.Queue[object] = asyncio.Queue()

    def break_down(batch: list[Event | Missed]) -> None:
        raise ZeroDivisionError

    pump.listen(break_down, f"video:{video}")
    pump.listen(heard.put_nowait)
    with caplog.at_level(logging.CRITICAL):
        for words in ("One", "Two"):
            await ann.add_note(video, words)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await heard.get()
    pump.close()


async def test_a_closed_pump_leaves_no_ear_on_the_bus(user: User, core: Core) -> None:
    await user.open("/signin")
    assert user.client is not None
    pump = Pump(user.client, core.bus, "user:one")
    heard: list[object] = []
    pump.listen(heard.extend, "video:one")
    pump.close()
    pump.forget(heard.extend, "video:one")
    pump.listen(heard.extend, "video:two")

    assert not core.bus.topics & {"user:one", "video:one", "video:two"}
