"""The assets of the demo are what their descriptions say."""

import av
import numpy as np

from lossy.demo import DEMO, FILM, NARRATION, UTTERANCES, read_pcm, read_sample, read_utterances
from lossy.events import Category
from lossy.inference.speech import SAMPLE_RATE


def test_the_remarks_cover_every_category() -> None:
    remarks = read_utterances().remarks
    assert len(remarks) == 20
    assert {remark.category for remark in remarks} == set(Category)
    assert len({remark.text for remark in remarks}) == 20


def test_every_recording_is_described_and_begins_where_it_says() -> None:
    everything = [*read_utterances().remarks, read_utterances().cancel]
    assert {each.file for each in everything} == {path.name for path in UTTERANCES.glob("*.wav")}
    for each in everything:
        pcm = read_pcm(each.path)
        onset, end = round(each.onset_seconds * SAMPLE_RATE), round(each.end_seconds * SAMPLE_RATE)
        assert not pcm[: onset - 1].any()
        assert not pcm[end + SAMPLE_RATE // 100 :].any()
        assert pcm[onset : onset + 1600].any()


def test_the_film_is_what_browsers_play_and_the_sample_says() -> None:
    sample = read_sample()
    with av.open(str(DEMO / sample.film)) as film:
        (video,), (audio,) = film.streams.video, film.streams.audio
        assert (video.codec_context.name, video.width, video.height) == ("vp9", 640, 360)
        assert audio.codec_context.name == "opus"
        assert film.duration is not None
        assert abs(film.duration / 1e6 - sample.duration_seconds) < 0.1


def test_the_narration_fits_the_film_and_is_silent_between_its_sentences() -> None:
    sample = read_sample()
    pcm = read_pcm(NARRATION).astype(np.int32)
    assert len(pcm) == round(sample.duration_seconds * SAMPLE_RATE)
    for sentence in sample.sentences:
        pcm[round(sentence.onset_seconds * SAMPLE_RATE) : round((sentence.end_seconds + 0.01) * SAMPLE_RATE)] = 0
    assert not pcm.any()


def test_the_assets_stay_small() -> None:
    assert sum(path.stat().st_size for path in UTTERANCES.iterdir()) < 2_000_000
    assert FILM.stat().st_size < 1_000_000
