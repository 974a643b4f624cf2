"""Where speech begins and ends in a stream of samples: Silero VAD, frame by frame, with its own state.

faster-whisper ships the model (v6) but forgets its state with every call; here the recurrent state and the 64
samples of context live as long as the stream does. Frames are run one at a time, never in batches, so that
the same samples give the same answer however they were cut into chunks.

A start is told once enough frames are speech to be certain, and names the sample where it began: late news of
an early moment. The cut lies `tail_seconds` after the last speech, well before the decision, so that an
utterance which follows at once still finds its pre-roll.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lossy.inference.speech import SAMPLE_RATE, Pcm

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64


@dataclass(frozen=True)
class EndpointSettings:
    """How sure, and how long. Probabilities are Silero's own defaults (0.5, and 0.15 less to end)."""

    start_probability: float = 0.5
    end_probability: float = 0.35
    minimum_speech_seconds: float = 0.25
    """Frames above `start_probability` that make a start; fewer are a blip and give nothing."""
    blip_gap_seconds: float = 0.16
    """A silence this long before the minimum is reached forgets the blip."""
    end_silence_seconds: float = 0.6
    """Unless the words say that it takes less or more, by `Endpointer.be_patient`."""
    pre_roll_seconds: float = 0.5
    tail_seconds: float = 0.3


@dataclass(frozen=True)
class SpeechStarted:
    """Somebody speaks."""

    onset_sample: int
    """The first sample of the first frame that was speech."""
    start_sample: int
    """Where the utterance's audio begins: the onset less the pre-roll, never before the previous utterance's
    end.
    """


@dataclass(frozen=True)
class SpeechEnded:
    """They stopped."""

    last_speech_sample: int
    end_sample: int
    """Where the utterance's audio is cut."""


class Endpointer:
    """Finds utterances in one stream. All samples are counted from the stream's first."""

    def __init__(self, settings: EndpointSettings | None = None, first_sample: int = 0) -> None:
        self._settings = settings or EndpointSettings()
        self._frame_start = first_sample
        self._previous_end = first_sample
        self._rest: Pcm = np.zeros(0, np.int16)
        self._listen_anew()

    @property
    def position(self) -> int:
        """Samples of the stream taken so far, `first_sample` included."""
        return self._frame_start + len(self._rest)

    @property
    def is_speaking(self) -> bool:
        """Whether a start was told and its end was not."""
        return self._speaking

    @property
    def silence_since(self) -> int | None:
        """The last sample that was speech, if an utterance goes on and it may be over; None otherwise."""
        is_silent = self._speaking and self._frame_start > self._last_speech
        return self._last_speech if is_silent else None

    def end_if_over(self) -> int:
        """Tell where the utterance that goes on would be cut if nothing more were said."""
        tail = round(self._settings.tail_seconds * SAMPLE_RATE)
        return min(self._last_speech + tail, self._frame_start)

    def be_patient(self, seconds: float) -> list[SpeechStarted | SpeechEnded]:
        """Wait so long a silence for the utterance that goes on, until speech is heard again; it may be over now."""
        self._patience_seconds = seconds
        ended = self._end_if_due() if self._speaking else None
        return [] if ended is None else [ended]

    def feed(self, pcm: Pcm) -> list[SpeechStarted | SpeechEnded]:
        """Take the next samples, any number of them, and tell what became certain."""
        samples = np.concatenate((self._rest, pcm))
        whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = samples[whole:]
        events: list[SpeechStarted | SpeechEnded] = []
        for frame in samples[:whole].astype(np.float32).reshape(-1, FRAME_SAMPLES) / 32768:
            event = self._hear(self._probability(frame))
            if event is not None:
                events.append(event)
        return events

    def flush(self) -> list[SpeechStarted | SpeechEnded]:
        """End the stream here: speech that goes on ends with the last sample. What follows is heard anew."""
        position = self.position
        events: list[SpeechStarted | SpeechEnded] = [SpeechEnded(self._last_speech, position)] if self._speaking else []
        self._frame_start = self._previous_end = position
        self._listen_anew()
        return events

    def _listen_anew(self) -> None:
        self._rest = np.zeros(0, np.int16)
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._speaking = False
        self._onset = 0
        self._speech_samples = 0
        self._last_speech = 0
        self._patience_seconds = self._settings.end_silence_seconds

    def _probability(self, frame: npt.NDArray[np.float32]) -> float:
        window = np.concatenate((self._context, frame))[np.newaxis]
        self._context = frame[-CONTEXT_SAMPLES:]
        probability, self._h, self._c = silero().run(None, {"input": window, "h": self._h, "c": self._c})
        return float(probability.reshape(()))

    def _hear(self, probability: float) -> SpeechStarted | SpeechEnded | None:
        frame_start, self._frame_start = self._frame_start, self._frame_start + FRAME_SAMPLES
        if self._speaking:
            return self._await_end(probability)
        return self._await_start(probability, frame_start)

    def _await_start(self, probability: float, frame_start: int) -> SpeechStarted | None:
        if probability >= self._settings.start_probability:
            if self._speech_samples == 0:
                self._onset = frame_start
            self._speech_samples += FRAME_SAMPLES
            self._last_speech = self._frame_start
        elif self._frame_start - self._last_speech > self._settings.blip_gap_seconds * SAMPLE_RATE:
            self._speech_samples = 0
        if self._speech_samples < self._settings.minimum_speech_seconds * SAMPLE_RATE:
            return None
        self._speaking, self._speech_samples = True, 0
        self._patience_seconds = self._settings.end_silence_seconds
        start = self._onset - round(self._settings.pre_roll_seconds * SAMPLE_RATE)
        return SpeechStarted(self._onset, max(start, self._previous_end))

    def _await_end(self, probability: float) -> SpeechEnded | None:
        if probability >= self._settings.end_probability:
            self._last_speech = self._frame_start
            self._patience_seconds = self._settings.end_silence_seconds
        return self._end_if_due()

    def _end_if_due(self) -> SpeechEnded | None:
        if self._frame_start - self._last_speech < self._patience_seconds * SAMPLE_RATE:
            return None
        self._speaking = False
        self._previous_end = self.end_if_over()
        return SpeechEnded(self._last_speech, self._previous_end)


@lru_cache(maxsize=1)
def silero() -> "InferenceSession":
    """Load the model once for the process; its `run` may be called from several threads."""
    import faster_whisper  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    path = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
