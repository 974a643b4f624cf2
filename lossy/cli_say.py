"""What `lossy say` prints: every event as it happens, the finished notes last."""

import json
from dataclasses import dataclass
from pathlib import Path

import click

from lossy.client import Connection
from lossy.errors import InvalidInput
from lossy.events import AnyEvent, AsrFinal, NoteChanged
from lossy.protocol import Encoding, VideoContext
from lossy.say import Speaker, read_wav
from lossy.timecode import format_timecode
from lossy.video_url import identify_url


@dataclass(frozen=True)
class Remark:
    """A file that is spoken about a video, whose position at the first sample is `at_seconds`."""

    file: Path
    video: str
    at_seconds: float
    encoding: Encoding = "pcm16"


async def run_say(remark: Remark, server: str, token: str, *, as_json: bool) -> int:
    """Stream a file and print what becomes of it; give the exit status."""
    pcm = read_wav(remark.file)
    identify_url(remark.video)
    if not 0 <= remark.at_seconds <= 1e6:
        raise InvalidInput("--at is a position in the video, in seconds, 0 or more.")
    async with Connection(server, token, client="say/0.1") as connection:
        tell = _print_json if as_json else _print_words
        speaker = Speaker(connection, tell, encoding=remark.encoding)
        spoken = await speaker.speak(pcm, VideoContext(url=remark.video), remark.at_seconds)
    for note in spoken.notes:
        if as_json:
            click.echo(json.dumps({"type": "note", "note": note.model_dump(mode="json")}))
        else:
            click.echo(f"{format_timecode(note.start_seconds)}  {note.category.value:<9} {note.text}")
    for failure in spoken.failures:
        click.echo(failure, err=True)
    if not spoken.notes and not spoken.failures:
        scratched = "It was scratched, so there is no note."
        click.echo(scratched if spoken.cancelled else spoken.reason or "No words were heard in it.", err=True)
    return 0 if (spoken.notes or spoken.cancelled) and not spoken.failures else 1


def _print_json(event: AnyEvent) -> None:
    click.echo(event.model_dump_json())


def _print_words(event: AnyEvent) -> None:
    match event:
        case AsrFinal():
            click.echo(f"  heard: {event.text or '(nothing)'}")
        case NoteChanged():
            click.echo(f"  {event.note.status.value}: {event.note.text}")
        case _:
            pass
