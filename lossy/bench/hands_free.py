"""Hands-free in the real extension, recognised in the browser: remarks in a noisy room, and then noise alone.

Chromium's microphone is a WAV file of remarks with pauses, over a room's noise; a video runs slowly beside it. Every
remark should be a note, in its order and at its time, and nothing else should. Then ten minutes in which nobody speaks.
"""

import asyncio
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from lossy.automation.chromium import find_chromium
from lossy.bench.child import serving
from lossy.bench.extension import close_welcome
from lossy.bench.figures import in_ms, word_errors
from lossy.bench.sounds import SOUNDS, as_pcm, silence
from lossy.bench.voice import register
from lossy.client import api
from lossy.demo import FILM, Utterance, read_pcm, read_utterances
from lossy.errors import SetupProblem, Unavailable
from lossy.inference.speech import SAMPLE_RATE, Pcm
from lossy.protocol import NotesListed
from lossy.settings import EXTENSION, EXTENSION_ORIGIN

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

SEED = 20_261_124
REMARKS = 40
NOISE_MINUTES = 10.0
PAUSES = 50
"""How often the video is paused by somebody who begins to speak."""
PAUSE_GOAL_MS = 100
PAUSE_SECONDS = (0.4, 2.0)
"""Beside the silence that each recording has around it, which is a second."""
LEAD_SECONDS = 2.0
AFTER_SECONDS = 12.0
"""For the last note to be firmed."""
RATE = 0.1
"""How fast the video runs, so that it does not end before the remarks do."""
ROOM_LOUDNESS = 4.0
"""How much louder than a quiet room's the noise under the remarks is."""
HEAR_SPEECH = """() => {
    window.began = [];
    chrome.runtime.onMessage.addListener((message) => {
        if (message.to === "worker" && message.type === "speech" && message.edge === "began")
            window.began.push(Date.now());
        return false;
    });
}"""
HEAR_PAUSES = """(video) => {
    window.paused = [];
    Object.assign(video, { loop: true, playbackRate: 1 });
    video.addEventListener("pause", () => window.paused.push(Date.now()));
}"""
PAGE = "<!doctype html><title>Bench</title><video src='film.webm' muted width='640'></video>"


@dataclass(frozen=True)
class _Voice:
    """What the microphone hears, and where in it each remark begins, in seconds."""

    pcm: Pcm
    onsets: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_RATE


async def measure_hands_free(
    remarks: int = REMARKS,
    noise_minutes: float = NOISE_MINUTES,
    chromium: Path | None = None,
    pauses: int = PAUSES,
) -> dict[str, Any]:
    """Say so many remarks, then be silent in noise for so long; give what came of both."""
    if not (EXTENSION / "manifest.json").is_file():
        raise SetupProblem("The extension is not built: make extension.")
    random, known = np.random.default_rng(SEED), read_utterances().remarks
    said = [known[number % len(known)] for number in range(remarks)]
    begun = [known[number % len(known)] for number in range(pauses)]
    return {
        "remarks": _of_remarks(said, *await _hear(_spoken(random, said), chromium)),
        "speech_to_pause": await _pauses(_spoken(random, begun), chromium),
        "noise": await _of_noise(_noise(random, 60 * noise_minutes), chromium),
    }


def _spoken(random: np.random.Generator, said: Sequence[Utterance]) -> _Voice:
    parts, onsets, at = [np.zeros(round(LEAD_SECONDS * SAMPLE_RATE), np.int16)], [], LEAD_SECONDS
    for remark in said:
        pause = np.zeros(round(random.uniform(*PAUSE_SECONDS) * SAMPLE_RATE), np.int16)
        spoken = read_pcm(remark.path)
        onsets.append(at + remark.onset_seconds)
        parts += [spoken, pause]
        at += (len(spoken) + len(pause)) / SAMPLE_RATE
    voice = np.concatenate(parts)
    room = as_pcm(ROOM_LOUDNESS * silence(random, len(voice) / SAMPLE_RATE))
    return _Voice(np.clip(voice.astype(np.int32) + room, -32768, 32767).astype(np.int16), tuple(onsets))


def _noise(random: np.random.Generator, seconds: float) -> _Voice:
    each = seconds / len(SOUNDS)
    return _Voice(np.concatenate([as_pcm(make(random, each)) for make in SOUNDS.values()]), ())


def _of_remarks(said: Sequence[Utterance], voice: _Voice, notes: NotesListed) -> dict[str, Any]:
    heard = sorted(notes.notes, key=lambda note: note.start_seconds)
    counts = [word_errors(one.text, note.raw_transcript) for one, note in zip(said, heard, strict=False)]
    # The file begins at a moment that nobody tells: it is the one that most notes agree on.
    began = [note.start_seconds / RATE - onset for note, onset in zip(heard, voice.onsets, strict=False)]
    errors = [abs(each - median(began)) for each in began]
    return {
        "said": len(said),
        "notes": len(heard),
        "in_order": sum(2 * wrong < words for wrong, words in counts),
        "extra": max(0, len(heard) - len(said)),
        "word_error_percent": round(100 * sum(wrong for wrong, _ in counts) / max(1, sum(of for _, of in counts)), 2),
        "time_error_ms": in_ms(errors, 50, 95, 100, goals={"p50": 250}),
        "seconds": round(voice.seconds, 1),
    }


async def _of_noise(voice: _Voice, chromium: Path | None) -> dict[str, Any]:
    _, notes = await _hear(voice, chromium)
    return {"minutes": round(voice.seconds / 60, 2), "notes": len(notes.notes), "goal": 0}


async def _hear(voice: _Voice, chromium: Path | None) -> tuple[_Voice, NotesListed]:
    with tempfile.TemporaryDirectory(prefix="lossy-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _write(folder / "voice.wav", voice.pcm)
        async with serving(folder) as server, _site() as site, _browser(folder, chromium) as context:
            token = await register(server)
            async with api(server, token) as client:
                chosen = {"values": {"engine": "browser", "auto_pause": False}}
                (await client.patch("/api/settings", json=chosen)).raise_for_status()
                options = await _signed_in(context, server, token)
                await _begin(context, options, site)
                await asyncio.sleep(voice.seconds + AFTER_SECONDS)
                listed = (await client.get("/api/notes", params={"video": site})).raise_for_status()
    return voice, NotesListed.model_validate_json(listed.content)


async def _pauses(voice: _Voice, chromium: Path | None) -> dict[str, Any]:
    """Measure from the first sound, as the gate of the browser tells it, to the video's pause in its page."""
    with tempfile.TemporaryDirectory(prefix="lossy-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _write(folder / "voice.wav", voice.pcm)
        async with serving(folder) as server, _site() as site, _browser(folder, chromium) as context:
            token = await register(server)
            async with api(server, token) as client:
                chosen = {"values": {"engine": "browser", "auto_pause": True}}
                (await client.patch("/api/settings", json=chosen)).raise_for_status()
            options = await _signed_in(context, server, token)
            await options.evaluate(HEAR_SPEECH)
            page = await _begin(context, options, site)
            await page.locator("video").evaluate(HEAR_PAUSES)
            await asyncio.sleep(voice.seconds + 2)
            began, paused = await options.evaluate("window.began"), await page.evaluate("window.paused")
    # A remark that begins before the video goes on finds it standing.
    taken = [next((at for at in paused if begin - 5 <= at <= begin + 1000), None) for begin in began]
    seconds = [max(0.0, at - begin) / 1000 for begin, at in zip(began, taken, strict=True) if at is not None]
    return {"began": len(began), "paused": len(seconds), **in_ms(seconds, 50, 95, 100, goals={"p95": PAUSE_GOAL_MS})}


async def _signed_in(context: "BrowserContext", server: str, token: str) -> "Page":
    options = await context.new_page()
    await options.goto(f"{EXTENSION_ORIGIN}/options.html")
    message = {"to": "worker", "type": "signed_in", "server": server, "token": token, "email": "bench@example.org"}
    await options.evaluate("(message) => chrome.runtime.sendMessage(message)", message)
    return options


async def _begin(context: "BrowserContext", options: "Page", site: str) -> "Page":
    """Open the video, let it run, and begin once the model is here."""
    page = await context.new_page()
    await page.goto(site)
    play = f"(video) => {{ video.playbackRate = {RATE}; return video.play(); }}"
    await page.locator("video").evaluate(play)
    await page.bring_to_front()
    await _until(options, "ask_recognition", "answer.state === 'ready'")
    press = """chrome.windows.getCurrent().then(({ id }) =>
        chrome.runtime.sendMessage({ to: 'worker', type: 'press', window: id, mode: 'hands_free' }))"""
    await options.evaluate(press)
    await _until(options, "ask_standing", "answer.microphone.state === 'open'")
    return page


async def _until(options: "Page", question: str, condition: str) -> None:
    ask = f"""chrome.windows.getCurrent().then(({{ id }}) =>
        chrome.runtime.sendMessage({{ to: 'worker', type: '{question}', window: id }})).then((answer) => {condition})"""
    ends_at = time.monotonic() + 60
    while not await options.evaluate(ask):
        if time.monotonic() > ends_at:
            raise Unavailable(f"The extension did not get as far as “{condition}” within a minute.")
        await asyncio.sleep(0.1)


def _write(path: Path, pcm: Pcm) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm.tobytes())


@asynccontextmanager
async def _browser(folder: Path, chromium: Path | None) -> "AsyncIterator[BrowserContext]":
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415
    except ImportError as error:
        raise SetupProblem("This bench drives a browser: pip install playwright.") from error
    found = chromium or find_chromium()
    if found is None:
        raise SetupProblem("This bench drives a browser, and there is no Chromium here: `lossy doctor` says more.")
    args = [
        "--no-sandbox",
        f"--load-extension={EXTENSION}",
        f"--disable-extensions-except={EXTENSION}",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={folder / 'voice.wav'}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=found, headless=True, args=args
        )
        if not context.service_workers:
            await context.wait_for_event("serviceworker")
        await close_welcome(context)
        yield context
        await context.close()


@asynccontextmanager
async def _site() -> AsyncIterator[str]:
    film = FILM.read_bytes()

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            asked = await reader.readuntil(b"\r\n\r\n")
            is_film = asked.startswith(b"GET /film.webm")
            kind, body = ("video/webm", film) if is_film else ("text/html", PAGE.encode())
            head = (
                f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(give, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/review"
