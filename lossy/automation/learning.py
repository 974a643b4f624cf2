"""What is known of sites that nobody described, and when a model may look at one.

Only where nobody found the form by names and roles and nothing was armed; at most once in an attempt and twice for a
post. What it finds is kept for the site, and the next attempt posts by it in the ordinary way, without the model.
"""

from lossy.automation.browsers import StorageState
from lossy.automation.exploring import Explorer
from lossy.automation.platforms.generic import GenericAdapter
from lossy.automation.platforms.learned import LearnedPage, kept_of, layout_of_kept
from lossy.db import posts, site_layouts
from lossy.db.engine import Database, Db
from lossy.db.models import Post
from lossy.errors import LossyError
from lossy.jobs import Run, TooEarly


class Learned(TooEarly):
    """The next attempt goes another way than this one."""

    code = "learned"


class Sites:
    """The sites without an adapter of their own."""

    def __init__(self, database: Database, explorer: Explorer | None) -> None:
        self._database = database
        self._explorer = explorer

    async def adapter_of(self, db: Db, post: Post) -> LearnedPage | None:
        """Give the way that is known on a post's site, if there is one."""
        if post.platform != GenericAdapter.platform:
            return None
        kept = await site_layouts.layout_of(db, post.place)
        return None if kept is None else LearnedPage(layout_of_kept(kept))

    async def learn(self, run: Run, post: Post, url: str, state: StorageState | None) -> None:
        """Let a model look for the form, if it may; raise `Learned` if that is known now."""
        async with self._database.write() as db:
            await run.check(db)
            may = self._explorer is not None and post.platform == GenericAdapter.platform
            if not may or not await posts.may_explore(db, post.id):
                return
        outcome, kept = await self._explore(url, state)
        async with self._database.write() as db:
            await run.check(db)
            await posts.explored(db, post.id, outcome)
            if kept is not None:
                await site_layouts.keep_layout(db, post.place, kept)
        if kept is not None:
            raise Learned("A model found the comment form of this site; the note is posted by it now.", 0.0)

    async def forget(self, post: Post) -> None:
        """Forget the way on a post's site, as it led nowhere; raises `Learned`."""
        async with self._database.write() as db:
            await site_layouts.forget_layout(db, post.place)
        raise Learned("The comment form is not where it was on this site; it is looked for anew.", 0.0)

    async def worked(self, post: Post) -> None:
        """A comment was posted by what is known."""
        async with self._database.write() as db:
            await site_layouts.layout_worked(db, post.place)

    async def failed(self, post: Post) -> None:
        """Nothing showed that the button submits."""
        async with self._database.write() as db:
            await site_layouts.layout_failed(db, post.place)

    async def _explore(self, url: str, state: StorageState | None) -> tuple[str, dict[str, str] | None]:
        if self._explorer is None:
            return "", None
        try:
            return "It was found.", kept_of(await self._explorer.explore(url, state))
        except LossyError as problem:
            return problem.message, None
