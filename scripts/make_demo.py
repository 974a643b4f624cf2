"""Make the demo's film, narration and spoken remarks again, into lossy/demo.

    python -m scripts.make_demo [speech] [film]

Needs espeak-ng 1.51 and an ffmpeg with libvpx-vp9, libopus and drawtext. Everything is computed: the same versions
give the same sound and the same pictures. The sentences come from the grammar that the demo's speech model knows, in
voices that it knows; run tests/inference after a change, they measure how well it still understands.
"""

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lossy.demo import DEMO, FILM, NARRATION, UTTERANCES, Sample, Spoken, Utterance, Utterances
from lossy.events import Category
from scripts.demo_film import SECONDS, make_film

Pcm = npt.NDArray[np.int16]

RATE = 16_000
LEAD_SECONDS = 0.5
TAIL_SECONDS = 0.85
PEAK = 0.7
AUDIBLE = 0.012
"""Share of the peak above which a 5 ms mean is taken for speech, not for the synthesiser's fade."""

REMARKS = [
    ("the music is too loud", Category.AUDIO, "en-us"),
    ("the voice over is a bit too quiet", Category.AUDIO, "en-us+f2"),
    ("at ten seconds the music is too loud", Category.AUDIO, "en-us+m3"),
    ("can we make the voice over louder", Category.AUDIO, "en-us+f4"),
    ("the cut is too fast", Category.PACING, "en-us+m7"),
    ("the transition feels too abrupt", Category.PACING, "en-us+f2"),
    ("please make the intro shorter", Category.PACING, "en-us"),
    ("the outro is a bit too long", Category.PACING, "en-us+m3"),
    ("the color looks too warm", Category.COLOR, "en-us+f4"),
    ("the lighting is a bit too dark", Category.COLOR, "en-us+m7"),
    ("at twenty seconds the lighting is too bright", Category.COLOR, "en-us"),
    ("the logo is too small", Category.GRAPHICS, "en-us+f2"),
    ("the caption is hard to read", Category.GRAPHICS, "en-us+m3"),
    ("move the text to the left", Category.GRAPHICS, "en-us+linda"),
    ("please make the font bigger", Category.GRAPHICS, "en-us+f4"),
    ("remove the scene at the end", Category.CONTENT, "en-us+m7"),
    ("the camera is too shaky", Category.CONTENT, "en-us"),
    ("the speaker is off screen", Category.CONTENT, "en-us+f2"),
    ("looks good to me", Category.OTHER, "en-us+m3"),
    ("this works well", Category.OTHER, "en-us+linda"),
]
CANCEL = ("scratch that", Category.OTHER, "en-us+m3")

NARRATOR = "en-us+m3"
SENTENCES = [
    (4.0, "the music is too loud", Category.AUDIO),
    (11.0, "the title is a bit too small", Category.GRAPHICS),
    (18.0, "the transition feels too abrupt", Category.PACING),
]


def main(parts: list[str]) -> None:
    """Make the parts that are named, or all."""
    if not parts or "speech" in parts:
        make_utterances()
        make_narration()
    if not parts or "film" in parts:
        make_film(FILM)
    for path in sorted(DEMO.rglob("*")):
        if path.is_file() and path.suffix in {".wav", ".webm", ".json"}:
            print(f"{path.stat().st_size:>9,}  {path.relative_to(DEMO)}")


def make_utterances() -> None:
    """Write the recordings and what they say."""
    UTTERANCES.mkdir(exist_ok=True)
    made = Utterances(
        remarks=tuple(make_utterance(*each, number=number) for number, each in enumerate(REMARKS, start=1)),
        cancel=make_utterance(*CANCEL),
    )
    write_json(UTTERANCES / "utterances.json", made)


def make_utterance(text: str, category: Category, voice: str, number: int | None = None) -> Utterance:
    """Write one recording and return what it says."""
    slug = text.replace(" ", "-")
    file = f"{slug}.wav" if number is None else f"{number:02}-{slug}.wav"
    speech = speak(text, voice)
    write_wav(UTTERANCES / file, np.concatenate((silence(LEAD_SECONDS), speech, silence(TAIL_SECONDS))))
    onset, end = LEAD_SECONDS, LEAD_SECONDS + len(speech) / RATE
    return Utterance(
        text=text, category=category, onset_seconds=onset, end_seconds=round(end, 3), file=file, voice=voice
    )


def make_narration() -> None:
    """Write the narration and what the sample is."""
    narration = silence(SECONDS)
    sentences = []
    for onset, text, category in SENTENCES:
        speech = speak(text, NARRATOR)
        at = round(onset * RATE)
        narration[at : at + len(speech)] = speech
        end = round(onset + len(speech) / RATE, 3)
        sentences.append(Spoken(text=text, category=category, onset_seconds=onset, end_seconds=end))
    write_wav(NARRATION, narration)
    sample = Sample(
        title="Harbour at dusk",
        film=FILM.name,
        duration_seconds=SECONDS,
        narration=NARRATION.name,
        narration_starts_at_seconds=0.0,
        sentences=tuple(sentences),
    )
    write_json(DEMO / "sample.json", sample)


def speak(text: str, voice: str) -> Pcm:
    """Return a sentence from its first audible sample to its last."""
    spoken = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "158", "--stdout", text], check=True, capture_output=True, timeout=30
    ).stdout
    resample = ["ffmpeg", "-v", "error", "-i", "pipe:", "-ar", str(RATE), "-ac", "1", "-f", "s16le", "pipe:"]
    samples = np.frombuffer(
        subprocess.run(resample, input=spoken, check=True, capture_output=True, timeout=30).stdout, np.int16
    ).astype(np.float64)
    samples *= PEAK / np.abs(samples).max()
    loudness = np.convolve(np.abs(samples), np.ones(80) / 80, mode="same")
    audible = np.nonzero(loudness > AUDIBLE * PEAK)[0]
    return np.round(samples[audible[0] : audible[-1] + 1] * 32767).astype(np.int16)


def silence(seconds: float) -> Pcm:
    """Return so many seconds of nothing."""
    return np.zeros(round(seconds * RATE), np.int16)


def write_wav(path: Path, samples: Pcm) -> None:
    """Write 16 kHz mono PCM16."""
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE)
        recording.writeframes(samples.tobytes())


def write_json(path: Path, content: Utterances | Sample) -> None:
    """Write a description as readable JSON."""
    path.write_text(json.dumps(content.model_dump(mode="json"), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
