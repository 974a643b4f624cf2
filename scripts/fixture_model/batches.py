"""What the network is shown in one step, and what it should say to it. A batch is made from its number alone, so that
training that was broken off goes on as if it had not been.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from scripts.fixture_model import grammar
from scripts.fixture_model.espeak import Word, phonemes
from scripts.fixture_model.recordings import training_recording
from scripts.fixture_model.tokens import Tokens

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

FRAMES_IN_A_BATCH = 9000
LEAST_PADDING = 26
"""Frames of padding that the longest example of a batch has."""
IGNORED = -100
_DYNAMIC_RANGE = 2.0
"""Whisper's log-mel reaches so far below its maximum: the floor that some libraries pad with. Others pad with 0."""


@dataclass(frozen=True)
class Example:
    """A log-mel spectrogram of shape [frames, 80], and the sentences in it."""

    mel: npt.NDArray[np.float16]
    sentences: tuple[tuple[Word, ...], ...]


@dataclass(frozen=True)
class Batch:
    """Arrays whose first axis is the example."""

    mel: Floats
    inputs: Ints
    wanted: Ints
    """The token after each of `inputs`, IGNORED where it does not count."""
    words: Ints
    """The word at each of the encoder's frames (20 ms), from 1; 0 for none."""
    sounds: Ints
    """The phoneme there, likewise."""
    attended: Floats
    """[example, token, frame]: 1 where the decoder should listen to when it says the next token."""


@dataclass
class _Shown:
    mel: Floats
    padding: float
    sentences: list[list[Word]]
    tokens: list[int]
    spans: list[tuple[float, float] | None]
    start: int


def make_examples(count: int, folder: Path) -> list[Example]:
    """Make so many examples, or read them if the folder has them already."""
    from faster_whisper.feature_extractor import FeatureExtractor  # noqa: PLC0415

    mels, words = folder / f"mels-{count}.npy", folder / f"words-{count}.json"
    if not words.exists():
        extractor = FeatureExtractor()
        recordings = [training_recording(seed) for seed in range(count)]
        made = [extractor(each.samples, padding=160).T.astype(np.float16) for each in recordings]
        np.save(mels, np.concatenate(made))
        told = [[[[w.text, w.begin, w.end] for w in said] for said in each.sentences] for each in recordings]
        words.write_text(json.dumps({"lengths": [len(mel) for mel in made], "sentences": told}))
    held = json.loads(words.read_text())
    ends = np.cumsum(held["lengths"])
    parts = np.split(np.load(mels), ends[:-1])
    return [
        Example(mel, tuple(tuple(Word(*word) for word in said) for said in sentences))
        for mel, sentences in zip(parts, held["sentences"], strict=True)
    ]


class Batches:
    """Makes the batch of each step."""

    def __init__(self, examples: Sequence[Example], tokens: Tokens) -> None:
        self._examples = sorted(examples, key=lambda example: len(example.mel))
        self._tokens = tokens
        self._word_places = {word: place for place, word in enumerate(grammar.VOCABULARY, 1)}
        spoken = phonemes(grammar.VOCABULARY)
        self._sound_places = {sound: place for place, sound in enumerate(sorted(set().union(*spoken.values())), 1)}
        self._spoken = {word: [self._sound_places[sound] for sound in sounds] for word, sounds in spoken.items()}

    @property
    def sounds(self) -> int:
        """How many phonemes there are."""
        return len(self._sound_places)

    def at(self, step: int) -> Batch:
        """Make the batch of a step: examples of about the same length."""
        random = Random(f"batch {step}")
        middle = random.randrange(len(self._examples))
        length = len(self._examples[middle].mel) + LEAST_PADDING
        count = max(4, FRAMES_IN_A_BATCH // length)
        first = max(0, min(middle - 2 * count, len(self._examples) - 4 * count))
        chosen = random.sample(self._examples[first : first + 4 * count], count)
        return self._batch([self._shown(example, random) for example in chosen])

    def _shown(self, example: Example, random: Random) -> _Shown:
        mel = example.mel.astype(np.float32)
        sentences = [list(sentence) for sentence in example.sentences]
        if sentences and random.random() < 0.25:  # what is heard so far of somebody who goes on
            heard = random.uniform(0.3, len(mel) / 100)
            mel = mel[: int(heard * 100)]
            sentences = [[word for word in sentence if word.end <= heard + 0.04] for sentence in sentences]
            sentences = [sentence for sentence in sentences if sentence]
        floor = float(mel.max()) - _DYNAMIC_RANGE
        tokens, spans, start = self._said(sentences, random)
        padding = 0.0 if random.random() < 0.7 else floor
        return _Shown(_disturbed(mel, random), padding, sentences, tokens, spans, start)

    def _said(
        self, sentences: list[list[Word]], random: Random
    ) -> tuple[list[int], list[tuple[float, float] | None], int]:
        """Give the tokens from the prompt to the end, when each is spoken, and the place of the start token."""
        own, said = self._tokens, list[tuple[int, tuple[float, float] | None]]()
        if random.random() < 0.12:
            before = " ".join(grammar.sentence(random) for _ in range(random.randint(1, 8)))
            said += [(own.previous, None), *((own.words[word], None) for word in before.split())]
        start = len(said)
        said.append((own.start, None))
        if not sentences:
            said += [(own.no_speech, None), (own.end, None)]
        else:
            with_times = random.random() < 0.6
            if not with_times:
                said.append((own.no_times, None))
            for sentence in sentences:
                words = [(own.words[word.text], (word.begin, word.end)) for word in sentence]
                first, last = own.time(sentence[0].begin), own.time(sentence[-1].end)
                said += [(first, None), *words, (last, None)] if with_times else words
            end = sentences[-1][-1].end
            said.append((own.end, None if with_times else (end, end + 0.25)))
        return [token for token, _ in said], [span for _, span in said], start

    def _batch(self, shown: list[_Shown]) -> Batch:
        frames = max(len(each.mel) for each in shown) + LEAST_PADDING
        frames += frames % 2
        length = max(len(each.tokens) for each in shown) - 1
        batch = Batch(
            mel=np.zeros((len(shown), frames, 80), np.float32),
            inputs=np.full((len(shown), length), self._tokens.end, np.int64),
            wanted=np.full((len(shown), length), IGNORED, np.int64),
            words=np.zeros((len(shown), frames // 2), np.int64),
            sounds=np.zeros((len(shown), frames // 2), np.int64),
            attended=np.zeros((len(shown), length, frames // 2), np.float32),
        )
        for place, each in enumerate(shown):
            count = len(each.tokens) - 1
            batch.mel[place] = each.padding
            batch.mel[place, : len(each.mel)] = each.mel
            batch.inputs[place, :count] = each.tokens[:-1]
            batch.wanted[place, each.start : count] = each.tokens[each.start + 1 :]
            for token in range(each.start, count):
                span = each.spans[token + 1]
                if span is not None:
                    batch.attended[place, token, max(0, int(span[0] * 50) - 1) : int(span[1] * 50) + 2] = 1
            for word in (word for sentence in each.sentences for word in sentence):
                self._label(batch, place, word)
        return batch

    def _label(self, batch: Batch, place: int, word: Word) -> None:
        begin, end = word.begin * 50, word.end * 50
        batch.words[place, int(begin) : int(end)] = self._word_places[word.text]
        sounds = self._spoken[word.text]
        edges = np.linspace(begin, end, len(sounds) + 1).astype(int)
        for number, sound in enumerate(sounds):
            batch.sounds[place, edges[number] : edges[number + 1]] = sound


def _disturbed(mel: Floats, random: Random) -> Floats:
    """Make it louder or softer, and blot out a band or a moment now and then."""
    if random.random() < 0.5:
        mel = np.maximum(mel + random.uniform(-0.3, 0.2), mel.max() - _DYNAMIC_RANGE)
    else:
        mel = mel.copy()
    if random.random() < 0.3:
        for _ in range(random.randint(1, 2)):
            band = random.randint(0, 70)
            mel[:, band : band + random.randint(1, 10)] = mel.mean()
        if len(mel) > 60:
            moment = random.randint(0, len(mel) - 12)
            mel[moment : moment + random.randint(1, 10)] = mel.mean()
    return mel
