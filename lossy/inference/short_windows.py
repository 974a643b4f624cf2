"""Whisper that hears only as much of its 30 s window as holds sound.

A window is mostly padding when a remark is short, and the encoder's work grows with it. Models as published were
trained on whole windows and ramble on short ones; the demo's was trained on short ones as well, and a test holds its
words on both side by side.
"""

import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel

PADDING_FRAMES = 100
"""A second of silence after the sound tells the model that it is over."""


class ShortWindowWhisper(WhisperModel):  # type: ignore[misc]  # it comes without types
    """Encodes the frames that hold sound and a second more."""

    def encode(self, features: npt.NDArray[np.float32]) -> object:
        """Encode log-mel features of shape [80, n] or [1, 80, n]; trailing zeros are the padding."""
        sounding = np.flatnonzero(features.any(axis=tuple(range(features.ndim - 1))))
        frames = (int(sounding[-1]) + 1 if len(sounding) else 0) + PADDING_FRAMES
        return super().encode(np.ascontiguousarray(features[..., : frames + frames % 2]))
