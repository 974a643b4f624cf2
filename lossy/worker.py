"""`lossy worker`: runs jobs in a process of its own, where Redis carries them and PostgreSQL keeps them."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable

from lossy import telemetry
from lossy.agent.core import keep_relaying, make_recogniser
from lossy.agent.retries import transcription
from lossy.automation.apis import make_apis
from lossy.automation.posters import make_posters
from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.db.migrations import migrate
from lossy.errors import SetupProblem
from lossy.inference.native import Phase
from lossy.jobs import Jobs
from lossy.settings import Settings

logger = logging.getLogger(__name__)

LEAVE_SECONDS = 5.0


async def work(settings: Settings, say: Callable[[str], None]) -> None:
    """Work until SIGTERM or Ctrl-C; then end what runs, or hand it back."""
    if settings.redis_url is None:
        raise SetupProblem("Without LOSSY_REDIS_URL the jobs run inside `lossy serve`; a worker is not needed.")
    await migrate(settings.async_database_url)
    bus = Bus()
    database = Database(settings.async_database_url, bus)
    recogniser = make_recogniser(settings, database)
    await recogniser.start(settings.stt_model)
    status = await recogniser.native.settled()
    if status.phase is Phase.UNAVAILABLE and recogniser.cloud is None:
        # What the demo's model makes of a person is no note.
        raise SetupProblem(f"{status.message} A worker needs the model that was asked for: set LOSSY_STT_MODEL.")
    relay = asyncio.create_task(keep_relaying(bus, settings.redis_url), name="event relay")
    posters = make_posters(settings, database, make_apis(settings))
    jobs = Jobs(database, (transcription(database, recogniser), *posters.kinds), settings.redis_url)
    told_to_stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told_to_stop.set)
    if settings.worker_metrics_port is not None:
        telemetry.show(settings.worker_metrics_port)
    await posters.start()
    await jobs.start()
    say("Lossy's worker is ready.")
    await told_to_stop.wait()
    await jobs.close()
    await posters.aclose()
    await recogniser.aclose()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    await database.close()
    _leave_within(LEAVE_SECONDS)


def _leave_within(seconds: float) -> None:
    """End the process by then, even if a thread of some work does not: Python would wait for it for ever."""
    leaving = threading.Timer(seconds, os._exit, args=(0,))
    leaving.daemon = True
    leaving.start()
