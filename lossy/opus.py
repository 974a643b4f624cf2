"""Audio chunks as Opus (RFC 6716): each is encoded by itself, so that it can be decoded wherever a server starts again.

A chunk's packets begin with up to 80 ms of the audio before it, in which the decoder finds its feet (as RFC 7845 asks
for after a seek) and which are thrown away. The codec delays by 6.5 ms, and a resampler wants to see a little ahead;
so what comes out is the stretch that lies `SHIFT_SAMPLES` before the chunk's own, to the sample, but for a recording's
first chunk, which begins where it begins. Packets are written one after the other, each after its length in two bytes.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lossy.errors import LossyError

Pcm = npt.NDArray[np.int16]
"""Mono samples at 16 kHz, shape [n]."""
SAMPLE_RATE = 16_000
FRAME_SAMPLES = 320
"""20 ms: one packet."""
MAX_LEAD_SAMPLES = 1280
DELAY_SAMPLES = 104
"""The codec's own, 6.5 ms."""
MARGIN_SAMPLES = 56
SHIFT_SAMPLES = DELAY_SAMPLES + MARGIN_SAMPLES
BITS_PER_SECOND = 24_000
_OPUS_RATE = 48_000


class Undecodable(LossyError):
    """The bytes are no Opus, or not what their message says: the sender should send the samples themselves."""

    code = "undecodable"


def decode(data: bytes, lead_samples: int, samples: int) -> Pcm:
    """Give a chunk's samples, 16 kHz mono; raises Undecodable.

    With a lead they are the `samples` that end `SHIFT_SAMPLES` before the chunk's end, else as many less.
    """
    import av  # noqa: PLC0415

    packets = list(_packets(data))
    frames = -(-(lead_samples + samples) // FRAME_SAMPLES)
    if not frames <= len(packets) <= frames + 2:
        raise Undecodable("An Opus chunk has a packet for each 20 ms of it, and of its lead.")
    codec: av.AudioCodecContext = av.CodecContext.create("opus", "r")
    codec.sample_rate, codec.layout = _OPUS_RATE, "mono"
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
    parts: list[Pcm] = []
    try:
        for packet in packets:
            for frame in codec.decode(av.Packet(packet)):
                if frame.samples != FRAME_SAMPLES * _OPUS_RATE // SAMPLE_RATE:
                    raise Undecodable("An Opus packet holds 20 ms.")
                parts += [each.to_ndarray()[0] for each in resampler.resample(frame)]
        parts += [each.to_ndarray()[0] for each in resampler.resample(None)]
    except (av.FFmpegError, ValueError) as error:
        raise Undecodable("This is no Opus.") from error
    pcm = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    first = lead_samples - MARGIN_SAMPLES if lead_samples else DELAY_SAMPLES
    last = lead_samples + samples - MARGIN_SAMPLES
    if len(pcm) < last:
        raise Undecodable("An Opus chunk is shorter than it says.")
    return np.asarray(pcm[first : max(first, last)], np.int16)


def lead_of(said: bytes) -> Pcm:
    """Give the end of the PCM16 before a chunk that is to be its lead: whole packets of it."""
    samples = samples_of(said)
    length = min(MAX_LEAD_SAMPLES, len(samples) // FRAME_SAMPLES * FRAME_SAMPLES)
    return samples[len(samples) - length :]


def samples_of(pcm: bytes) -> Pcm:
    """Read PCM16, little endian."""
    return np.frombuffer(pcm, "<i2").astype(np.int16)


def encode(lead: Pcm, pcm: Pcm) -> bytes:
    """Encode a chunk after its lead, both 16 kHz mono; as the browser's WebCodecs do."""
    import av  # noqa: PLC0415

    codec: av.AudioCodecContext = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = SAMPLE_RATE, "mono", "s16"
    codec.bit_rate = BITS_PER_SECOND
    codec.options = {"application": "voip", "frame_duration": "20"}
    whole = np.concatenate((lead, pcm))
    whole = np.concatenate((whole, np.zeros(-len(whole) % FRAME_SAMPLES, np.int16)))
    packets: list[bytes] = []
    for first, last in pairwise(range(0, len(whole) + 1, FRAME_SAMPLES)):
        frame = av.AudioFrame.from_ndarray(whole[np.newaxis, first:last], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
        packets += map(bytes, codec.encode(frame))
    packets += map(bytes, codec.encode(None))
    return b"".join(struct.pack(">H", len(packet)) + packet for packet in packets)


def _packets(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise Undecodable("An Opus chunk ends in the middle of a length.")
        (length,) = struct.unpack_from(">H", data, at)
        at += 2
        if not 0 < length <= len(data) - at:
            raise Undecodable("An Opus chunk ends in the middle of a packet.")
        yield data[at : at + length]
        at += length
