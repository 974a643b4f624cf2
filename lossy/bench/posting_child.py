"""A worker that posts until it is killed, and that hurts itself where it is told to: `-m lossy.bench.posting_child`.

It reads one line of JSON from its standard input: `Orders`. Where the folder of faults holds a file named for a comment
and a moment, it takes the file away and sends itself the signal that stands in it.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lossy.automation.browsers import Browsers
from lossy.automation.browsers.browserbase import BrowserbaseBrowsers
from lossy.automation.browsers.local import LocalBrowsers
from lossy.automation.contract import Adapter, Comment, Seen
from lossy.automation.housekeeping import keep_posts
from lossy.automation.platforms import adapter_for
from lossy.automation.posting import Pace, Posting
from lossy.automation.sealing import Seal
from lossy.bench.browserbase_stand_in import API_KEY
from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.jobs import Jobs

if TYPE_CHECKING:
    from playwright.async_api import Page

Moment = Literal["opening", "filled", "committed", "clicked", "answered"]
MOMENTS: tuple[Moment, ...] = ("opening", "filled", "committed", "clicked", "answered")
"""Before the page is open; before and after `armed` is committed; after the click; after the answer, unrecorded."""


@dataclass(frozen=True)
class Orders:
    """What a worker is told."""

    database_url: str
    redis_url: str | None
    key: str
    lease_seconds: float
    settle_seconds: float
    look_again_seconds: float
    answer_seconds: float
    per_minute: int
    faults: str
    browserbase_url: str | None = None
    """Where its browsers are, if not on this machine."""

    def line(self) -> bytes:
        """Write them as the line that the worker reads."""
        return json.dumps(asdict(self)).encode() + b"\n"


def fault_file(folder: Path, body: str, moment: Moment) -> Path:
    """Give the file that orders a fault."""
    return folder / f"{hashlib.sha256(body.encode()).hexdigest()[:16]}.{moment}"


class HurtAdapter:
    """An adapter whose worker is hit at the moments that are ordered."""

    def __init__(self, adapter: Adapter, folder: Path) -> None:
        self._adapter = adapter
        self._folder = folder
        self._bodies: dict[Any, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    async def open_at(self, page: "Page", comment: Comment) -> None:
        """Open, or not."""
        self._hit(comment.body, "opening")
        await self._adapter.open_at(page, comment)

    async def fill(self, page: "Page", comment: Comment) -> str:
        """Fill, and go no further."""
        filled = await self._adapter.fill(page, comment)
        self._bodies[page] = comment.body
        self._hit(comment.body, "filled")
        return filled

    async def submit(self, page: "Page") -> None:
        """Click, and be hit before or after."""
        self._hit(self._bodies[page], "committed")
        await self._adapter.submit(page)
        self._hit(self._bodies[page], "clicked")

    def comment_id(self, answer: Any) -> str | None:
        """Read the answer, and forget it."""
        if isinstance(answer, dict) and isinstance(answer.get("comment"), dict):
            self._hit(str(answer["comment"].get("text")), "answered")
        return self._adapter.comment_id(answer)

    async def find(self, page: "Page", comment: Comment, account: str) -> list[Seen]:
        """Look as ever."""
        return await self._adapter.find(page, comment, account)

    def _hit(self, body: str, moment: Moment) -> None:
        order = fault_file(self._folder, body, moment)
        try:
            number = int(order.read_text())
            order.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), number)


async def main(orders: Orders) -> None:
    """Work until SIGTERM."""
    database = Database(orders.database_url, Bus())
    browsers: Browsers = LocalBrowsers()
    if orders.browserbase_url is not None:
        browsers = BrowserbaseBrowsers(API_KEY, None, orders.browserbase_url, browsers)
    pace = Pace(
        answer=orders.answer_seconds,
        settle=orders.settle_seconds,
        look_again=orders.look_again_seconds,
        per_minute=orders.per_minute,
    )
    folder = Path(orders.faults)
    posting = Posting(
        database,
        browsers,
        Seal(lambda: [orders.key]),
        lambda platform: HurtAdapter(adapter_for(platform), folder),
        pace=pace,
        again_seconds=(0.2, 0.4),
    )
    lease = orders.lease_seconds
    jobs = Jobs(database, [posting.kind], orders.redis_url, lease_seconds=lease, hold_seconds=lease)
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    await browsers.reap()
    keeping = asyncio.create_task(keep_posts(database))
    await jobs.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await told_to_stop.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await jobs.close(drain_seconds=1)
    await browsers.aclose()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(Orders(**json.loads(sys.stdin.readline()))))
