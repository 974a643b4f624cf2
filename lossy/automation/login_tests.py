"""Tests whether a login still counts: asks the platform's API who it is, or looks at a page of a video there."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lossy.automation.authorizing import is_here
from lossy.automation.browsers import Browsers
from lossy.automation.contract import Adapter, Api, Comment, NeedsLogin, Tokens
from lossy.automation.guard import keep_to
from lossy.automation.posting import ANYWHERE
from lossy.automation.reach import Reach
from lossy.automation.sealing import Seal
from lossy.automation.visits import PageVisit
from lossy.db import logins
from lossy.db.engine import Database, Db
from lossy.db.models import PlatformLogin, Video
from lossy.errors import InvalidInput, LossyError
from lossy.jobs import Kind, Run
from lossy.video_url import posting_address

logger = logging.getLogger(__name__)

WITHIN_SECONDS = 60.0
TIME_LIMIT_SECONDS = 90.0
PAGE_MS = 30_000


@dataclass(frozen=True)
class Tested:
    """What came of a test; where it could not tell, `is_over` is None."""

    is_over: bool | None
    account: str = ""
    message: str | None = None
    """Why the login is not fine, or why nobody can tell."""


class LoginTests:
    """Tests logins with the browsers and APIs of this process."""

    def __init__(
        self,
        database: Database,
        browsers: Browsers,
        seal: Seal,
        adapter_for: Callable[[str], Adapter],
        apis: Mapping[str, Api],
        *,
        reach: Reach = ANYWHERE,
    ) -> None:
        self._database = database
        self._browsers = browsers
        self._seal = seal
        self._adapter_for = adapter_for
        self._apis = apis
        self._reach = reach

    @property
    def kind(self) -> Kind:
        """The kind of work that this is."""
        return Kind(logins.TEST, logins.QUEUE, self._run, TIME_LIMIT_SECONDS, again_seconds=())

    async def test(self, login: PlatformLogin) -> Tested:
        """Test a login, and keep what was found."""
        tested = await self._test(login)
        async with self._database.write() as db:
            await _keep(db, login, tested)
        return tested

    async def _run(self, run: Run) -> None:
        async with self._database.read() as db:
            login = await db.get(PlatformLogin, str(run.payload["login"]))
        if login is None:
            return
        tested = await self._test(login)
        async with self._database.write() as db:
            await run.finish(db)
            await _keep(db, login, tested)

    async def _test(self, login: PlatformLogin) -> Tested:
        async with self._database.read() as db:
            video = await logins.video_at(db, login.user_id, login.platform, login.place)
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                who = self._ask_api if login.kind == logins.API else self._look_at_page
                return Tested(is_over=False, account=await who(login, video))
        except NeedsLogin as problem:
            return Tested(is_over=True, message=problem.message)
        except LossyError as problem:
            return Tested(is_over=None, message=problem.message)
        except TimeoutError:
            return Tested(is_over=None, message="The test took too long. Test it again later.")
        except Exception as problem:
            logger.warning("A login could not be tested.", exc_info=problem)
            return Tested(is_over=None, message=f"The page did not do what was expected ({type(problem).__name__}).")

    async def _ask_api(self, login: PlatformLogin, video: Video | None) -> str:
        api = self._apis.get(login.platform)
        if api is None:
            raise InvalidInput("This server is not registered at this platform any more. Ask whoever runs it.")

        async def renewed(tokens: Tokens) -> None:
            login.sealed = self._seal.seal(tokens)
            async with self._database.write() as db:
                await logins.renew_login(db, login.id, login.sealed)

        url = _server(login, video)
        await self._reach.check(url)
        async with api.client(self._seal.open(login.sealed), renewed, url) as client:
            return await api.who_is_logged_in(client)

    async def _look_at_page(self, login: PlatformLogin, video: Video | None) -> str:
        if video is None:
            raise InvalidInput(f"Open a video of {login.place} in Lossy first: a login is tested on its page.")
        address = posting_address(video.platform, video.external_id, video.url or "")
        comment = Comment(address.url, video.external_id, "", 0.0)
        await self._reach.check(comment.url)
        async with self._browsers.open(self._seal.open(login.sealed), {"login": login.id}) as opened:
            kept_from = await keep_to(opened.context, comment.url)
            page = await opened.context.new_page()
            page.set_default_timeout(PAGE_MS)
            visit = PageVisit(page, self._adapter_for(login.platform), comment, kept_from)
            await visit.open_at()
            return await visit.who_is_logged_in()


async def _keep(db: Db, login: PlatformLogin, tested: Tested) -> None:
    await logins.was_tested(db, login, account=tested.account, is_over=tested.is_over, message=tested.message)


def _server(login: PlatformLogin, video: Video | None) -> str:
    if video is not None and video.url is not None:
        return video.url
    address = f"https://{login.place}"
    return address.replace("https:", "http:") if is_here(address) else address
