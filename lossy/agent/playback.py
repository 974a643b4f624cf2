"""Where the video stood at a wall-clock moment, from the player's reports.

The note's time is the position when the reviewer saw the thing: at speech onset less their reaction lag. Reports come
on every change and once a second, so between two of them the first one holds: it moves at its rate while playing.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

MAX_PLAYERS = 16
REPEATS_SEEN = 64
"""How far back a report that is sent again after a lost connection is recognised."""


@dataclass(frozen=True, order=True)
class Report:
    """The player stood at `position` at wall clock `at`, moving at `rate` if `playing`."""

    at: float
    position: float
    rate: float
    playing: bool

    def position_at(self, at: float) -> float:
        """Carry the report forward, or back, to another moment."""
        return max(0.0, self.position + (at - self.at) * self.rate) if self.playing else self.position


class Playbacks:
    """The histories of a session's players, apart: what another window shows is not what the speaker saw."""

    def __init__(self) -> None:
        self._players: dict[str, PlaybackHistory] = {}

    def extend(self, player: str, reports: Iterable[Report]) -> None:
        """Take reports of a player."""
        history = self._players.pop(player, None) or PlaybackHistory()
        history.extend(reports)
        self._players[player] = history
        if len(self._players) > MAX_PLAYERS:
            del self._players[next(iter(self._players))]

    def position_at(self, player: str, at: float) -> float | None:
        """Give the position that a player showed; of the one that reported last if this one never did."""
        history = self._players.get(player) or next(reversed(self._players.values()), None)
        return history.position_at(at) if history is not None else None

    def forget(self, before: float) -> None:
        """Drop what is older, keeping each player's last report before it."""
        for history in self._players.values():
            history.forget(before)


class PlaybackHistory:
    """The reports of one player, in order of time."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def extend(self, reports: Iterable[Report]) -> None:
        """Take reports, in any order; one that comes again changes nothing."""
        for report in reports:
            if report not in self._reports[-REPEATS_SEEN:]:
                insort(self._reports, report)

    def position_at(self, at: float) -> float | None:
        """Give the video's position in seconds at a wall-clock moment; None if the player never reported."""
        if not self._reports:
            return None
        index = bisect_right(self._reports, at, key=lambda report: report.at) - 1
        return self._reports[max(index, 0)].position_at(at)

    def forget(self, before: float) -> None:
        """Drop what is older, keeping the last report before it."""
        index = bisect_right(self._reports, before, key=lambda report: report.at) - 1
        del self._reports[: max(index, 0)]
