"""Leaves an engine alone that keeps failing, so that nobody waits for it again and again."""

import time
from collections.abc import Callable

FAILURES = 3
REST_SECONDS = 30.0


class Breaker:
    """Opens after some failures in a row; after a rest it lets one try through, and closes again if that succeeds."""

    def __init__(
        self,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._rest_seconds = rest_seconds
        self._monotonic = monotonic
        self._failures = 0
        self._rests_until = 0.0

    @property
    def rests(self) -> bool:
        """Whether it would not be tried now."""
        return self._failures >= self._most and self._monotonic() < self._rests_until

    def lets_through(self) -> bool:
        """Whether to try now; a try after a rest keeps others out until it is known how it went."""
        if self._failures < self._most:
            return True
        if self._monotonic() < self._rests_until:
            return False
        self._rests_until = self._monotonic() + self._rest_seconds
        return True

    def succeeded(self) -> None:
        """It works."""
        self._failures = 0

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        self._rests_until = self._monotonic() + self._rest_seconds
