"""Opus chunks: each decodes by itself, to the sample, and what is none is refused."""

import contextlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossy.demo import read_pcm, read_utterances
from lossy.opus import MAX_LEAD_SAMPLES, SHIFT_SAMPLES, Pcm, Undecodable, decode, encode, lead_of

VOICE = read_pcm(read_utterances().remarks[0].path)
CHUNK = 1600


def through(pcm: Pcm, cuts: list[int]) -> tuple[Pcm, int]:
    """Send samples as chunks between these cuts; give what arrives, and its bytes."""
    parts, count = [], 0
    for first, last in pairwise([0, *cuts, len(pcm)]):
        before = pcm[max(0, first - CHUNK) : first]
        lead = lead_of(before.tobytes())
        data = encode(lead, pcm[first:last])
        count += len(data)
        parts.append(decode(data, len(lead), last - first))
    return np.concatenate(parts), count


def test_chunks_join_to_the_sample_and_are_a_tenth_of_the_bytes() -> None:
    heard, count = through(VOICE, list(range(CHUNK, len(VOICE), CHUNK)))
    assert len(heard) == len(VOICE) - SHIFT_SAMPLES
    said, got = VOICE[:40_000].astype(float), heard[:40_000].astype(float)
    shifts = {shift: float(np.dot(said[400:-400], np.roll(got, -shift)[400:-400])) for shift in range(-80, 81)}
    best = max(shifts.items(), key=lambda each: each[1])[0]
    assert abs(best) <= 2, "a tenth of a millisecond"
    noise = ((said - got) ** 2).sum()
    assert 10 * np.log10((said**2).sum() / noise) > 8
    print(f"Opus: {8 * count / (len(VOICE) / 16_000) / 1000:.1f} kbit/s, PCM: 256")  # noqa: T201
    assert count < 2 * len(VOICE) / 7


def test_the_seams_are_not_heard() -> None:
    cuts = list(range(CHUNK, len(VOICE), CHUNK))
    heard, _ = through(VOICE, cuts)
    steps = np.abs(np.diff(heard.astype(float)))
    seams = steps[[cut - SHIFT_SAMPLES - 1 for cut in cuts]]
    assert seams.max() <= steps.max()
    assert np.median(seams) < 3 * (np.median(steps) + 50)


def test_the_last_chunk_may_be_short() -> None:
    for samples in (1, 57, 319, 320, 321, 1599):
        lead = lead_of(VOICE[9000 : 9000 + CHUNK].tobytes())
        assert len(decode(encode(lead, VOICE[10_600 : 10_600 + samples]), len(lead), samples)) == samples


def test_a_lead_is_whole_packets() -> None:
    assert [len(lead_of(bytes(2 * n))) for n in (0, 100, 320, 700, 1600)] == [0, 0, 320, 640, MAX_LEAD_SAMPLES]


GOOD = encode(VOICE[:0], VOICE[9000 : 9000 + CHUNK])


@pytest.mark.parametrize(
    ("data", "lead_samples", "samples"),
    [
        (b"", 0, 1600),
        (GOOD[:-3], 0, 1600),
        (GOOD + b"\0", 0, 1600),
        (b"\0\0" + GOOD, 0, 1600),
        (b"\xff\xff" + bytes(400), 0, 1600),
        (GOOD, 0, 3200),
        (GOOD, 1280, 1600),
        (GOOD, 0, 100),
        (b"\0\x04\xff\xff\xff\xff" * 5, 0, 1600),
        (b"\0\x04\xfb\xff\xfe\xff" * 5, 0, 1600),
        (bytes(1600 * 2), 0, 1600),
    ],
)
def test_what_is_no_opus_is_refused(data: bytes, lead_samples: int, samples: int) -> None:
    with pytest.raises(Undecodable):
        decode(data, lead_samples, samples)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 1600))
def test_any_change_of_the_bytes_gives_samples_of_the_right_number_or_none(at: int, put: bytes, samples: int) -> None:
    with contextlib.suppress(Undecodable):
        assert len(decode(GOOD[:at] + put + GOOD[at + len(put) :], 0, samples)) <= samples


@pytest.mark.parametrize("samples", [0, 40, 100, 104, 105, 300])
def test_a_chunk_of_a_few_samples_gives_no_more(samples: int) -> None:
    first_packet = GOOD[: 2 + int.from_bytes(GOOD[:2], "big")]
    assert len(decode(first_packet * (1 if samples else 0), 0, samples)) <= samples
