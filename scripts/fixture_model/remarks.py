"""Make the remarks that `lossy bench stt` speaks: python -m scripts.fixture_model.remarks

Needs espeak-ng 1.51 and nothing that training needs. The same version makes the same samples.
"""

from collections.abc import Callable, Iterator
from random import Random

import av
import numpy as np
import numpy.typing as npt

from lossy.bench.remarks import DESCRIPTION, DIRECTORY, SOUND, Group, Remark, Remarks
from lossy.inference.commands import parse_command
from scripts.fixture_model import grammar
from scripts.fixture_model.espeak import RATE, Speech, speak
from scripts.fixture_model.recordings import EXAMPLES, UNHEARD_VOICES, VOICES, trained_sentences

ORDERS = (
    *("scratch that", "cancel that", "never mind", "undo", "post that", "post it", "post all", "pause", "resume"),
    *("stop listening", "same as last", "from here", "to here", "pause the video", "go to two minutes ten"),
    "go to ninety seconds",
)
COUNTS = {Group.TRAINED: 32, Group.UNHEARD_VOICE: 16, Group.UNSEEN_SENTENCE: 16, Group.ORDER: len(ORDERS)}
_PEAK = 0.7
_SPEEDS = (145, 175)
_WORDS = (3, 10)


def main() -> None:
    """Write the sound and its description."""
    DIRECTORY.mkdir(exist_ok=True)
    said: set[str] = set()
    sounds: list[npt.NDArray[np.int16]] = []
    remarks: list[Remark] = []
    for group, count in COUNTS.items():
        for _ in range(count):
            number = len(remarks)
            random = Random(f"remark {number}")
            voice = random.choice(UNHEARD_VOICES if group is Group.UNHEARD_VOICE else VOICES)
            text, speech = _new(_SENTENCES[group], voice, random, said)
            said.add(text)
            sound = np.round(speech.samples * (_PEAK / np.abs(speech.samples).max()) * 32767).astype(np.int16)
            ends = tuple(round(word.end, 3) for word in speech.words)
            first = sum(len(each) for each in sounds)
            remarks.append(
                Remark(text=text, group=group, voice=voice, first_sample=first, samples=len(sound), word_ends=ends)
            )
            sounds.append(sound)
    _write_flac(np.concatenate(sounds))
    DESCRIPTION.write_text(Remarks(remarks=tuple(remarks)).model_dump_json(indent=1) + "\n", encoding="utf-8")
    print(f"{len(remarks)} remarks, {sum(len(sound) for sound in sounds) / RATE:.0f} s, {SOUND.stat().st_size:,} bytes")


def _new(
    sentences: Callable[[Random], Iterator[str]], voice: str, random: Random, said: set[str]
) -> tuple[str, Speech]:
    """Find a sentence that was not said before, all of whose words the synthesiser times."""
    for text in sentences(random):
        if text in said:
            continue
        speech = speak(text, voice, speed=random.randint(*_SPEEDS))
        if speech.is_exact:
            return text, speech
    raise AssertionError("sentences never end")


def _trained(random: Random) -> Iterator[str]:
    """Give remarks that the shipped model was trained on."""
    while True:
        sentences = trained_sentences(random.randrange(EXAMPLES))
        if len(sentences) == 1 and _is_remark(sentences[0]):
            yield sentences[0]


def _unseen(random: Random) -> Iterator[str]:
    while True:
        sentence = grammar.sentence(random, held_out=True)
        if _is_remark(sentence):
            yield sentence


def _orders(random: Random) -> Iterator[str]:
    while True:
        yield random.choice(ORDERS)


def _is_remark(sentence: str) -> bool:
    shortest, longest = _WORDS
    return (
        shortest <= len(sentence.split()) <= longest and sentence not in grammar.ORDERS and not parse_command(sentence)
    )


_SENTENCES = {
    Group.TRAINED: _trained,
    Group.UNHEARD_VOICE: _trained,
    Group.UNSEEN_SENTENCE: _unseen,
    Group.ORDER: _orders,
}


def _write_flac(sound: npt.NDArray[np.int16]) -> None:
    with av.open(str(SOUND), "w", format="flac") as file:
        stream = file.add_stream("flac", rate=RATE, layout="mono", options={"compression_level": "12"})
        frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)


if __name__ == "__main__":
    main()
