"""Tasks that nobody waits for: kept alive until they end, and never failing in silence."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

_running: set[asyncio.Task[None]] = set()
"""The event loop itself holds a task only weakly."""


def background(
    work: Coroutine[Any, Any, None], name: str, on_failure: Callable[[], None] | None = None
) -> "asyncio.Task[None]":
    """Run work that nobody waits for; if it fails, log why and call `on_failure`."""

    def ended(task: "asyncio.Task[None]") -> None:
        _running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("“%s” failed.", name, exc_info=task.exception())
            if on_failure is not None:
                on_failure()

    task = asyncio.create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(ended)
    return task
