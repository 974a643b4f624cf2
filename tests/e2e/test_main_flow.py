"""From a voice to a comment on the video's site, by the real processes alone; and what they leave readable of secrets.

Embedded, `lossy serve` posts by itself; with Redis, a `lossy worker` does.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from lossy.automation.sealing import make_seal
from lossy.bench.comment_site import CommentSite
from lossy.bus import Bus
from lossy.db import logins
from lossy.db.engine import Database
from lossy.demo import UTTERANCES
from lossy.events import AnyEvent, NoteChanged, NoteStatus, ToolResult
from lossy.protocol import VideoContext
from lossy.say import Speaker, read_wav
from lossy.video_url import identify_url, posting_address
from tests.e2e.server import LivePerson, LiveServer, LiveWorker
from tests.live import CountingConnection

PATIENCE_SECONDS = 100
AT_SECONDS = 7.0
MUSIC = UTTERANCES / "01-the-music-is-too-loud.wav"
MODEL_KEY = "sk-zyzzyva-of-the-model"
API_TOKEN = "zyzzyva-of-an-api"
PASSWORD = "correct horse battery"


@pytest.fixture
def server(database_url: str, lossy_redis_url: str | None, tmp_path: Path) -> LiveServer:
    """Run Lossy with a key of a model that can't be reached, and a log that tells all."""
    settings = {
        "LOSSY_DATABASE_URL": database_url,
        "LOSSY_LOG_LEVEL": "DEBUG",
        "OPENAI_API_KEY": MODEL_KEY,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    redis = {"LOSSY_REDIS_URL": lossy_redis_url} if lossy_redis_url else {}
    return LiveServer(tmp_path / "data", **settings, **redis)


class Ann:
    """Somebody who speaks about a video of the site, and what she hears of it."""

    def __init__(self, server: LiveServer, person: LivePerson, site: CommentSite) -> None:
        self.server = server
        self.person = person
        self.site = site
        self.events: list[AnyEvent] = []
        self._news = asyncio.Event()

    async def connect(self, database_url: str, folder: Path) -> dict[str, object]:
        """Be signed in at the site, and at an API besides; give what the browser knows."""
        named = identify_url(self.site.address("one"))
        place = posting_address(named.platform, named.external_id, named.url or "").place
        me = self.person.api.get("/me").raise_for_status().json()["id"]
        seal, state = make_seal((), folder), self.site.signed_in("Ada")
        tokens = {"access_token": API_TOKEN, "refresh_token": API_TOKEN}
        database = Database(database_url, Bus())
        async with database.write() as db:
            await logins.keep_login(db, me, named.platform, place, sealed=seal.seal(state))
            await logins.keep_login(db, me, "youtube", "www.youtube.com", sealed=seal.seal(tokens), kind=logins.API)
        await database.close()
        return state

    async def speak(self) -> None:
        """Say something, and wait until it stands there."""

        def take(event: AnyEvent) -> None:
            self.events.append(event)
            self._news.set()

        async with CountingConnection(self.server.url, self.person.token) as connection:
            context = VideoContext(url=self.site.address("one"))
            await Speaker(connection, take).speak(read_wav(MUSIC), context, AT_SECONDS)
            while not any(isinstance(event, ToolResult) and event.tool == "post" for event in self.events):
                self._news.clear()
                await self._news.wait()

    def statuses(self) -> list[NoteStatus]:
        """Give the statuses of her note, in order."""
        seen = [event.note.status for event in self.events if isinstance(event, NoteChanged)]
        return [status for number, status in enumerate(seen) if number == 0 or seen[number - 1] is not status]


async def test_what_is_said_stands_on_the_site_once_and_no_secret_is_readable(
    server: LiveServer, database_url: str, lossy_redis_url: str | None, tmp_path: Path
) -> None:
    with ExitStack() as running:
        site = running.enter_context(CommentSite())
        await asyncio.to_thread(server.start)
        running.callback(server.kill)
        worker = running.enter_context(LiveWorker(server)) if lossy_redis_url else None
        person = server.person("ann@example.org")
        person.api.patch("/settings", json={"values": {"auto_post": True, "auto_post_above": 0.1}}).raise_for_status()
        ann = Ann(server, person, site)
        state = await ann.connect(database_url, tmp_path / "data")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ann.speak()

        assert [text.partition(" ")[0] for text in site.on("one")] == ["0:06"]
        assert ann.statuses() == [
            NoteStatus.GHOST, NoteStatus.FIRMED, NoteStatus.PENDING_POST, NoteStatus.POSTING, NoteStatus.POSTED,
        ]  # fmt: skip
        [note] = _listed(server, person, site.address("one"))
        assert (note["status"], note["permalink"]) == ("posted", f"{site.address('one')}#t=6")
        assert site.on("one") == [f"0:06 {note['text']}"]
        person.api.close()
        await asyncio.to_thread(server.stop)

    cookie = str(state["cookies"][0]["value"])  # type: ignore[index]
    key = (tmp_path / "data/secret.key").read_text()
    secrets = {"cookie": cookie, "API": API_TOKEN, "sign-in": person.token, "password": PASSWORD, "seal": key}
    secrets["model"] = MODEL_KEY
    said = {
        "log": "\n".join(server.lines),
        "worker": worker.said if worker else "",
        "database": await _dump(database_url),
    }
    assert str(note["text"]) in said["database"]  # the dump is one
    assert str(note["text"]) not in said["log"] + said["worker"]
    assert [(where, name) for where, text in said.items() for name, secret in secrets.items() if secret in text] == []


def test_a_note_is_posted_and_each_step_told_in_a_terminal(
    server: LiveServer, lossy_redis_url: str | None, seed_notes: Callable[..., None]
) -> None:
    with ExitStack() as running:
        site = running.enter_context(CommentSite())
        site.mood.open_to_all = True
        running.callback(server.start().stop)
        running.enter_context(LiveWorker(server)) if lossy_redis_url else None
        person = server.person("ann@example.org")
        video = person.open_video(site.address("one"))["video"]
        seed_notes(person, video, 1)
        [note] = _listed(server, person, site.address("one"))
        post = ["post", str(note["id"]), "--email", "ann@example.org"]

        told = [json.loads(line) for line in _lossy(server, *post, "--json").stdout.splitlines()]
        assert [line["step"] for line in told[:-1] if line["step"] != "reading_back"] == [
            "queued", "preparing", "logged_in", "armed", "posted",
        ]  # fmt: skip
        assert (told[-1]["type"], told[-1]["note"]["status"]) == ("note", "posted")
        assert site.on("one") == [f"0:00 {note['text']}"]

        again = _lossy(server, *post)
        assert (again.returncode, again.stderr) == (1, "Error: This note is posted already.\n")
        [job] = json.loads(_lossy(server, "jobs", "list", "--json").stdout)
        assert (job["name"], job["state"], job["attempt"]) == ("post.note", "done", 1)


def _lossy(server: LiveServer, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lossy", *words]
    return subprocess.run(command, env=server.environment, capture_output=True, text=True, check=False)


def _listed(server: LiveServer, person: LivePerson, url: str) -> list[dict[str, object]]:
    told = _lossy(server, "notes", "--video", url, "--json", "--server", server.url, "--token", person.token)
    listed: list[dict[str, object]] = json.loads(told.stdout)
    return listed


async def _dump(database_url: str) -> str:
    """Write every value of every table; bytes as the characters that they would be."""
    database = Database(database_url, Bus())
    rows: list[str] = []
    async with database.read() as db:
        for table in SQLModel.metadata.sorted_tables:
            for row in (await db.exec(table.select())).all():  # type: ignore[call-overload]
                rows += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    await database.close()
    return "\n".join(rows)
