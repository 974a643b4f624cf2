"""Half an hour of what is no speech, made from a seed: silence, hum, keyboard, music."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lossy.inference.speech import SAMPLE_RATE, Pcm

Samples = npt.NDArray[np.float64]
"""Between -1 and 1, at 16 kHz, shape [n]."""
Generator = np.random.Generator
TONES_HZ = (110.0, 130.8, 146.8, 164.8, 196.0, 220.0, 261.6, 293.7, 329.6, 392.0)
BEAT_SECONDS = 0.5


def silence(random: Generator, seconds: float) -> Samples:
    """A quiet room: the microphone's own noise."""
    return random.normal(0, 0.0008, _length(seconds))


def hum(random: Generator, seconds: float) -> Samples:
    """Mains at 50 or 60 Hz with its overtones, and a fan."""
    time = np.arange(_length(seconds)) / SAMPLE_RATE
    base = random.choice((50.0, 60.0))
    tones = sum(np.sin(2 * np.pi * base * k * time + random.uniform(0, 6)) / k**1.3 for k in range(1, 9))
    drift = 1 + 0.3 * np.sin(2 * np.pi * time / 17)
    fan = np.convolve(random.normal(0, 0.1, len(time)), np.ones(32) / 32, mode="same")
    return np.asarray(0.06 * drift * tones + fan)


def keyboard(random: Generator, seconds: float) -> Samples:
    """Somebody types: bursts of keys, each a click as it goes down and a softer one as it comes up."""
    sound, at = silence(random, seconds), 0.0
    while (at := at + random.gamma(1.5, 0.12) + (2.0 if random.random() < 0.05 else 0)) < seconds - 0.3:
        for delay, strength in ((0.0, random.uniform(0.1, 0.5)), (0.08, random.uniform(0.03, 0.15))):
            _add(sound, at + delay, _click(random) * strength)
    return sound


def music(random: Generator, seconds: float) -> Samples:
    """Chords, a bass and drums that follow a beat; nobody sings."""
    sound = np.zeros(_length(seconds))
    for beat in range(int(seconds / BEAT_SECONDS) - 1):
        at = beat * BEAT_SECONDS
        if beat % 4 == 0:
            for tone in random.choice(TONES_HZ, 3, replace=False):
                _add(sound, at, 0.08 * _note(tone, 4 * BEAT_SECONDS, 1.2))
        _add(sound, at, 0.15 * _note(TONES_HZ[int(random.integers(3))] / 2, BEAT_SECONDS, 6))
        _add(sound, at, _click(random) * (0.5 if beat % 2 else 0.2))
        _add(sound, at + BEAT_SECONDS / 2, _click(random) * 0.1)
    return sound


SOUNDS: dict[str, Callable[[Generator, float], Samples]] = {
    "silence": silence,
    "hum": hum,
    "keyboard": keyboard,
    "music": music,
}


def as_pcm(sound: Samples) -> Pcm:
    """Give 16-bit samples; what is too loud is cut off as a microphone would."""
    return np.clip(sound * 32767, -32768, 32767).astype(np.int16)


def _length(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _click(random: Generator) -> Samples:
    length = _length(0.03)
    ring = np.sin(2 * np.pi * random.uniform(900, 3500) * np.arange(length) / SAMPLE_RATE)
    return (random.normal(0, 0.6, length) + 0.4 * ring) * np.exp(-np.arange(length) / (0.004 * SAMPLE_RATE))


def _note(tone_hz: float, seconds: float, fall: float) -> Samples:
    time = np.arange(_length(seconds)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * tone_hz * k * time) / k**2 for k in range(1, 6))
    return np.asarray(wave * np.exp(-fall * time) * np.minimum(1, time / 0.01))


def _add(sound: Samples, at_seconds: float, part: Samples) -> None:
    first = _length(at_seconds)
    room = sound[first : first + len(part)]
    room += part[: len(room)]
