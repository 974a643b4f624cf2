"""What a person does about their logins at platforms: begins to sign in, finishes, gives up, has one tested.

Of each person at most one sign-in is under way in this process, and every page of theirs shows it. A browser that is
open for it is closed when the person has left, after a quarter of an hour, and when the server stops; then nothing of
it is kept.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from lossy.agent.background import background
from lossy.agent.signing_in import TESTS, SignIn, Way, claims, password_claims
from lossy.agent.throttle import Throttle
from lossy.automation.apis import Apis
from lossy.automation.authorizing import Authorizing, Connected
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers, browserbase_browsers
from lossy.automation.connecting import (
    OpenWindow,
    Window,
    connect,
    has_screen,
    place_of_video,
    window_at_browserbase,
    window_here,
)
from lossy.automation.posting import ANYWHERE
from lossy.automation.reach import Reach, make_reach
from lossy.automation.sealing import Seal, seal_of
from lossy.db import logins
from lossy.db.engine import Database
from lossy.errors import Conflict, InvalidInput, LossyError
from lossy.events import ConnectionsChanged
from lossy.settings import Settings

BROKE = "Something in Lossy broke, and the sign-in ended. Begin again."

logger = logging.getLogger(__name__)


@dataclass
class _UnderWay:
    shown: SignIn
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


class Connections:
    """The logins of everybody, and the sign-ins that are under way."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        apis: Apis,
        *,
        way_back: str,
        windows: Mapping[Way, OpenWindow],
        far: BrowserbaseBrowsers | None = None,
        reach: Reach = ANYWHERE,
    ) -> None:
        self._database = database
        self._seal = seal
        self._apis = apis
        self._way_back = way_back
        self._windows = windows
        self._far = far
        self._reach = reach
        self._authorizing = Authorizing(database, seal, apis)
        self._throttle = Throttle()
        self._under_way: dict[str, _UnderWay] = {}
        self._pages: dict[str, set[object]] = {}

    @property
    def on_offer(self) -> list[tuple[str, str]]:
        """The platforms that people allow Lossy at, and what they are called."""
        return self._authorizing.on_offer

    @property
    def browser_way(self) -> Way:
        """How people sign in in a browser."""
        return next((way for way in (Way.WINDOW, Way.LIVE_VIEW) if way in self._windows), Way.TERMINAL)

    def under_way(self, user_id: str) -> SignIn | None:
        """Give what the person is signing in at."""
        found = self._under_way.get(user_id)
        return None if found is None else found.shown

    async def begin(self, user_id: str, url: str, *, in_browser: bool = False) -> None:
        """Begin to sign in where a video is, the best way that there is; what was under way before is given up."""
        named, place = place_of_video(url)
        api = None if in_browser else self._apis.get(named.platform)
        if api is None:
            way, name = self.browser_way, ""
        else:
            way, name = Way.PASSWORD if api.oauth is None else Way.API, api.name
        self._throttle.take(claims(user_id, way))
        while user_id in self._under_way:
            await self.give_up(user_id)
        mine = self._under_way[user_id] = _UnderWay(SignIn(named.url or url, place, way, name))
        if way in self._windows:
            mine.task = background(self._sign_in(user_id, mine), "sign-in", lambda: self._broke(user_id, mine))
            self._show(user_id, mine)
        elif way is Way.API:
            try:
                address = await self._authorizing.begin(user_id, named.platform, self._way_back)
            except BaseException:
                self._drop(user_id, mine)
                raise
            self._show(user_id, mine, stage="waiting", address=address)
        else:
            self._show(user_id, mine, stage="waiting")

    async def allow(self, user_id: str, platform: str) -> str:
        """Give the platform's own address, where the person lets Lossy in."""
        self._throttle.take(claims(user_id, Way.API))
        return await self._authorizing.begin(user_id, platform, self._way_back)

    async def finish(self, user_id: str, state: str, code: str) -> Connected:
        """Take what the platform sent the person back with."""
        connected = await self._authorizing.finish(user_id, state, code)
        self.settle(user_id, connected.place)
        return connected

    async def give_password(self, user_id: str, name: str, password: str) -> None:
        """Sign in with a name and a password where that was begun; what is wrong is shown with it."""
        mine = self._under_way.get(user_id)
        if mine is None or mine.shown.way is not Way.PASSWORD:
            raise Conflict("This sign-in is over. Begin it again.")
        if mine.shown.stage == "keeping":
            return
        tries = password_claims(user_id, mine.shown.place)
        try:
            if not name or not password:
                raise InvalidInput("Type your name there and its password.")
            self._throttle.take(tries)
            self._show(user_id, mine, stage="keeping", problem=None)
            await self._reach.check(mine.shown.url)
            await self._authorizing.sign_in(user_id, mine.shown.url, name, password)
        except LossyError as refusal:
            self._show(user_id, mine, stage="waiting", problem=refusal.message)
        else:
            self._throttle.give_back(tries)
            self._drop(user_id, mine)

    def done(self, user_id: str) -> None:
        """Say that one has signed in: the browser is read a last time and closed."""
        mine = self._under_way.get(user_id)
        if mine is not None and mine.shown.stage == "waiting" and mine.task is not None:
            self._show(user_id, mine, stage="keeping")
            mine.ended.set()

    async def give_up(self, user_id: str) -> None:
        """End what is under way; nothing of it is kept."""
        mine = self._under_way.get(user_id)
        if mine is not None:
            if mine.task is not None:
                mine.task.cancel()
                await asyncio.gather(mine.task, return_exceptions=True)
            self._drop(user_id, mine)

    def settle(self, user_id: str, place: str) -> None:
        """End what is under way at a host, as one is connected there now; a browser that is open stays."""
        mine = self._under_way.get(user_id)
        if mine is not None and mine.shown.place == place and mine.task is None:
            self._drop(user_id, mine)

    async def ask_test(self, user_id: str, login_id: str) -> None:
        """Have a login tested."""
        self._throttle.take({("test", user_id): TESTS})
        async with self._database.write() as db:
            await logins.ask_test(db, user_id, login_id)

    async def disconnect(self, user_id: str, login_id: str) -> str:
        """Forget a login; give its host."""
        async with self._database.write() as db:
            return await logins.disconnect(db, user_id, login_id)

    def arrive(self, user_id: str, page: object) -> None:
        """A page of the person is open."""
        self._pages.setdefault(user_id, set()).add(page)

    def leave(self, user_id: str, page: object) -> None:
        """A page of the person is gone; with the last one goes a browser that they have open."""
        pages = self._pages.get(user_id, set())
        pages.discard(page)
        if not pages:
            self._pages.pop(user_id, None)
            if user_id in self._under_way:
                background(self.give_up(user_id), "end of a sign-in whose person left")

    async def aclose(self) -> None:
        """End every sign-in."""
        for user_id in list(self._under_way):
            await self.give_up(user_id)
        if self._far is not None:
            await self._far.aclose()

    async def _sign_in(self, user_id: str, mine: _UnderWay) -> None:
        async def show(window: Window) -> None:
            self._show(user_id, mine, stage="waiting", address=window.live_view)

        shown = mine.shown
        try:
            await connect(
                self._database, self._seal, user_id, shown.url,
                window=self._windows[shown.way], ended=mine.ended, when_open=show,
            )  # fmt: skip
        except LossyError as problem:
            self._show(user_id, mine, stage="failed", problem=problem.message, address=None)
        else:
            self._drop(user_id, mine)

    def _broke(self, user_id: str, mine: _UnderWay) -> None:
        self._show(user_id, mine, stage="failed", problem=BROKE, address=None)

    def _show(self, user_id: str, mine: _UnderWay, **changes: object) -> None:
        mine.shown = replace(mine.shown, **changes)  # type: ignore[arg-type]
        if self._under_way.get(user_id) is mine:
            self._tell(user_id, mine.shown.place)

    def _drop(self, user_id: str, mine: _UnderWay) -> None:
        if self._under_way.get(user_id) is mine:
            del self._under_way[user_id]
            self._tell(user_id, mine.shown.place)

    def _tell(self, user_id: str, place: str) -> None:
        self._database.bus.publish(ConnectionsChanged(user_id=user_id, place=place, change="signing_in"))


def make_connections(settings: Settings, database: Database, apis: Apis) -> Connections:
    """Put together what the settings ask for, with the browsers that people could see."""
    windows: dict[Way, OpenWindow] = {}
    far = browserbase_browsers(settings)
    if not settings.is_for_others and has_screen():
        windows[Way.WINDOW] = window_here
    if far is not None:
        windows[Way.LIVE_VIEW] = partial(window_at_browserbase, far)
    way_back = f"{settings.public_url or settings.origin}/connected"
    return Connections(
        database, seal_of(settings), apis,
        way_back=way_back, windows=windows, far=far, reach=make_reach(settings),
    )  # fmt: skip
