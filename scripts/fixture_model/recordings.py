"""Recordings to train on and to measure with: the grammar in many voices, with noise, each from its seed."""

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

import numpy as np

from scripts.fixture_model import grammar
from scripts.fixture_model.espeak import RATE, Samples, Speech, Word, speak

VOICES = ("en-us", "en-us", *(f"en-us+{variant}" for variant in ("m3", "f2", "f4", "m7", "linda", "m4", "m5")))
"""The voices that are trained on; the first one twice as often."""
UNHEARD_VOICES = ("en-us+m1", "en-us+f1", "en-us+f3", "en-us+m2")
"""Voices that are never trained on."""


EXAMPLES = 14_000
"""How many recordings the shipped model was trained on."""


class Kind(StrEnum):
    """What a recording is for."""

    TRAINED = "trained"
    UNHEARD_VOICE = "unheard voice"
    UNSEEN_SENTENCE = "unseen sentence"
    ORDER = "order"


@dataclass(frozen=True)
class Recording:
    """Samples, and the sentences that are spoken in them."""

    samples: Samples
    sentences: tuple[tuple[Word, ...], ...]

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(word.text for sentence in self.sentences for word in sentence)


def training_recording(seed: int) -> Recording:
    """Make a recording to train on: one sentence or two, words without sense, or nothing but noise."""
    random = Random(f"train {seed}")
    _, said = _trained(random)
    return _recorded([_spoken(text, random.choice(VOICES), random) for text in said], random, noisy=True)


def trained_sentences(seed: int) -> list[str]:
    """Give the sentences that have sense in a training recording, without making it."""
    has_sense, said = _trained(Random(f"train {seed}"))
    return said if has_sense else []


def _trained(random: Random) -> tuple[bool, list[str]]:
    kind = random.random()
    if kind < 0.04:
        return False, []
    if kind < 0.25:
        return False, [grammar.words_at_random(random)]
    return True, [grammar.sentence(random) for _ in range(2 if kind < 0.37 else 1)]


def test_recording(kind: Kind, seed: int, *, noisy: bool) -> Recording:
    """Make a recording of one sentence to measure with."""
    random = Random(f"{kind} {seed}")
    voice = random.choice(UNHEARD_VOICES if kind is Kind.UNHEARD_VOICE else VOICES)
    if kind is Kind.ORDER:
        text = random.choice(grammar.ORDERS)
    else:
        text = grammar.sentence(random, held_out=kind is Kind.UNSEEN_SENTENCE)
    return _recorded([_spoken(text, voice, random)], random, noisy=noisy)


def _spoken(text: str, voice: str, random: Random) -> Speech:
    speech = speak(
        text, voice, speed=random.randint(140, 185), pitch=random.randint(40, 60), pitch_range=random.randint(40, 60)
    )
    return replace(speech, samples=speech.samples / np.abs(speech.samples).max())


def _recorded(speeches: list[Speech], random: Random, *, noisy: bool) -> Recording:
    generator = np.random.default_rng(random.getrandbits(32))
    parts = [_silence(random.uniform(0.02, 0.7))]
    sentences = []
    for number, speech in enumerate(speeches):
        at = sum(map(len, parts)) / RATE
        sentences.append(tuple(Word(word.text, word.begin + at, word.end + at) for word in speech.words))
        gap = random.uniform(0.35, 1.0) if number + 1 < len(speeches) else random.uniform(0.02, 0.7)
        parts += [speech.samples, _silence(gap)]
    if not speeches:
        parts.append(_silence(random.uniform(1, 5)))
    samples = np.concatenate(parts)
    if noisy:
        loudness = float(np.sqrt(np.mean(samples**2))) if speeches else 0.1
        samples = samples + _noise(len(samples), generator, random) * loudness * 10 ** (-random.uniform(15, 45) / 20)
    samples = samples * (10 ** (random.uniform(-25, 0) / 20) / (np.abs(samples).max() + 1e-9))
    return Recording((np.round(samples * 32767) / 32768).astype(np.float32), tuple(sentences))


def _noise(length: int, generator: np.random.Generator, random: Random) -> Samples:
    noise = generator.standard_normal(length).astype(np.float32)
    if random.random() < 0.25:
        tone = random.choice([50, 60, 100, 120, 180])
        noise += 2 * np.std(noise) * np.sin(2 * np.pi * tone * np.arange(length) / RATE).astype(np.float32)
    return noise / (np.std(noise) + 1e-9)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)
