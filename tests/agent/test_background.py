"""Work that nobody waits for is heard of when it fails."""

import asyncio

import pytest

from lossy.agent import inputs
from lossy.agent.accounts import Accounts
from lossy.agent.background import background
from lossy.agent.core import keep_relaying
from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.errors import NotSignedIn, Unavailable
from lossy.events import Event
from lossy.protocol import TurnAction
from tests.agent.people import PASSWORD, RecordingHasher
from tests.agent.stage import Stage


async def _fail() -> None:
    raise RuntimeError("broken beyond words")


async def test_work_that_fails_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    told = asyncio.Event()
    background(_fail(), "a chore", told.set)
    async with asyncio.timeout(10):
        await told.wait()
    assert "“a chore” failed." in caplog.text
    assert "broken beyond words" in caplog.text


async def test_work_that_is_cancelled_has_not_failed(caplog: pytest.LogCaptureFixture) -> None:
    told = asyncio.Event()
    chore = background(asyncio.sleep(3600), "a chore", told.set)
    chore.cancel()
    await asyncio.gather(chore, return_exceptions=True)
    assert (told.is_set(), caplog.text) == (False, "")


class Starts(Bus):
    """Counts how often a relay begins."""

    def __init__(self) -> None:
        super().__init__()
        self.count = asyncio.Semaphore(0)

    def attach_relay(self, queue: asyncio.Queue[Event]) -> None:
        super().attach_relay(queue)
        self.count.release()


async def test_a_relay_that_breaks_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    bus = Starts()
    relay = background(keep_relaying(bus, "no address at all", again_seconds=0), "event relay")
    async with asyncio.timeout(10):
        await bus.count.acquire()
        await bus.count.acquire()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    assert "The event relay broke" in caplog.text


async def test_accounts_recover_from_a_password_that_could_not_be_hashed(database: Database) -> None:
    accounts = Accounts(database, hasher=FailsOnce())
    with pytest.raises(MemoryError):
        await accounts.sign_in("nobody@example.org", PASSWORD, "here")
    with pytest.raises(NotSignedIn):
        await accounts.sign_in("nobody@example.org", PASSWORD, "here")


class FailsOnce(RecordingHasher):
    """Has no memory the first time."""

    has_failed = False

    async def hash(self, password: str) -> str:
        if not self.has_failed:
            self.has_failed = True
            raise MemoryError
        return await super().hash(password)


async def test_a_session_whose_loop_broke_is_opened_anew(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.session.post(Unanswerable(TurnAction.CONFIRM, None))
    with pytest.raises(Unavailable):
        await stage.session.control_turn(TurnAction.CONFIRM)
    assert "failed" in caplog.text
    again = await stage.sessions.of_user(stage.person.user_id, stage.session.id)
    assert again is not stage.session
    stage.session = again
    await stage.quiet()


class Unanswerable(inputs.TurnSteered):
    """Breaks the loop itself where it is answered."""

    def __getattribute__(self, name: str) -> object:
        if name == "done":
            raise RuntimeError("broken beyond words")
        return super().__getattribute__(name)
