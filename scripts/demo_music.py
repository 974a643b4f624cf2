"""The film's sound: a slow pad, a few soft bells and the sea, louder than it should be until the first shot ends."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 48_000
CHORDS = (
    (110.00, 164.81, 246.94, 329.63),
    (87.31, 174.61, 261.63, 329.63),
    (130.81, 196.00, 246.94, 392.00),
    (98.00, 146.83, 246.94, 293.66),
)
CHORD_SECONDS = 6.0
BELLS = (659.26, 493.88, 783.99, 587.33, 659.26, 987.77, 783.99, 587.33)
LOUD_UNTIL_SECONDS = 8.2
LOUD, QUIET = 0.62, 0.16

Sound = npt.NDArray[np.float64]


def write_music(path: Path, seconds: float) -> None:
    """Write the sound as stereo PCM16 at 48 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    level = QUIET + (LOUD - QUIET) / (1 + np.exp((time - LOUD_UNTIL_SECONDS) * 6))
    ends = np.clip(time / 1.2, 0, 1) * np.clip((seconds - time) / 2.0, 0, 1)
    sides = [(_music(time, side) * level + _sea(time, side)) * ends for side in (-1.0, 1.0)]
    samples = np.clip(np.stack(sides, axis=-1), -1, 1)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def _music(time: Sound, side: float) -> Sound:
    pad = np.zeros_like(time)
    for number, chord in enumerate(CHORDS):
        since = time - number * CHORD_SECONDS
        swell = np.clip(since / 1.8, 0, 1) * np.clip((CHORD_SECONDS + 1.6 - since) / 1.8, 0, 1)
        for voice, pitch in enumerate(chord):
            detuned = pitch * (1 + 0.0016 * side * (1 if voice % 2 else -1))
            phase = 2 * np.pi * detuned * time
            tone = np.sin(phase) + 0.30 * np.sin(2 * phase + side) + 0.10 * np.sin(3 * phase)
            pad += swell * tone * (1 + 0.2 * np.sin(2 * np.pi * 0.17 * time + voice)) / (2.2 + voice)
    return 0.42 * pad / 1.6 + _bells(time, side)


def _bells(time: Sound, side: float) -> Sound:
    bells = np.zeros_like(time)
    for number in range(15):
        pitch = BELLS[number % len(BELLS)]
        since = time - 0.9 - number * 1.5 - 0.012 * side
        ring = np.where(since > 0, np.exp(-np.maximum(since, 0) / 0.9) * np.minimum(np.maximum(since, 0) / 0.004, 1), 0)
        pan = 0.5 + 0.3 * side * (1 if number % 2 else -1)
        bells += (
            0.16 * pan * ring * (np.sin(2 * np.pi * pitch * since) + 0.25 * np.sin(2 * np.pi * 2.76 * pitch * since))
        )
    return bells


def _sea(time: Sound, side: float) -> Sound:
    noise = np.random.default_rng(17 if side < 0 else 18).normal(size=len(time))
    spectrum = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(len(time), 1 / RATE)
    spectrum *= np.exp(-((frequency / 900) ** 1.0)) * np.clip(frequency / 120, 0, 1)
    surf = np.fft.irfft(spectrum, len(time))
    waves = 0.45 + 0.55 * np.sin(2 * np.pi * 0.11 * time + 0.5 * side) ** 2
    return np.asarray(0.028 * surf / surf.std() * waves)
