"""How well a model understands, through faster-whisper as Lossy uses it; models side by side on the same recordings.

python -m scripts.fixture_model.evaluation [--count 100] DIRECTORY...
"""

import argparse
import asyncio
from pathlib import Path
from statistics import median

import numpy as np

from lossy.bench.figures import word_errors
from lossy.inference.speech import Transcript
from lossy.inference.whisper import WhisperTranscriber
from scripts.fixture_model.recordings import Kind, Recording, test_recording


async def evaluate(directories: list[Path], count: int) -> None:
    """Print each model's share of wrong words and its error of word times, for each kind of recording."""
    for kind in Kind:
        for noisy in (False, True):
            recordings = [test_recording(kind, seed, noisy=noisy) for seed in range(count)]
            for directory in directories:
                print(f"{kind}{', noise' if noisy else '':8} {directory}: {await _figures(directory, recordings)}")


async def _figures(directory: Path, recordings: list[Recording]) -> str:
    engine = WhisperTranscriber(directory, "demo")
    try:
        heard = [await engine.transcribe((each.samples * 32767).astype(np.int16)) for each in recordings]
    finally:
        await engine.aclose()
    counts = [word_errors(recording.text, told.text) for recording, told in zip(recordings, heard, strict=True)]
    wrong, words = (sum(column) for column in zip(*counts, strict=True))
    late = [error for recording, told in zip(recordings, heard, strict=True) for error in _late(recording, told)]
    right = sum(not errors for errors, _ in counts)
    ends = f"{1000 * median(late):.0f} ms" if late else "none"
    share = f"{100 * wrong / words:.2f} % of {words} words wrong"
    return f"{share}, {right} of {len(recordings)} right, word ends off by {ends}"


def _late(recording: Recording, told: Transcript) -> list[float]:
    spoken = [word for sentence in recording.sentences for word in sentence]
    if len(spoken) != len(told.words):
        return []
    return [abs(heard.end_seconds - word.end) for heard, word in zip(told.words, spoken, strict=True)]


def main() -> None:
    """Measure the models that are named."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fixture_model.evaluation")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("directories", type=Path, nargs="+")
    options = parser.parse_args()
    asyncio.run(evaluate(options.directories, options.count))


if __name__ == "__main__":
    main()
