"""Ears that stay shut to noise and open at once to words, faster than real time.

Half an hour of sounds that are no speech goes through the endpointer and the engine as a session would hear it: each
remark that comes out would be a note about nothing. Then remarks that begin within 50 ms of the microphone's start, at
several loudnesses: each must come out with its first word.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from lossy.bench.sounds import SOUNDS, as_pcm
from lossy.demo import Utterance, read_pcm, read_utterances
from lossy.inference.endpoint import Endpointer, SpeechEnded, SpeechStarted
from lossy.inference.models import DEMO_DIRECTORY, DEMO_MODEL
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.inference.whisper import WhisperTranscriber

SEED = 20_261_122
MINUTES = 30.0
REMARKS = 200
LATEST_START_SECONDS = 0.05
LOUDNESSES = (1.0, 0.5, 0.2, 0.08)


async def measure_noise(minutes: float = MINUTES, remarks: int = REMARKS) -> dict[str, Any]:
    """Listen to both; give how many notes came of nothing, and how many first words were cut."""
    async with _engine() as engine:
        return {"no_speech": await _no_speech(engine, minutes), "first_words": await _first_words(engine, remarks)}


async def _no_speech(engine: WhisperTranscriber, minutes: float) -> dict[str, Any]:
    random, began = np.random.default_rng(SEED), time.perf_counter()
    utterances, notes = {}, {}
    for name, make in SOUNDS.items():
        heard = _utterances(as_pcm(make(random, 60 * minutes / len(SOUNDS))))
        said = [(await engine.transcribe(pcm)).text for pcm in heard]
        utterances[name], notes[name] = len(heard), sum(bool(text) for text in said)
    return {
        "minutes": minutes,
        "taken_for_speech": utterances,
        "notes": {**notes, "all": sum(notes.values()), "goal": 0},
        "wall_seconds": round(time.perf_counter() - began, 1),
    }


async def _first_words(engine: WhisperTranscriber, remarks: int) -> dict[str, Any]:
    random, known = np.random.default_rng(SEED), read_utterances().remarks
    missed = cut = 0
    for number in range(remarks):
        remark, loudness = known[number % len(known)], LOUDNESSES[number // len(known) % len(LOUDNESSES)]
        heard = _utterances(_at_once(remark, loudness, random.uniform(0, LATEST_START_SECONDS)))
        said = [(await engine.transcribe(pcm)).text for pcm in heard[:1]]
        missed += not heard
        cut += bool(said) and _first(said) != _first([remark.text])
    return {"remarks": remarks, "missed": missed, "first_words_cut": cut, "goal": 0}


def _utterances(pcm: Pcm) -> list[Pcm]:
    endpointer = Endpointer()
    events = endpointer.feed(pcm) + endpointer.flush()
    starts = [event.start_sample for event in events if isinstance(event, SpeechStarted)]
    ends = [event.end_sample for event in events if isinstance(event, SpeechEnded)]
    return [pcm[start:end] for start, end in zip(starts, ends, strict=True)]


def _at_once(remark: Utterance, loudness: float, start_seconds: float) -> Pcm:
    """Let a remark begin that long after the first sample."""
    first = round((remark.onset_seconds - start_seconds) * SAMPLE_RATE)
    spoken = (read_pcm(remark.path)[first:] * loudness).astype(np.int16)
    return np.concatenate((spoken, np.zeros(SAMPLE_RATE, np.int16)))


def _first(said: Sequence[str]) -> str:
    return said[0].lower().split()[0].strip(".,!?") if said and said[0].split() else ""


@asynccontextmanager
async def _engine() -> AsyncIterator[WhisperTranscriber]:
    engine = WhisperTranscriber(DEMO_DIRECTORY, DEMO_MODEL)
    try:
        yield engine
    finally:
        await engine.aclose()
