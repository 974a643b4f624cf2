"""How far notes are from where the reviewer saw the thing: simulated sessions around real speech onsets.

A reviewer plays, pauses, seeks and changes the speed, also while they speak. The player reports as the page's does:
on every change and once a second. What they saw is where the player truly stood, one reaction before their first word.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from lossy.agent.playback import PlaybackHistory, Report
from lossy.agent.reaction import DEFAULT_LAG_SECONDS
from lossy.demo import read_pcm, read_utterances
from lossy.inference.endpoint import Endpointer, SpeechStarted
from lossy.inference.speech import SAMPLE_RATE

SESSIONS = 300
REPORT_EVERY_SECONDS = 1.0
GOAL_SECONDS = {50: 0.15, 95: 0.35}


@dataclass
class Player:
    """A player that is handled at random, and what it told."""

    chance: random.Random
    at: float = 1_700_000_000.0
    position: float = 100.0
    rate: float = 1.0
    playing: bool = True
    moments: list[Report] = field(default_factory=list)
    told: PlaybackHistory = field(default_factory=PlaybackHistory)

    def handle(self, until: float) -> None:
        """Play on, with something happening now and then."""
        self._report()
        due = self.at + REPORT_EVERY_SECONDS
        while self.at < until:
            happens = self.at + self.chance.expovariate(1 / 2.5)
            self._pass(min(happens, due, until))
            if self.at == due:
                due += REPORT_EVERY_SECONDS
            elif self.at == happens:
                self._change()
            self._report()

    def stood_at(self, at: float) -> float:
        """Where it truly stood."""
        return next(moment for moment in reversed(self.moments) if moment.at <= at).position_at(at)

    def _pass(self, at: float) -> None:
        self.position += (at - self.at) * self.rate * self.playing
        self.at = at

    def _change(self) -> None:
        what = self.chance.choice(["pause", "seek", "rate"])
        if what == "pause":
            self.playing = not self.playing
        elif what == "seek":
            self.position = self.chance.uniform(10, 600)
        else:
            self.rate = self.chance.choice([0.5, 1.0, 1.25, 1.5, 2.0])

    def _report(self) -> None:
        report = Report(self.at, self.position, self.rate, self.playing)
        self.moments.append(report)
        self.told.extend([report])


@cache
def onset_errors() -> tuple[float, ...]:
    """How far the endpointer's onsets are from the first word, in seconds, over the shipped utterances."""
    return tuple(_onset(read_pcm(remark.path)) - remark.onset_seconds for remark in read_utterances().remarks)


def _onset(pcm: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> float:
    padded = np.concatenate((pcm, np.zeros(SAMPLE_RATE, np.int16)))
    started = next(signal for signal in Endpointer().feed(padded) if isinstance(signal, SpeechStarted))
    return started.onset_sample / SAMPLE_RATE


def test_notes_stand_where_the_thing_was_seen(record_property: Callable[[str, object], None]) -> None:
    chance = random.Random(3)
    errors = []
    for _ in range(SESSIONS):
        player = Player(chance)
        begins = player.at
        player.handle(until=begins + 20)
        spoken_at = begins + chance.uniform(5, 19)
        heard_at = spoken_at + chance.choice(onset_errors())
        reckoned = player.told.position_at(heard_at - DEFAULT_LAG_SECONDS)
        assert reckoned is not None
        errors.append(abs(reckoned - player.stood_at(spoken_at - DEFAULT_LAG_SECONDS)))
    figures = {f"p{share}": round(float(np.percentile(errors, share)), 3) for share in GOAL_SECONDS}
    record_property("note_time_error_seconds", figures)
    assert all(np.percentile(errors, share) <= goal for share, goal in GOAL_SECONDS.items()), figures
