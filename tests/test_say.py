"""`lossy say`: a file that can't be spoken, a place that does not answer, and one that does."""

import asyncio
import json
import os
import signal
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from lossy.db.models import NoteRow
from lossy.demo import UTTERANCES
from lossy.errors import InvalidInput
from lossy.say import read_wav
from tests.e2e.server import free_port
from tests.live import FILM, Account, LiveLossy, live

MUSIC = UTTERANCES / "01-the-music-is-too-loud.wav"
SCRATCH = UTTERANCES / "scratch-that.wav"


def write_wav(path: Path, *, channels: int = 1, width: int = 2, rate: int = 16_000, frames: int = 1600) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(channels * width * frames))
    return path


def truncated(path: Path) -> Path:
    path.write_bytes(MUSIC.read_bytes()[:20_000])
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.wav", "There is no file"),
        ("folder.wav", "is a folder, not a sound file."),
        ("text.wav", "is not a WAV file with PCM samples. Convert it with: ffmpeg"),
        ("nothing.wav", "is not a WAV file with PCM samples. Convert it with: ffmpeg"),
        ("stereo.wav", "2 channel(s), 16 bit, 16000 Hz; 1, 16 and 16000 are needed. Convert it with: ffmpeg"),
        ("rate.wav", "1 channel(s), 16 bit, 44100 Hz"),
        ("width.wav", "1 channel(s), 8 bit, 16000 Hz"),
        ("cut.wav", "is cut off:"),
        ("cut-header.wav", "is not a WAV file"),
        ("silent.wav", "holds no sound."),
    ],
)
def test_a_file_that_cannot_be_spoken_is_refused_in_words(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "text.wav").write_text("This is no sound.")
    (tmp_path / "nothing.wav").write_bytes(b"")
    (tmp_path / "cut-header.wav").write_bytes(MUSIC.read_bytes()[:30])
    write_wav(tmp_path / "stereo.wav", channels=2)
    write_wav(tmp_path / "rate.wav", rate=44_100)
    write_wav(tmp_path / "width.wav", width=1)
    write_wav(tmp_path / "silent.wav", frames=0)
    truncated(tmp_path / "cut.wav")
    with pytest.raises(InvalidInput) as refused:
        read_wav(tmp_path / name)
    assert said in refused.value.message


def test_a_file_that_may_not_be_read_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput):
        read_wav(Path("/proc/self/mem"))


def test_a_good_file_is_read_whole() -> None:
    pcm = read_wav(MUSIC)
    assert len(pcm) == 2 * (MUSIC.stat().st_size - 44) // 2
    assert np.frombuffer(pcm, np.int16).any()


class Run:
    """One run of the command, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("LOSSY_")}
        self._environment |= {"LOSSY_DATA_DIR": str(folder / "say")}

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "lossy",
            "say",
            *arguments,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # As at a terminal: what runs in the background of a script inherits that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    async def __call__(self, *arguments: str) -> tuple[int, str, str]:
        process = await self.start(*arguments)
        async with asyncio.timeout(60):
            out, error = await process.communicate()
        return process.returncode or 0, out.decode(), error.decode()

    async def refused(self, *arguments: str) -> str:
        """Run it and give the one line that it fails with."""
        status, out, error = await self(*arguments)
        assert status != 0
        assert out == ""
        (line,) = error.splitlines()
        return line


@pytest.fixture
def say(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.fixture
async def lossy(tmp_path: Path) -> AsyncIterator[LiveLossy]:
    async with live(f"sqlite:///{tmp_path / 'lossy.db'}", tmp_path) as server:
        yield server


@pytest.fixture
async def ann(lossy: LiveLossy) -> Account:
    return await lossy.person()


def options(lossy: LiveLossy, who: Account, at: float = 12.5, video: str = FILM) -> list[str]:
    return ["--video", video, "--at", str(at), "--server", lossy.url, "--token", who.token]


async def notes_in(lossy: LiveLossy) -> list[NoteRow]:
    async with lossy.core.database.read() as db:
        return list((await db.exec(select(NoteRow))).all())


async def test_a_remark_is_spoken_and_its_note_printed(lossy: LiveLossy, ann: Account, say: Run) -> None:
    status, out, error = await say(str(MUSIC), *options(lossy, ann))
    assert (status, error) == (0, "")
    assert out.splitlines()[-1].split(maxsplit=2)[1:] == ["audio", "The music is too loud"]
    (note,) = await notes_in(lossy)
    assert note.start_seconds == pytest.approx(12.5 + 0.5 - 0.6, abs=0.25)


async def test_json_is_one_event_a_line_and_the_note_last(lossy: LiveLossy, ann: Account, say: Run) -> None:
    status, out, _ = await say(str(MUSIC), *options(lossy, ann), "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert (lines[-1]["type"], lines[-1]["note"]["status"]) == ("note", "firmed")
    assert {"asr_final", "note_changed", "turn_changed"} <= {line["type"] for line in lines}


async def test_as_opus_it_is_the_same_note_at_the_same_time(lossy: LiveLossy, ann: Account, say: Run) -> None:
    notes = []
    for encoding in ("pcm16", "opus"):
        status, out, _ = await say(str(MUSIC), *options(lossy, ann), "--encoding", encoding, "--json")
        assert status == 0
        notes.append(json.loads(out.splitlines()[-1])["note"])
    plain, opus = notes
    assert (opus["text"], opus["category"]) == (plain["text"], plain["category"])
    assert opus["start_seconds"] == pytest.approx(plain["start_seconds"], abs=0.1)


async def test_silence_makes_no_note_and_says_so(lossy: LiveLossy, ann: Account, say: Run, tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", frames=16_000)
    status, out, error = await say(str(silence), *options(lossy, ann))
    assert (status, out, error) == (1, "", "No words were heard in it.\n")


async def test_what_the_server_refuses_is_one_line(lossy: LiveLossy, ann: Account, say: Run, tmp_path: Path) -> None:
    nobody = Account(ann.user_id, ann.email, "no-such-token")
    said = await asyncio.gather(
        say.refused(str(MUSIC), *options(lossy, nobody)),
        say.refused(str(MUSIC), *options(lossy, ann, video="ftp://example.org/film.mp4")),
        say.refused(str(MUSIC), *options(lossy, ann, at=-1)),
        say.refused(str(MUSIC), *options(lossy, ann, at=float("nan"))),
        say.refused(str(truncated(tmp_path / "cut.wav")), *options(lossy, ann)),
    )
    assert "ign in" in said[0]
    assert said[1] == "Error: A video's address must begin with http:// or https://."
    assert said[2] == said[3] == "Error: --at is a position in the video, in seconds, 0 or more."
    assert "is cut off" in said[4]
    assert await notes_in(lossy) == []


async def test_a_server_that_is_not_there_is_one_line(say: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = await say.refused(str(MUSIC), "--video", FILM, "--at", "1", "--server", url, "--token", "t")
    assert said == f"Error: No Lossy server answers at {url}. Start it with: make run"


@pytest.mark.parametrize("server", ["nonsense", "http://", "ftp://127.0.0.1", "http://127.0.0.1:99999"])
async def test_a_server_address_that_is_none_is_one_line(say: Run, server: str) -> None:
    said = await say.refused(str(MUSIC), "--video", FILM, "--at", "1", "--server", server, "--token", "t")
    assert said.startswith("Error: ")


async def test_interrupting_it_leaves_no_traceback(lossy: LiveLossy, ann: Account, say: Run) -> None:
    process = await say.start(str(MUSIC), *options(lossy, ann), "--json")
    assert process.stdout is not None
    async with asyncio.timeout(30):
        await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        _, error = await process.communicate()
    assert process.returncode != 0
    assert error == b"\nAborted!\n"
