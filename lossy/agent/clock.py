"""Time, handed in: deadlines run on this clock, so that a test moves it instead of waiting."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something that will happen, unless it is cancelled before."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Seconds that only grow, and calls in the future."""

    def monotonic(self) -> float: ...

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer: ...


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait on a clock."""
    over = asyncio.Event()
    timer = clock.call_later(seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()


class SystemClock:
    """The machine's own."""

    def monotonic(self) -> float:
        """Give seconds since some fixed moment."""
        return time.monotonic()

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back on the running loop after a delay."""
        return asyncio.get_running_loop().call_later(delay_seconds, callback)
