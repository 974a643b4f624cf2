"""Whisper on this machine, through faster-whisper.

One thread decodes and calls queue for it: faster-whisper leaks memory under parallel calls, and two decodes
at once on the same cores finish later than one after the other. The model is loaded at the first need, in
that thread.

Decoding is greedy at temperature 0 over full 30 s windows (but for the demo's model, which does as well on short ones),
without the previous window as a prompt: an utterance is short and stands alone, and the same audio must give the same
words. faster-whisper's own filters
are off; what is taken for "nothing said" is decided here, in `is_noise` and `is_loop`, and nowhere else.
"""

import asyncio
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, TypeVar

from lossy.inference.speech import (
    SAMPLE_RATE,
    Pcm,
    RecognitionFailed,
    RecognitionUnavailable,
    Transcript,
    Word,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

T = TypeVar("T")

NO_SPEECH_PROBABILITY = 0.6
"""Whisper's own threshold for `<|nospeech|>`; it counts only together with the next one."""
LOW_MEAN_LOGPROB = -1.0
"""Whisper's own threshold under which a decode is doubtful."""
LOW_WORD_PROBABILITY = 0.3
"""Words of the kind that the decoder makes up for a hum have less than this."""
MAX_TOKENS_PER_SECOND = 12
"""More than anybody says: what goes on longer is the decoder going round."""
MAX_LOOP_REPEATS = 6
"""A phrase of one to four words said this often in a row is the decoder going round, not a person."""

_LOOP = re.compile(rf"\b((?:[\w']+\W+){{1,4}})(?:\1){{{MAX_LOOP_REPEATS - 1},}}", re.IGNORECASE)


class WhisperTranscriber:
    """Decodes utterances with one model directory, one at a time."""

    engine = "native"

    def __init__(
        self, model_directory: Path, model: str, *, cpu_threads: int | None = None, short_windows: bool | None = None
    ) -> None:
        self.model = model
        self._short_windows = model == "demo" if short_windows is None else short_windows
        self._directory = model_directory
        self._cpu_threads = cpu_threads or (1 if model == "demo" else spare_cores())
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whisper")
        self._whisper: WhisperModel | None = None
        self._waiting = 0

    async def warm_up(self) -> None:
        """Load the model and decode a moment of silence, so that the first utterance need not wait for it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._decode_silence)

    async def transcribe(self, pcm: Pcm) -> Transcript:
        """Decode 16 kHz mono PCM16 of shape [n].

        Raises RecognitionUnavailable if the model can't be loaded, RecognitionFailed if this decode broke. A
        call that is cancelled while it waits for its turn is never decoded.
        """
        return await self._run(self._decode, pcm)

    async def transcribe_partial(self, pcm: Pcm) -> str | None:
        """Decode an utterance that goes on, at most 29 s of it, for its words alone; None while others wait.

        Only as many frames are heard as there are, and a second of silence: some ten times less work than a full
        window. Raises like `transcribe`.
        """
        if self._waiting:
            return None
        return await self._run(self._sketch, pcm)

    async def aclose(self) -> None:
        """Let every decode that was asked for end, then free the model."""
        await asyncio.to_thread(self._thread.shutdown)
        self._whisper = None

    async def _run(self, decode: Callable[[Pcm], T], pcm: Pcm) -> T:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, decode, pcm)
        finally:
            self._waiting -= 1

    def _sketch(self, pcm: Pcm) -> str:
        import numpy as np  # noqa: PLC0415
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

        whisper = self._load()
        tokenizer = Tokenizer(whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language="en")
        heard = np.concatenate((pcm, np.zeros(SAMPLE_RATE, np.int16))).astype(np.float32) / 32768
        try:
            encoded = whisper.encode(whisper.feature_extractor(heard))
            prompt = whisper.get_prompt(tokenizer, [], without_timestamps=True)
            [result] = whisper.model.generate(
                encoded,
                [prompt],
                beam_size=1,
                max_length=len(prompt) + MAX_TOKENS_PER_SECOND * (len(heard) // SAMPLE_RATE),
                return_no_speech_prob=True,
            )
        except (RuntimeError, ValueError) as error:
            raise RecognitionFailed("What you say can't be shown while you speak.") from error
        text = tokenizer.decode(result.sequences_ids[0]).strip()
        return "" if result.no_speech_prob > NO_SPEECH_PROBABILITY or is_loop(text) else text

    def _decode_silence(self) -> None:
        import numpy as np  # noqa: PLC0415

        self._decode(np.zeros(SAMPLE_RATE // 2, np.int16))

    def _decode(self, pcm: Pcm) -> Transcript:
        if len(pcm) == 0:
            return self._transcript([], "en", 0.0)
        whisper = self._load()
        started = time.perf_counter()
        try:
            segments, info = whisper.transcribe(
                pcm.astype("float32") / 32768,
                beam_size=1,
                temperature=0.0,
                condition_on_previous_text=False,
                word_timestamps=True,
                vad_filter=False,
                no_speech_threshold=None,
                log_prob_threshold=None,
                compression_ratio_threshold=None,
            )
            heard = list(segments)
        except (RuntimeError, ValueError) as error:
            raise RecognitionFailed("What you said could not be recognised. It is kept: try again.") from error
        return self._transcript(heard, info.language, time.perf_counter() - started)

    def _load(self) -> "WhisperModel":
        if self._whisper is None:
            from faster_whisper import WhisperModel  # noqa: PLC0415

            from lossy.inference.short_windows import ShortWindowWhisper  # noqa: PLC0415

            model = ShortWindowWhisper if self._short_windows else WhisperModel
            try:
                self._whisper = model(
                    str(self._directory),
                    device="cpu",
                    compute_type="int8",
                    cpu_threads=self._cpu_threads,
                    local_files_only=True,
                )
            except Exception as error:
                # The tokenizers library raises bare Exception for a broken file.
                raise RecognitionUnavailable(f"The speech model {self.model} can't be loaded.") from error
        return self._whisper

    def _transcript(self, segments: "list[Segment]", language: str, decode_seconds: float) -> Transcript:
        spoken = [segment for segment in segments if not _is_noise(segment)]
        text = " ".join(segment.text.strip() for segment in spoken).strip()
        if is_loop(text) or not any(character.isalnum() for character in text):
            spoken, text = [], ""
        words = tuple(
            Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
            for segment in spoken
            for word in segment.words or ()
        )
        return Transcript(
            text=text,
            words=words,
            confidence=mean_probability([word.probability for word in words]),
            no_speech_probability=min((segment.no_speech_prob for segment in segments), default=1.0),
            language=language,
            engine=self.engine,
            model=self.model,
            decode_seconds=decode_seconds,
        )


def _is_noise(segment: "Segment") -> bool:
    words = mean_probability([word.probability for word in segment.words or ()])
    return is_noise(segment.no_speech_prob, segment.avg_logprob, words)


def is_noise(no_speech_probability: float, mean_logprob: float, mean_word_probability: float) -> bool:
    """Say whether a segment holds no speech: Whisper says so and doubts its own words. Doubt alone drops nothing.

    A clear word that is taken for noise is worse than a stray note: both conditions must hold.
    """
    doubtful = mean_logprob < LOW_MEAN_LOGPROB or mean_word_probability < LOW_WORD_PROBABILITY
    return no_speech_probability > NO_SPEECH_PROBABILITY and doubtful


def mean_probability(probabilities: list[float]) -> float:
    """Average word probabilities; 0 for no words. It parts right words from wrong ones better than the mean log
    probability of the tokens does, because time stamps and the end token are not in it.
    """
    return fmean(probabilities) if probabilities else 0.0


def is_loop(text: str) -> bool:
    """Say whether the decoder went round: the same one to four words six times in a row or more."""
    return _LOOP.search(f"{text} ") is not None


def spare_cores() -> int:
    """Count the cores that a decode may take: all but one, four at most, one at least."""
    return max(1, min(4, (os.cpu_count() or 1) - 1))
