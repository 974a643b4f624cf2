"""Slowing down whoever guesses: at most so many tries within a sliding window, for each of several keys.

Kept in memory, and of bounded size: when there are too many keys, the one that was quiet for longest is let go.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import ceil

from lossy.errors import TooMany

MAX_KEYS = 10_000


@dataclass(frozen=True)
class Limit:
    """How many tries fit into a window, and what is tried, in words."""

    tries: int
    window_seconds: float
    what: str


class Throttled(TooMany):
    """Too many tries; the message says when the next one counts."""

    def __init__(self, what: str, retry_after_seconds: int) -> None:
        super().__init__(f"Too many attempts to {what}. Try again in {_in_words(retry_after_seconds)}.")
        self.retry_after_seconds = retry_after_seconds


class Throttle:
    """Counts tries by key; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._tries: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, claims: Mapping[Hashable, Limit]) -> None:
        """Count one try under every key, or count none and raise `Throttled` if one of them is used up.

        Taken before the work begins, so that tries at the same moment count too.
        """
        now = self._clock()
        for key, limit in claims.items():
            waits = self._seconds_to_wait(key, limit, now)
            if waits > 0:
                raise Throttled(limit.what, ceil(waits))
        for key, limit in claims.items():
            self._tries.setdefault(key, deque(maxlen=limit.tries)).append(now)
            self._tries.move_to_end(key)
        while len(self._tries) > self._max_keys:
            self._tries.popitem(last=False)

    def give_back(self, keys: Mapping[Hashable, Limit]) -> None:
        """Uncount the newest try: it was a good one."""
        for key in keys:
            tries = self._tries.get(key)
            if tries:
                tries.pop()
            if not tries:
                self._tries.pop(key, None)

    def forget(self, key: Hashable) -> None:
        """Uncount every try under a key."""
        self._tries.pop(key, None)

    @property
    def key_count(self) -> int:
        """How many keys are remembered."""
        return len(self._tries)

    def _seconds_to_wait(self, key: Hashable, limit: Limit, now: float) -> float:
        tries = self._tries.get(key)
        if tries is None or len(tries) < limit.tries:
            return 0.0
        return tries[0] + limit.window_seconds - now


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{ceil(seconds / 60)} minutes"
