"""Recognition by any server that speaks OpenAI's `/audio/transcriptions`, through the openai library.

Servers differ in what they answer: words with times, text alone as JSON, or plain text. The richest is asked for, and
a server that refuses that is asked for less from then on. Whatever comes is bounded and checked before it is believed.
"""

import asyncio
import io
import json
import math
import re
import time
import wave
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, Field, ValidationError

from lossy.inference.speech import SAMPLE_RATE, Pcm, RecognitionFailed, RecognitionUnavailable, Transcript, Word
from lossy.inference.whisper import is_loop

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_ANSWER_BYTES = 1_000_000
MAX_CHARACTERS_PER_SECOND = 40
"""More than anybody says."""
MAX_RETRIES = 1
UNKNOWN_CONFIDENCE = 0.75
"""Of words that came without a figure: they are shown to the reviewer, but not posted without a look."""
Format = Literal["verbose_json", "json", "text"]
FORMATS: tuple[Format, ...] = ("verbose_json", "json", "text")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class CloudRefused(RecognitionUnavailable):
    """The server does not take our key."""

    code: ClassVar[str] = "recognition_refused"


class CloudTimedOut(RecognitionFailed):
    """It did not answer in time."""

    code: ClassVar[str] = "recognition_timed_out"


class CloudBusy(RecognitionFailed):
    """It has too much to do, or the quota is spent."""

    code: ClassVar[str] = "recognition_busy"


class CloudBroken(RecognitionFailed):
    """It can't be reached, failed, or broke off."""

    code: ClassVar[str] = "recognition_broken"


class CloudGarbled(RecognitionFailed):
    """Its answer is no transcript."""

    code: ClassVar[str] = "recognition_garbled"


class _Word(BaseModel):
    word: str
    start: Annotated[float, Field(ge=0)]
    end: Annotated[float, Field(ge=0)]
    probability: Annotated[float, Field(ge=0, le=1)] | None = None


class _Segment(BaseModel):
    avg_logprob: float | None = None
    no_speech_prob: float | None = None


class _Answer(BaseModel):
    text: str
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None
    language: str | None = None


class CloudTranscriber:
    """Decodes utterances with one model of one server."""

    engine = "cloud"

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None, timeout_seconds: float = 25.0) -> None:
        self.model = model
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._client: AsyncOpenAI | None = None
        self._format = 0

    async def transcribe(self, pcm: Pcm) -> Transcript:
        """Decode 16 kHz mono PCM16 of shape [n]; raises RecognitionFailed, or CloudRefused for a bad key."""
        import openai  # noqa: PLC0415

        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                body = await self._ask(_wav(pcm))
        except (TimeoutError, openai.APITimeoutError) as error:
            raise CloudTimedOut("The cloud's recogniser did not answer in time.") from error
        except openai.RateLimitError as error:
            raise CloudBusy("The cloud's recogniser has too much to do, or its quota is spent.") from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise CloudRefused("The cloud's recogniser refused the key: check OPENAI_API_KEY.") from error
        except openai.OpenAIError as error:
            raise CloudBroken("The cloud's recogniser can't be reached or broke off.") from error
        answer = _read(body, FORMATS[self._format])
        return self._transcript(answer, len(pcm) / SAMPLE_RATE, time.perf_counter() - began)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _ask(self, wav: bytes) -> bytes:
        import openai  # noqa: PLC0415

        while True:
            try:
                return await self._ask_for(FORMATS[self._format], wav)
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                if self._format + 1 == len(FORMATS):
                    raise
                self._format += 1

    async def _ask_for(self, form: Format, wav: bytes) -> bytes:
        import openai  # noqa: PLC0415

        asked = self._connected().audio.transcriptions.with_streaming_response.create(
            file=("speech.wav", wav, "audio/wav"),
            model=self.model,
            language="en",
            temperature=0,
            response_format=form,
            timestamp_granularities=["word", "segment"] if form == "verbose_json" else openai.omit,
        )
        body = bytearray()
        try:
            async with asked as response:
                async for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER_BYTES:
                        raise CloudGarbled("The cloud's recogniser answered at too great length.")
        except (openai.OpenAIError, RecognitionFailed):
            raise
        except Exception as error:  # the library lets its transport's own errors through while a body is read
            raise CloudBroken("The cloud's recogniser broke off.") from error
        return bytes(body)

    def _connected(self) -> "AsyncOpenAI":
        if self._client is None:
            from openai import AsyncOpenAI  # noqa: PLC0415

            self._client = AsyncOpenAI(
                api_key=self._api_key or "none",
                base_url=self._base_url,
                timeout=self._timeout_seconds,
                max_retries=MAX_RETRIES,
            )
        return self._client

    def _transcript(self, answer: _Answer, seconds: float, decode_seconds: float) -> Transcript:
        text = " ".join(_CONTROLS.sub(" ", answer.text).split())
        if len(text) > MAX_CHARACTERS_PER_SECOND * max(1.0, seconds):
            raise CloudGarbled("The cloud's recogniser answered with more than was said.")
        if is_loop(text):
            text = ""
        confidence = _confidence(answer) if text else 0.0
        words = answer.words if text else None
        silent = [each.no_speech_prob for each in answer.segments or () if each.no_speech_prob is not None]
        return Transcript(
            text=text,
            words=tuple(
                Word(each.word, each.start, each.end, confidence if each.probability is None else each.probability)
                for each in words or ()
                if each.start <= each.end <= seconds + 1
            ),
            confidence=confidence,
            no_speech_probability=min(silent, default=0.0 if text else 1.0),
            language=answer.language or "en",
            engine=self.engine,
            model=self.model,
            decode_seconds=decode_seconds,
        )


def _wav(pcm: Pcm) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes(pcm.astype("<i2").tobytes())
    return file.getvalue()


def _read(body: bytes, form: str) -> _Answer:
    """Read an answer; some servers wrap JSON in words, or give plain text whatever they are asked for."""
    text = body.decode("utf-8", "replace").strip()
    begins = text.find("{")
    try:
        if begins < 0:
            if form == "text" and not text.lower().startswith(("<!doctype", "<html")):
                return _Answer(text=text)
            raise ValueError("no JSON")
        found, _ = json.JSONDecoder().raw_decode(text[begins:])
        return _Answer.model_validate(found)
    except (ValueError, ValidationError, RecursionError) as error:
        raise CloudGarbled("The cloud's recogniser answered with something that is no transcript.") from error


def _confidence(answer: _Answer) -> float:
    words = [word.probability for word in answer.words or () if word.probability is not None]
    if words:
        return fmean(words)
    decodes = [each.avg_logprob for each in answer.segments or () if each.avg_logprob is not None]
    return min(1.0, math.exp(min(0.0, fmean(decodes)))) if decodes else UNKNOWN_CONFIDENCE
