"""Speech from espeak-ng with the time of each word. Its library is called here, for the command tells no times."""

import ctypes
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE = 16_000
_SYNCHRONOUS, _DONT_EXIT = 2, 0x8000
_WORD_BEGINS, _LIST_ENDS = 1, 0
_SPEED, _PITCH, _RANGE = 1, 3, 4
_UTF8, _END_PAUSE = 1, 0x1000
_SILENT = 0.004
"""Under this, of full scale, the synthesiser's fade is taken for silence."""


@dataclass(frozen=True)
class Word:
    """A word and when it is said, in seconds."""

    text: str
    begin: float
    end: float


@dataclass(frozen=True)
class Speech:
    """A sentence in 16 kHz samples between -1 and 1, with its words."""

    samples: Samples
    words: tuple[Word, ...]
    is_exact: bool
    """Whether the synthesiser told when each word begins; else words that it says in one breath share its time."""


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Synthesiser:
    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 200, None, _DONT_EXIT)
        if self._rate < 0:
            raise OSError("espeak-ng does not start: are its voices installed?")
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._heard: list[npt.NDArray[np.int16]] = []
        self._begins: dict[int, float] = {}

    def say(self, text: str, voice: str, speed: int, pitch: int, pitch_range: int) -> tuple[Samples, dict[int, float]]:
        self._heard, self._begins = [], {}
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise LookupError(f"espeak-ng has no voice {voice}.")
        for parameter, value in ((_SPEED, speed), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        said = text.encode() + b"\0"
        self._library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._heard).astype(np.float32) / np.float32(32768)
        return _resampled(samples, self._rate), self._begins

    def _take(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if wave and count > 0:
            self._heard.append(np.ctypeslib.as_array(wave, (count,)).copy())
        place = 0
        while events[place].type != _LIST_ENDS:
            if events[place].type == _WORD_BEGINS:
                self._begins.setdefault(events[place].text_position, events[place].audio_position / 1000)
            place += 1
        return 0


@lru_cache(maxsize=1)
def _synthesiser() -> _Synthesiser:
    return _Synthesiser()


def speak(text: str, voice: str, *, speed: int = 158, pitch: int = 50, pitch_range: int = 50) -> Speech:
    """Say a sentence of words with one space between them; `LookupError` for a voice that is not there."""
    samples, begins = _synthesiser().say(text, voice, speed, pitch, pitch_range)
    audible = np.nonzero(np.abs(samples) > _SILENT)[0]
    samples = samples[: audible[-1] + 1]
    words = text.split()
    # The synthesiser counts letters from one; what it says in one breath ("in the") has one beginning.
    places = np.cumsum([1, *(len(word) + 1 for word in words[:-1])])
    known = [begins.get(int(place)) for place in places]
    return Speech(samples, tuple(_timed(words, known, len(samples) / RATE)), None not in known)


def phonemes(words: Sequence[str], voice: str = "en-us") -> dict[str, tuple[str, ...]]:
    """Give the sounds of each word, without stress and length."""
    command = ["espeak-ng", "-q", "-x", "--sep=_", "-v", voice]
    told = subprocess.run(
        command, input="\n\n".join(words), check=True, capture_output=True, text=True, timeout=60
    ).stdout
    lines = [line for line in told.splitlines() if line.strip()]
    if len(lines) != len(words):
        raise ValueError("espeak-ng gave other lines than words.")
    sounds = (line.translate(str.maketrans(" ", "_", "',:%")) for line in lines)
    return {word: tuple(filter(None, line.split("_"))) for word, line in zip(words, sounds, strict=True)}


def _timed(words: list[str], begins: list[float | None], end: float) -> list[Word]:
    """Divide the time of words that are said in one breath by their letters."""
    timed: list[Word] = []
    place = 0
    while place < len(words):
        after = next((later for later in range(place + 1, len(words)) if begins[later] is not None), len(words))
        first = begins[place] or 0.0
        last = (begins[after] if after < len(words) else None) or end
        letters = np.cumsum([0, *(len(word) for word in words[place:after])])
        edges = first + (last - first) * letters / letters[-1]
        timed += [
            Word(word, float(edges[number]), float(edges[number + 1])) for number, word in enumerate(words[place:after])
        ]
        place = after
    return timed


def _resampled(samples: Samples, rate: int) -> Samples:
    """Bring samples to 16 kHz with a windowed sinc."""
    if rate == RATE:
        return samples
    import av  # noqa: PLC0415

    frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    parts = [part.to_ndarray()[0] for given in (frame, None) for part in resampler.resample(given)]
    return np.concatenate(parts).astype(np.float32)
