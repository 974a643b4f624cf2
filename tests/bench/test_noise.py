"""Two minutes of what the noise bench listens to, and proof that it would hear somebody."""

import numpy as np
import pytest

from lossy.bench.noise import SEED, measure_noise
from lossy.bench.sounds import SOUNDS, as_pcm
from lossy.demo import read_pcm, read_utterances
from lossy.inference.endpoint import Endpointer, SpeechStarted
from lossy.inference.speech import SAMPLE_RATE


async def test_noise_makes_no_note_and_no_first_word_is_cut() -> None:
    figures = await measure_noise(minutes=2, remarks=20)
    assert figures["no_speech"]["notes"]["all"] == 0
    assert (figures["first_words"]["missed"], figures["first_words"]["first_words_cut"]) == (0, 0)


def test_the_sounds_can_be_heard_and_speech_is_found_in_them() -> None:
    voice = read_pcm(read_utterances().remarks[0].path)
    for name, make in SOUNDS.items():
        sound = as_pcm(make(np.random.default_rng(SEED), 6))
        assert np.abs(sound).max() > (30 if name == "silence" else 3000)
        mixed = sound // 3
        mixed[3 * SAMPLE_RATE :][: len(voice)] += voice
        starts = [event for event in Endpointer().feed(mixed) if isinstance(event, SpeechStarted)]
        assert [start.onset_sample / SAMPLE_RATE for start in starts] == [pytest.approx(3.5, abs=0.15)], name
