"""Recognition of short remarks as they are spoken: how soon, how right, at what price.

Remarks of known words and times are spoken in real time into hands-free microphones of a real server: each as it is,
and each with a pause in the middle of its words; by one reviewer, and then shared by several at once. Lags are reckoned
from the end of a word in the sound. CPU is that of the whole server process; that of the partials is at most the time
from their request to their words, which is given. Beside it the bare engine decodes the same samples in this process,
and the orders, which nobody speaks to the server: they would change its session.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from lossy.bench.child import child, free_port, lossy_command, seconds_to_answer
from lossy.bench.figures import in_ms, word_errors
from lossy.bench.remarks import LEAD_SECONDS, Group, Remark, read_remarks, read_sound
from lossy.bench.voice import cut_of, play, register
from lossy.client import Connection, RecordingStream
from lossy.events import AnyEvent, AsrFinal, AsrPartial, NoteChanged, NoteStatus
from lossy.inference.models import DEMO_DIRECTORY, DEMO_MODEL
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.inference.whisper import WhisperTranscriber
from lossy.protocol import Playback, VideoContext

SILENCE_SECONDS = 2.0
PAUSES_SECONDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
AT_ONCE = 4
TICKS = os.sysconf("SC_CLK_TCK")
METRICS_TOKEN = "bench"  # noqa: S105 -- of a server that lives for one bench


@dataclass(frozen=True)
class Served:
    """A server under measurement."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Read what the process and its threads used so far, from /proc."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def partial_seconds(self) -> float:
        """Ask how long all decodes for live words took so far, waiting included."""
        told = httpx.get(f"{self.url}/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
        lines = (line.split() for line in told.raise_for_status().text.splitlines())
        return next(float(line[1]) for line in lines if line[0] == "lossy_partial_lag_seconds_sum")


@dataclass(frozen=True)
class Spoken:
    """What is said, and where its words end in it, in seconds."""

    text: str
    group: Group
    pcm: Pcm
    word_ends: tuple[float, ...]
    is_paused: bool


@dataclass
class Told:
    """What the server told of one remark, with the moments."""

    spoken: Spoken
    began_at: float
    events: list[tuple[float, AnyEvent]] = field(default_factory=list)

    @property
    def heard(self) -> str:
        """All final words together."""
        return " ".join(event.text for _, event in self.finals)

    @property
    def finals(self) -> list[tuple[float, AsrFinal]]:
        """Its final words; several if it was cut."""
        return [(at, event) for at, event in self.events if isinstance(event, AsrFinal)]

    @property
    def end_to_final(self) -> float:
        """From the end of the last word to the final words."""
        return self.finals[-1][0] - self.began_at - self.spoken.word_ends[-1]

    @property
    def notes(self) -> int:
        """How many remarks the server took it for; what was cut too early may have been joined again."""
        offered = (event.note for _, event in self.events if isinstance(event, NoteChanged))
        return len({note.id for note in offered if note.status is NoteStatus.GHOST})

    def commit_lags(self) -> list[float]:
        """From the end of each word to the moment from which it stood."""
        stood = [(at, len(event.stable.split())) for at, event in self.events if isinstance(event, AsrPartial)]
        stood.append((self.finals[-1][0], len(self.spoken.word_ends)))
        ends = enumerate(self.spoken.word_ends, 1)
        return [next(at for at, words in stood if words >= place) - self.began_at - end for place, end in ends]


async def measure_stt(remarks: Sequence[Remark] | None = None, at_once: int = AT_ONCE) -> dict[str, Any]:
    """Speak remarks to a server of its own, by one reviewer and then by several at once; give the figures."""
    remarks = read_remarks() if remarks is None else remarks
    bare = await _bare(remarks)
    spoken = _all_spoken([remark for remark in remarks if remark.group is not Group.ORDER])
    with tempfile.TemporaryDirectory(prefix="lossy-bench-") as folder:
        port = free_port()
        command = lossy_command(Path(folder), port, LOSSY_METRICS_TOKEN=METRICS_TOKEN)
        async with child(command, Path(folder)) as process:
            await seconds_to_answer(process, port, Path(folder))
            server = Served(f"http://127.0.0.1:{port}", process.pid)
            await _reviewed(server, 1, spoken[:1])  # the first remark of a server is not like the others
            one = await _reviewed(server, 1, spoken)
            several = await _reviewed(server, at_once, spoken)
    return {"bare_engine": bare, "one_reviewer": one, f"{at_once}_at_once": several}


async def _bare(remarks: Sequence[Remark]) -> dict[str, Any]:
    engine = WhisperTranscriber(DEMO_DIRECTORY, DEMO_MODEL)
    try:
        await engine.warm_up()
        cuts = [cut_of(_padded(remark)) for remark in remarks]
        began_cpu = time.process_time()
        decoded = [await engine.transcribe(pcm) for pcm in cuts]
        cpu = time.process_time() - began_cpu
    finally:
        await engine.aclose()
    said = [(remark.group, remark.text, told.text) for remark, told in zip(remarks, decoded, strict=True)]
    return {
        "word_error_percent": _word_errors(said),
        "decode_ms": in_ms([told.decode_seconds for told in decoded], 50, 95),
        "cpu_per_audio_second": round(cpu * SAMPLE_RATE / sum(len(pcm) for pcm in cuts), 3),
    }


async def _reviewed(server: Served, reviewers: int, spoken: Sequence[Spoken]) -> dict[str, Any]:
    cpu, partials, began = server.cpu_seconds(), server.partial_seconds(), time.time()
    reviews = (_review(server.url, number, spoken[number::reviewers]) for number in range(reviewers))
    told = await asyncio.gather(*reviews)
    streamed = sum(len(each.pcm) for each in spoken) / SAMPLE_RATE
    return _figures([each for review in told for each in review]) | {
        "audio_seconds": round(streamed, 1),
        "wall_seconds": round(time.time() - began, 1),
        "cpu_per_audio_second": round((server.cpu_seconds() - cpu) / streamed, 3),
        "cpu_per_audio_second_goal": 0.3,
        "partials_seconds_per_audio_second": round((server.partial_seconds() - partials) / streamed, 3),
        "partials_seconds_per_audio_second_goal": 0.1,
    }


async def _review(server: str, number: int, spoken: Sequence[Spoken]) -> list[Told]:
    token = await register(server, f"{time.time_ns()}-{number}@example.org")
    told: list[Told] = []
    async with Connection(server, token, client="bench/0.1") as connection:
        video = await connection.open_video(VideoContext(url=f"https://example.org/bench-{number}.mp4"))
        await connection.report_playback(video.session, Playback(at=time.time(), position=0, playing=True))
        stream = RecordingStream(connection, video.session, "hands_free")
        connection.on_event = lambda event: told[-1].events.append((time.time(), event)) if told else None
        await stream.open()
        for each in spoken:
            told.append(Told(each, time.time()))
            await play(stream, each.pcm, told[-1].began_at)
        await stream.stop()
    return told


def _all_spoken(remarks: Sequence[Remark]) -> list[Spoken]:
    """Give each remark as it is, then each with a pause between two of its words."""
    plain, paused = [], []
    for number, remark in enumerate(remarks):
        pcm, ends = _padded(remark), tuple(LEAD_SECONDS + end for end in remark.word_ends)
        plain.append(Spoken(remark.text, remark.group, pcm, ends, is_paused=False))
        if len(ends) < 3:
            continue
        pause, place = PAUSES_SECONDS[number % len(PAUSES_SECONDS)], 1 + number % (len(ends) - 2)
        at = round(ends[place - 1] * SAMPLE_RATE)
        halves = (pcm[:at], _silence(pause), pcm[at:])
        later = tuple(end + pause * (index >= place) for index, end in enumerate(ends))
        paused.append(Spoken(remark.text, remark.group, np.concatenate(halves), later, is_paused=True))
    return plain + paused


def _figures(told: Sequence[Told]) -> dict[str, Any]:
    heard = [each for each in told if each.finals]
    plain = [each for each in heard if not each.spoken.is_paused]
    lags = [lag for each in plain for lag in each.commit_lags()]
    return {
        "remarks": len(told),
        "with_a_pause": sum(each.spoken.is_paused for each in told),
        "word_error_percent": _word_errors([(each.spoken.group, each.spoken.text, each.heard) for each in told]),
        "commit_lag_ms": in_ms(lags, 50, 95) | {"mean": round(1000 * sum(lags) / len(lags), 1), "goal_mean": 500.0},
        "end_of_speech_to_final_ms": in_ms(
            [each.end_to_final for each in plain], 50, 95, goals={"p50": 450, "p95": 650}
        ),
        "cut_in_two": sum(each.notes > 1 for each in told),
        "joined_or_lost": sum(each.notes < 1 for each in told),
    }


def _word_errors(said: Sequence[tuple[Group, str, str]]) -> dict[str, float]:
    """Give the share of wrong words, of all and of each group, from what was to be heard and what was."""
    chosen = {"all": set(Group)} | {group.value: {group} for group in Group if any(group is each for each, *_ in said)}
    shares = {}
    for name, groups in chosen.items():
        counts = [word_errors(wanted, heard) for group, wanted, heard in said if group in groups]
        errors, words = (sum(column) for column in zip(*counts, strict=True))
        shares[name] = round(100 * errors / words, 2)
    return shares


def _padded(remark: Remark) -> Pcm:
    return np.concatenate((_silence(LEAD_SECONDS), read_sound(remark), _silence(SILENCE_SECONDS)))


def _silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)
