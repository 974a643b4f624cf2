from statistics import median

import numpy as np
import numpy.typing as npt
import pytest

from lossy.demo import Utterance, read_pcm, read_utterances
from lossy.inference.endpoint import Endpointer, EndpointSettings, SpeechEnded, SpeechStarted
from lossy.inference.speech import SAMPLE_RATE, Pcm

REMARKS = read_utterances().remarks
MINUTE = 60 * SAMPLE_RATE


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def several() -> Pcm:
    return np.concatenate([read_pcm(each.path) for each in REMARKS[:4]])


def found_in(pcm: Pcm) -> tuple[SpeechStarted, SpeechEnded]:
    started, ended = Endpointer().feed(pcm)
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    return started, ended


@pytest.mark.parametrize("remark", REMARKS, ids=lambda each: each.file)
def test_an_utterance_is_found_whole(remark: Utterance) -> None:
    pcm = read_pcm(remark.path)
    started, ended = found_in(pcm)
    onset, end = remark.onset_seconds * SAMPLE_RATE, remark.end_seconds * SAMPLE_RATE
    assert started.start_sample == max(0, started.onset_sample - SAMPLE_RATE // 2)
    assert started.start_sample < onset
    assert end < ended.end_sample <= len(pcm)
    assert ended.last_speech_sample < ended.end_sample


def onset_errors_ms(noise_rms: float) -> list[float]:
    random = np.random.default_rng(4)
    errors = []
    for remark in REMARKS:
        clean = read_pcm(remark.path)
        noisy = np.clip(clean + random.normal(0, noise_rms, len(clean)), -32768, 32767).astype(np.int16)
        started, _ = found_in(noisy)
        errors.append(abs(started.onset_sample / SAMPLE_RATE - remark.onset_seconds) * 1000)
    return errors


@pytest.mark.parametrize(("noise_rms", "limit_ms"), [(0, 60), (100, 60), (300, 100)])
def test_the_onset_is_traced_back_to_where_speech_began(noise_rms: float, limit_ms: float) -> None:
    errors = onset_errors_ms(noise_rms)
    print(f"onset error at noise {noise_rms}: median {median(errors):.0f} ms, worst {max(errors):.0f} ms")  # noqa: T201
    assert median(errors) <= limit_ms


def test_the_same_samples_give_the_same_answer_however_they_are_cut() -> None:
    pcm = several()
    whole = Endpointer().feed(pcm)
    assert len(whole) == 8
    for seed in range(6):
        random = np.random.default_rng(seed)
        cuts = np.sort(random.integers(0, len(pcm), random.integers(3, 400)))
        endpointer = Endpointer()
        assert [event for part in np.split(pcm, cuts) for event in endpointer.feed(part)] == whole
        assert endpointer.position == len(pcm)


def test_events_come_in_pairs_and_never_overlap() -> None:
    events = Endpointer().feed(several())
    ends = 0
    for started, ended in zip(events[::2], events[1::2], strict=True):
        assert isinstance(started, SpeechStarted)
        assert isinstance(ended, SpeechEnded)
        assert ends <= started.start_sample <= started.onset_sample < ended.last_speech_sample < ended.end_sample
        ends = ended.end_sample


def test_a_start_is_told_before_the_utterance_is_over() -> None:
    remark = REMARKS[0]
    pcm = read_pcm(remark.path)
    endpointer = Endpointer()
    told_at = next(at for at in range(320, len(pcm), 320) if endpointer.feed(pcm[at - 320 : at]))
    assert told_at / SAMPLE_RATE < remark.onset_seconds + 0.4
    assert endpointer.is_speaking


def hum() -> Pcm:
    time = np.arange(MINUTE) / SAMPLE_RATE
    tones = 4000 * np.sin(2 * np.pi * 50 * time) + 1500 * np.sin(2 * np.pi * 150 * time)
    return np.asarray(tones, np.int16)


def noise(rms: float) -> Pcm:
    return np.random.default_rng(7).normal(0, rms, MINUTE).astype(np.int16)


def keys() -> Pcm:
    random = np.random.default_rng(8)
    pcm: npt.NDArray[np.float64] = random.normal(0, 30, MINUTE)
    for at in random.integers(0, MINUTE - 400, 200):
        pcm[at : at + 400] += random.normal(0, 9000, 400) * np.exp(-np.arange(400) / 60)
    return pcm.astype(np.int16)


@pytest.mark.parametrize(
    "pcm",
    [silence(60), noise(30), noise(300), noise(3000), hum(), keys()],
    ids=["silence", "faint noise", "noise", "loud noise", "hum", "keys"],
)
def test_a_minute_without_speech_gives_nothing(pcm: Pcm) -> None:
    endpointer = Endpointer()
    assert endpointer.feed(pcm) + endpointer.flush() == []


def test_a_blip_gives_nothing() -> None:
    remark = REMARKS[0]
    onset = round((remark.onset_seconds + 0.1) * SAMPLE_RATE)
    blip = read_pcm(remark.path)[onset : onset + round(0.12 * SAMPLE_RATE)]
    assert Endpointer().feed(np.concatenate((silence(1), blip, silence(2)))) == []


def test_speech_after_a_blip_begins_with_the_speech() -> None:
    remark = REMARKS[0]
    pcm = read_pcm(remark.path)
    onset = round((remark.onset_seconds + 0.1) * SAMPLE_RATE)
    blip = pcm[onset : onset + round(0.12 * SAMPLE_RATE)]
    before = np.concatenate((silence(0.5), blip, silence(1)))
    started, _ = found_in(np.concatenate((before, pcm)))
    assert started.onset_sample > len(before)


def test_a_pause_between_two_words_does_not_end_the_utterance() -> None:
    pcm = read_pcm(REMARKS[0].path)
    spoken = pcm[: round(REMARKS[0].end_seconds * SAMPLE_RATE)]
    events = Endpointer().feed(np.concatenate((spoken, spoken[SAMPLE_RATE // 2 - 4000 :], silence(1))))
    assert len(events) == 2


def test_speech_right_after_an_end_keeps_a_pre_roll() -> None:
    pcm = read_pcm(REMARKS[0].path)
    end, onset = round(REMARKS[0].end_seconds * SAMPLE_RATE), round(REMARKS[0].onset_seconds * SAMPLE_RATE)
    events = Endpointer().feed(np.concatenate((pcm[:end], silence(0.75), pcm[onset:])))
    second = events[2]
    assert isinstance(second, SpeechStarted)
    assert second.onset_sample - second.start_sample >= 0.3 * SAMPLE_RATE


def test_a_forced_end_ends_speech_with_the_last_sample() -> None:
    pcm = read_pcm(REMARKS[0].path)[: SAMPLE_RATE + 100]
    endpointer = Endpointer()
    assert len(endpointer.feed(pcm)) == 1
    (ended,) = endpointer.flush()
    assert isinstance(ended, SpeechEnded)
    assert ended.end_sample == len(pcm)
    assert ended.last_speech_sample <= len(pcm)
    assert not endpointer.is_speaking
    assert endpointer.flush() == []


def test_after_a_forced_end_the_stream_is_heard_anew() -> None:
    pcm = read_pcm(REMARKS[0].path)
    endpointer = Endpointer()
    endpointer.feed(pcm[: SAMPLE_RATE + 100])
    endpointer.flush()
    started, ended = endpointer.feed(pcm)
    assert isinstance(started, SpeechStarted)
    offset = SAMPLE_RATE + 100
    assert started == SpeechStarted(found_in(pcm)[0].onset_sample + offset, max(offset, started.onset_sample - 8000))
    assert isinstance(ended, SpeechEnded)
    assert endpointer.position == offset + len(pcm)


def test_positions_count_from_the_first_sample_of_the_stream() -> None:
    pcm = read_pcm(REMARKS[0].path)
    started, ended = found_in(pcm)
    later = Endpointer(first_sample=1_000_000).feed(pcm)
    assert later == [
        SpeechStarted(started.onset_sample + 1_000_000, started.start_sample + 1_000_000),
        SpeechEnded(ended.last_speech_sample + 1_000_000, ended.end_sample + 1_000_000),
    ]


def test_settings_move_the_end() -> None:
    pcm = read_pcm(REMARKS[0].path)
    endpointer = Endpointer(EndpointSettings(end_silence_seconds=0.3, tail_seconds=0.1))
    _, ended = endpointer.feed(pcm)
    assert isinstance(ended, SpeechEnded)
    assert ended.end_sample == ended.last_speech_sample + 1600


def spoken_then_silence(seconds: float) -> Pcm:
    remark = REMARKS[0]
    return np.concatenate((read_pcm(remark.path)[: round(remark.end_seconds * SAMPLE_RATE)], silence(seconds)))


def test_words_that_are_whole_end_the_utterance_sooner() -> None:
    endpointer = Endpointer()
    endpointer.feed(spoken_then_silence(0.45))
    assert endpointer.silence_since is not None
    (ended,) = endpointer.be_patient(0.3)
    assert isinstance(ended, SpeechEnded)
    assert not endpointer.is_speaking


def test_words_that_hang_make_it_wait() -> None:
    endpointer = Endpointer()
    endpointer.feed(spoken_then_silence(0.3))
    assert endpointer.be_patient(0.95) == []
    assert endpointer.feed(silence(0.5)) == []
    assert len(endpointer.feed(silence(0.3))) == 1


def test_patience_is_forgotten_when_speech_goes_on() -> None:
    endpointer = Endpointer()
    endpointer.feed(spoken_then_silence(0.3))
    endpointer.be_patient(9)
    endpointer.feed(spoken_then_silence(0))
    assert len(endpointer.feed(silence(0.8))) == 1


def test_where_nobody_speaks_patience_ends_nothing() -> None:
    assert Endpointer().be_patient(0) == []
