import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from lossy.bench.figures import word_errors
from lossy.bench.remarks import Group, read_remarks, read_sound
from lossy.demo import NARRATION, UTTERANCES, read_pcm, read_sample, read_utterances
from lossy.inference.commands import Command, Order, parse_command
from lossy.inference.endpoint import Endpointer, SpeechEnded, SpeechStarted
from lossy.inference.models import DEMO_DIRECTORY
from lossy.inference.rules import structure_by_rules
from lossy.inference.speech import SAMPLE_RATE, Pcm, RecognitionUnavailable, Transcript
from lossy.inference.whisper import WhisperTranscriber, is_loop, is_noise

REMARKS = read_utterances().remarks


@pytest.fixture
async def whisper() -> AsyncIterator[WhisperTranscriber]:
    transcriber = WhisperTranscriber(DEMO_DIRECTORY, "demo")
    yield transcriber
    await transcriber.aclose()


def utterances_of(pcm: Pcm) -> list[tuple[int, Pcm]]:
    """Cut a recording as a session does: onset and audio of each utterance."""
    endpointer = Endpointer()
    events = endpointer.feed(pcm) + endpointer.flush()
    starts = [event for event in events if isinstance(event, SpeechStarted)]
    ends = [event for event in events if isinstance(event, SpeechEnded)]
    return [
        (start.onset_sample, pcm[start.start_sample : end.end_sample]) for start, end in zip(starts, ends, strict=True)
    ]


async def test_the_demo_s_model_hears_as_well_in_short_windows_as_in_whole_ones() -> None:
    heard: dict[bool, list[Transcript]] = {}
    for short in (True, False):
        transcriber = WhisperTranscriber(DEMO_DIRECTORY, "demo", short_windows=short)
        cuts = [utterances_of(read_pcm(remark.path))[0][1] for remark in REMARKS]
        heard[short] = [await transcriber.transcribe(pcm) for pcm in cuts]
        await transcriber.aclose()

    def mistakes(transcripts: list[Transcript]) -> int:
        return sum(word_errors(each.text, heard.text)[0] for each, heard in zip(REMARKS, transcripts, strict=True))

    assert mistakes(heard[True]) <= mistakes(heard[False])
    for brief, whole in zip(heard[True], heard[False], strict=True):
        assert brief.text == whole.text
        assert brief.words[-1].end_seconds == pytest.approx(whole.words[-1].end_seconds, abs=0.1)


async def test_the_remarks_are_recognised_and_become_notes_of_their_category(whisper: WhisperTranscriber) -> None:
    errors = words = 0
    decodes = []
    for remark in REMARKS:
        ((_, pcm),) = utterances_of(read_pcm(remark.path))
        heard = await whisper.transcribe(pcm)
        wrong, said = word_errors(remark.text, heard.text)
        errors, words = errors + wrong, words + said
        decodes.append(heard.decode_seconds)
        note = structure_by_rules(heard)
        assert note.category is remark.category, heard.text
        assert 0.4 < note.confidence <= 1
    print(f"WER {100 * errors / words:.1f} % of {words} words, decode median {1000 * np.median(decodes):.0f} ms")  # noqa: T201
    assert errors / words <= 0.10


async def test_the_narration_gives_its_three_notes_at_their_times(whisper: WhisperTranscriber) -> None:
    found = utterances_of(read_pcm(NARRATION))
    sentences = read_sample().sentences
    assert len(found) == len(sentences)
    for (onset, pcm), sentence in zip(found, sentences, strict=True):
        heard = await whisper.transcribe(pcm)
        assert heard.text == sentence.text
        assert structure_by_rules(heard).category is sentence.category
        assert onset / SAMPLE_RATE == pytest.approx(sentence.onset_seconds, abs=0.1)


async def test_the_cancel_order_is_understood(whisper: WhisperTranscriber) -> None:
    heard = await whisper.transcribe(read_pcm(read_utterances().cancel.path))
    assert parse_command(heard.text) == Order(Command.CANCEL, "scratch that")


async def test_every_order_is_understood(whisper: WhisperTranscriber) -> None:
    silence = np.zeros(SAMPLE_RATE, np.int16)
    for order in (remark for remark in read_remarks() if remark.group is Group.ORDER):
        ((_, pcm),) = utterances_of(np.concatenate((silence, read_sound(order), silence)))
        assert parse_command((await whisper.transcribe(pcm)).text) == parse_command(order.text)


async def test_words_carry_their_times_and_their_certainty(whisper: WhisperTranscriber) -> None:
    remark = REMARKS[0]
    heard = await whisper.transcribe(read_pcm(remark.path))
    assert [word.text for word in heard.words] == remark.text.split()
    # Whisper lets the first word begin with the silence before it: its end is what can be relied on.
    assert remark.onset_seconds < heard.words[0].end_seconds < remark.onset_seconds + 0.4
    assert heard.words[-1].end_seconds == pytest.approx(remark.end_seconds, abs=0.3)
    starts = [word.start_seconds for word in heard.words]
    assert starts == sorted(starts)
    assert heard.confidence > 0.8
    assert (heard.language, heard.engine, heard.model) == ("en", "native", "demo")
    assert heard.no_speech_probability < 0.1


def hum() -> Pcm:
    return (4000 * np.sin(np.arange(3 * SAMPLE_RATE) * 2 * np.pi * 50 / SAMPLE_RATE)).astype(np.int16)


def noise(rms: float) -> Pcm:
    return np.random.default_rng(2).normal(0, rms, 3 * SAMPLE_RATE).astype(np.int16)


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros(0, np.int16),
        np.zeros(100, np.int16),
        np.zeros(3 * SAMPLE_RATE, np.int16),
        noise(50),
        noise(1500),
        hum(),
    ],
    ids=["nothing", "a moment", "silence", "faint noise", "noise", "hum"],
)
async def test_what_is_no_speech_gives_no_text(whisper: WhisperTranscriber, pcm: Pcm) -> None:
    heard = await whisper.transcribe(pcm)
    assert (heard.text, heard.words, heard.confidence) == ("", (), 0.0)


async def test_calls_that_come_together_queue_for_the_one_model(whisper: WhisperTranscriber) -> None:
    chosen = REMARKS[:3]
    heard: list[Transcript] = await asyncio.gather(*(whisper.transcribe(read_pcm(each.path)) for each in chosen))
    assert [each.text for each in heard] == [each.text for each in chosen]


async def test_the_loop_stays_free_while_a_decode_runs(whisper: WhisperTranscriber) -> None:
    await whisper.warm_up()
    decode = asyncio.create_task(whisper.transcribe(np.concatenate([read_pcm(each.path) for each in REMARKS[:5]])))
    turns = 0
    while not decode.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 5


async def test_a_cancelled_call_leaves_the_next_ones_alone(whisper: WhisperTranscriber) -> None:
    pcm = read_pcm(REMARKS[0].path)
    cancelled = asyncio.create_task(whisper.transcribe(pcm))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert (await whisper.transcribe(pcm)).text == REMARKS[0].text
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_a_directory_without_a_model_is_unavailable(tmp_path: Path) -> None:
    transcriber = WhisperTranscriber(tmp_path, "base.en")
    with pytest.raises(RecognitionUnavailable, match=r"base\.en"):
        await transcriber.warm_up()
    await transcriber.aclose()


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("the music the music the music the music the music the music", True),
        ("Thank you. Thank you. Thank you. Thank you. Thank you. Thank you. Thank you.", True),
        ("is is is is is is is", True),
        ("no no no no, that is wrong", False),
        ("very very very good", False),
        ("the cut is too fast and the cut is too hard and the cut is too loud", False),
        ("", False),
    ],
)
def test_only_a_decoder_going_round_is_a_loop(text: str, looping: bool) -> None:
    assert is_loop(text) is looping


def test_doubt_alone_drops_no_words() -> None:
    assert not is_noise(no_speech_probability=0.1, mean_logprob=-3.0, mean_word_probability=0.1)
    assert not is_noise(no_speech_probability=0.95, mean_logprob=-0.3, mean_word_probability=0.9)
    assert is_noise(no_speech_probability=0.95, mean_logprob=-1.5, mean_word_probability=0.5)
    assert is_noise(no_speech_probability=0.95, mean_logprob=-0.9, mean_word_probability=0.1)


async def test_live_words_come_from_what_was_said_so_far(whisper: WhisperTranscriber) -> None:
    pcm = read_pcm(UTTERANCES / "01-the-music-is-too-loud.wav")
    said = [await whisper.transcribe_partial(pcm[: int(seconds * SAMPLE_RATE)]) for seconds in (0.5, 1.5, 2.5)]
    assert said == ["", "the music is too", "the music is too loud"]


async def test_live_words_give_way_to_finals(whisper: WhisperTranscriber) -> None:
    pcm = read_pcm(UTTERANCES / "01-the-music-is-too-loud.wav")
    final = asyncio.create_task(whisper.transcribe(pcm))
    await asyncio.sleep(0)
    assert await whisper.transcribe_partial(pcm) is None
    assert (await final).text
