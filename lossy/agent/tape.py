"""A recording's audio in order, and when each sample was captured.

Chunks may come twice or out of order; the tape grows only without holes. What is dealt with is forgotten; sample
numbers always count from the recording's first sample.
"""

import logging
from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from lossy.db.models import AudioChunk
from lossy.inference.speech import SAMPLE_RATE, Pcm, samples_from_bytes

logger = logging.getLogger(__name__)


class Tape:
    """Contiguous samples of one recording."""

    def __init__(self) -> None:
        self.next_seq = 0
        self.length = 0
        """Samples so far, forgotten ones included."""
        self._given_up: list[range] = []
        self._early: dict[int, tuple[float, Pcm]] = {}
        self._starts: list[int] = []
        self._captured: list[float] = []
        self._pieces: list[Pcm] = []

    @classmethod
    def of(cls, chunks: Iterable[AudioChunk]) -> "Tape":
        """Join stored chunks, in order; what is missing among them is given up."""
        tape = cls.from_stored(chunks)
        tape.skip_gaps()
        return tape

    @classmethod
    def from_stored(cls, chunks: Iterable[AudioChunk]) -> "Tape":
        """Take stored chunks up; what is missing among them may still come."""
        tape = cls()
        for chunk in chunks:
            tape.add(chunk.seq, chunk.captured_at, samples_from_bytes(chunk.pcm))
        return tape

    def add(self, seq: int, captured_at: float, pcm: Pcm) -> Pcm:
        """Take a chunk; give the samples that are new in order now, which may be none or more than this chunk."""
        if seq >= self.next_seq:
            self._early.setdefault(seq, (captured_at, pcm))
        elif any(seq in gap for gap in self._given_up):
            logger.warning("Chunk %d came after the recording went on without it; it will not be recognised.", seq)
        before = self.length
        self._join()
        return self.cut(before, self.length)

    @property
    def gap(self) -> tuple[int, int] | None:
        """The first and last seq that are missing before what came early."""
        return (self.next_seq, min(self._early) - 1) if self._early else None

    def skip_gap(self) -> None:
        """Give up on the first missing chunks: what came early joins on."""
        if self._early:
            self._given_up.append(range(self.next_seq, min(self._early)))
            self.next_seq = min(self._early)
            self._join()

    def skip_gaps(self) -> None:
        """Give up on everything that is missing."""
        while self._early:
            self.skip_gap()

    def cut(self, start_sample: int, end_sample: int) -> Pcm:
        """Give the samples from start to end, as far as they are here."""
        parts = []
        for start, piece in zip(self._starts, self._pieces, strict=True):
            if start < end_sample and start + len(piece) > start_sample:
                parts.append(piece[max(0, start_sample - start) : max(0, end_sample - start)])
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def captured_at(self, sample: int) -> float | None:
        """Tell the wall-clock moment of a sample, in seconds since 1970; None on an empty tape."""
        if not self._starts:
            return None
        index = max(bisect_right(self._starts, sample) - 1, 0)
        return self._captured[index] + (sample - self._starts[index]) / SAMPLE_RATE

    def forget(self, before_sample: int) -> None:
        """Drop whole chunks that end before a sample, but the last."""
        keep = max(bisect_right(self._starts, before_sample) - 1, 0)
        del self._starts[:keep], self._captured[:keep], self._pieces[:keep]

    def _join(self) -> None:
        while self.next_seq in self._early:
            captured_at, piece = self._early.pop(self.next_seq)
            self._starts.append(self.length)
            self._captured.append(captured_at)
            self._pieces.append(piece)
            self.length += len(piece)
            self.next_seq += 1
