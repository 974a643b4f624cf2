"""Recognition in the cloud: the real openai library against servers that behave in every way they have."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import numpy as np
import pytest

from lossy.inference.cloud import MAX_ANSWER_BYTES, UNKNOWN_CONFIDENCE, CloudRefused, CloudTranscriber
from lossy.inference.speech import SAMPLE_RATE, RecognitionFailed, Transcript
from tests.inference.loopback import Loopback, Reply, Request, Script, serving

SPOKEN = (np.sin(np.arange(2 * SAMPLE_RATE) / 20) * 8000).astype(np.int16)
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.0,
    "text": " The music is too loud.",
    "words": [{"word": "The", "start": 0.1, "end": 0.3}, {"word": "music", "start": 0.3, "end": 0.8}],
    "segments": [{"id": 0, "avg_logprob": -0.105, "no_speech_prob": 0.02}],
}


@asynccontextmanager
async def cloud(script: Script, timeout_seconds: float = 10.0) -> AsyncIterator[tuple[CloudTranscriber, Loopback]]:
    async with serving(script) as server:
        transcriber = CloudTranscriber(
            "whisper-1", api_key="key", base_url=server.url + "/v1", timeout_seconds=timeout_seconds
        )
        yield transcriber, server
        await transcriber.aclose()


async def hear(script: Script, timeout_seconds: float = 10.0) -> Transcript:
    async with cloud(script, timeout_seconds) as (transcriber, _):
        return await transcriber.transcribe(SPOKEN)


def answering(body: object, status: int = 200, **headers: str) -> Script:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(request: Request, reply: Reply) -> None:
        await reply.whole(data, status, **headers)

    return script


async def test_words_come_with_their_times_and_a_confidence() -> None:
    heard = await hear(answering(VERBOSE))
    assert (heard.text, heard.engine, heard.model) == ("The music is too loud.", "cloud", "whisper-1")
    assert [(word.text, word.start_seconds) for word in heard.words] == [("The", 0.1), ("music", 0.3)]
    assert heard.confidence == pytest.approx(0.9, abs=0.01)
    assert heard.no_speech_probability == 0.02


async def test_the_samples_arrive_as_they_are() -> None:
    async with cloud(answering(VERBOSE)) as (transcriber, server):
        await transcriber.transcribe(SPOKEN)
    (request,) = server.requests
    assert request.path == "/v1/audio/transcriptions"
    sent = request.body[request.body.index(b"RIFF") :]
    with wave.open(BytesIO(sent)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (SAMPLE_RATE, 1)
        assert np.array_equal(np.frombuffer(wav.readframes(len(SPOKEN)), "<i2"), SPOKEN)


def refusing_formats(*refused: bytes, answer: bytes) -> Script:
    async def script(request: Request, reply: Reply) -> None:
        if any(b"\r\n\r\n" + form + b"\r\n" in request.body for form in refused):
            await reply.whole(b'{"error": {"message": "response_format is not supported"}}', 400)
        else:
            await reply.whole(answer)

    return script


@pytest.mark.parametrize(
    ("refused", "answer"),
    [
        pytest.param([b"verbose_json"], b'{"text": "The music is too loud."}', id="json alone, as llama.cpp"),
        pytest.param([b"verbose_json", b"json"], b"The music is too loud.\n", id="text alone"),
        pytest.param([], b'{"text": "The music is too loud."}', id="no words though asked for, as whisper.cpp"),
        pytest.param([], b'Here you are: {"text": "The music is too loud."} Anything else?', id="words around it"),
        pytest.param([], b'{"text": " The music\\nis too loud.", "x": [1], "words": null}', id="more than known"),
    ],
)
async def test_every_dialect_is_understood(refused: list[bytes], answer: bytes) -> None:
    script = refusing_formats(*refused, answer=answer)
    async with cloud(script) as (transcriber, server):
        first = await transcriber.transcribe(SPOKEN)
        second = await transcriber.transcribe(SPOKEN)
    assert first.text == second.text == "The music is too loud."
    assert first.confidence == UNKNOWN_CONFIDENCE
    assert len(server.requests) == len(refused) + 2, "what a server can't do is asked for once"


CODES = {
    "too much to do": "recognition_busy",
    "can't be reached": "recognition_broken",
    "broke off|can't be reached": "recognition_broken",
    "in time": "recognition_timed_out",
}


async def never(request: Request, reply: Reply) -> None:
    await reply.hang()


async def half(request: Request, reply: Reply) -> None:
    await reply.head(Content_Length="400")
    await reply.send(b'{"text": "The mu')


async def half_and_silence(request: Request, reply: Reply) -> None:
    await half(request, reply)
    await reply.hang()


async def endless(request: Request, reply: Reply) -> None:
    await reply.head()
    for _ in range(200):
        await reply.send(b'{"text": "' + b"loud " * 10_000)
    await reply.hang()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(answering({}, 429, retry_after="0"), "too much to do", id="429"),
        pytest.param(answering({}, 500), "can't be reached", id="500"),
        pytest.param(answering(b"<!doctype html><p>Sign in</p>"), "no transcript", id="a page"),
        pytest.param(answering(b"\xff\xfe\x00garbage"), "no transcript", id="garbage"),
        pytest.param(answering({"words": []}), "no transcript", id="no text"),
        pytest.param(answering({"text": ["loud"]}), "no transcript", id="text that is none"),
        pytest.param(answering(b"[" * 100_000 + b"{"), "no transcript", id="a deep hole"),
        pytest.param(answering({"text": "loud music " * 100}), "more than was said", id="more than can be said"),
        pytest.param(answering(b" " * (MAX_ANSWER_BYTES + 1)), "too great length", id="a long answer"),
        pytest.param(endless, "too great length", id="an endless answer"),
        pytest.param(never, "in time", id="no answer"),
        pytest.param(half, "broke off|can't be reached", id="half an answer"),
        pytest.param(half_and_silence, "in time", id="half an answer and silence"),
    ],
)
async def test_what_goes_wrong_is_said_in_words(script: Script, said: str) -> None:
    with pytest.raises(RecognitionFailed, match=said) as failed:
        await hear(script, timeout_seconds=1.5)
    assert failed.value.code == CODES.get(said, "recognition_garbled")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_named(status: int) -> None:
    with pytest.raises(CloudRefused, match="OPENAI_API_KEY"):
        await hear(answering({"error": {"message": "no"}}, status))


async def test_a_server_that_is_not_there_is_told() -> None:
    async with cloud(answering(VERBOSE)) as (transcriber, server):
        url = server.url
        await transcriber.aclose()
    gone = CloudTranscriber("whisper-1", api_key="key", base_url=url + "/v1", timeout_seconds=5)
    with pytest.raises(RecognitionFailed, match="can't be reached"):
        await gone.transcribe(SPOKEN)
    await gone.aclose()


async def test_a_moment_of_too_much_to_do_passes() -> None:
    asked: list[Request] = []

    async def script(request: Request, reply: Reply) -> None:
        asked.append(request)
        if len(asked) == 1:
            await reply.whole(b"{}", 429, retry_after="0.01")
        else:
            await reply.whole(json.dumps(VERBOSE).encode())

    assert (await hear(script)).text == "The music is too loud."


@pytest.mark.parametrize("text", ["", "   ", "you you you you you you you you you you"])
async def test_nothing_said_is_nothing_heard(text: str) -> None:
    heard = await hear(answering({"text": text}))
    assert (heard.text, heard.words, heard.confidence) == ("", (), 0.0)


async def test_words_outside_the_audio_are_not_believed() -> None:
    words = [{"word": "ghost", "start": 40.0, "end": 41.0}, {"word": "back", "start": 1.0, "end": 0.5}]
    assert (await hear(answering({**VERBOSE, "words": words}))).words == ()


async def test_markup_in_the_words_is_only_words() -> None:
    heard = await hear(answering({"text": "<script>alert(1)</script>\x00 {{name}}"}))
    assert heard.text == "<script>alert(1)</script> {{name}}"


async def test_cancelling_ends_the_request() -> None:
    asked = asyncio.Event()

    async def script(request: Request, reply: Reply) -> None:
        asked.set()
        await reply.hang()

    async with cloud(script) as (transcriber, _):
        task = asyncio.create_task(transcriber.transcribe(SPOKEN))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
