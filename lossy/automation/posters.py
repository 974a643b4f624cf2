"""All that a process needs to post, put together from the settings; `lossy serve` has it, or else `lossy worker`."""

import asyncio
import logging

from lossy.automation.apis import Apis
from lossy.automation.browsers import Browsers
from lossy.automation.browsers.browserbase import browserbase_browsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.exploring import Explorer, clear_profiles
from lossy.automation.gateway import Gateway
from lossy.automation.housekeeping import keep_posts
from lossy.automation.login_tests import LoginTests
from lossy.automation.platforms import adapter_for
from lossy.automation.posting import Pace, Posting
from lossy.automation.reach import Reach, make_reach
from lossy.automation.sealing import seal_of
from lossy.db.engine import Database
from lossy.inference.chat_model import ChatModel
from lossy.jobs import Kind
from lossy.settings import Settings

logger = logging.getLogger(__name__)


class Posters:
    """The work of posting and of testing logins, its browsers, and who looks after posts whose job died."""

    def __init__(
        self,
        database: Database,
        posting: Posting,
        login_tests: LoginTests,
        browsers: Browsers,
        explorer: Explorer | None = None,
    ) -> None:
        self._database = database
        self._posting = posting
        self.login_tests = login_tests
        self._browsers = browsers
        self._explorer = explorer
        self._keeping: asyncio.Task[None] | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of work that this is."""
        return self._posting.kind, self.login_tests.kind

    async def start(self) -> None:
        """End the browsers that a killed process left, and look after posts."""
        await asyncio.to_thread(clear_profiles)
        if orphans := await self._browsers.reap():
            logger.info("Ended %d browsers that a killed process had left.", orphans)
        self._keeping = asyncio.create_task(keep_posts(self._database), name="housekeeping of posts")

    async def aclose(self) -> None:
        """End the browsers; call it once no job runs any more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._browsers.aclose()
        if self._explorer is not None:
            await self._explorer.aclose()


def make_posters(settings: Settings, database: Database, apis: Apis) -> Posters:
    """Put together what the settings ask for; nothing is started."""
    reach = make_reach(settings)
    browsers = browserbase_browsers(settings) or LocalBrowsers(
        headless=settings.post_headless, gateway=Gateway() if reach.is_limited else None
    )
    seal = seal_of(settings)
    pace = Pace(
        settle=settings.post_settle_seconds,
        look_again=settings.post_look_again_seconds,
        per_minute=settings.post_per_minute,
    )
    explorer = _explorer(settings, reach)
    posting = Posting(database, browsers, seal, adapter_for, apis, reach=reach, explorer=explorer, pace=pace)
    login_tests = LoginTests(database, browsers, seal, adapter_for, apis, reach=reach)
    return Posters(database, posting, login_tests, browsers, explorer)


def _explorer(settings: Settings, reach: Reach) -> Explorer | None:
    key, url = settings.openai_api_key, settings.openai_base_url
    if settings.post_model is None or (key is None and url is None):
        return None
    secret = None if key is None else key.get_secret_value()
    seconds = settings.llm_timeout_seconds
    model = ChatModel(settings.post_model, api_key=secret, base_url=url, timeout_seconds=seconds)
    return Explorer(model, headless=settings.post_headless, gateway=Gateway if reach.is_limited else None)
