"""`lossy serve` is killed with SIGKILL while somebody speaks, and started again: the same note, once, at its time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlmodel import select
from sqlmodel.sql.expression import SelectOfScalar

from lossy.bus import Bus
from lossy.db.engine import Database
from lossy.db.models import AudioChunk as AudioChunkRow
from lossy.db.models import NoteRow
from lossy.demo import UTTERANCES
from lossy.events import AnyEvent, NoteChanged, NoteStatus, SpeechHeard, TurnChanged, TurnState
from lossy.protocol import VideoContext
from lossy.say import Speaker, Spoken, read_wav
from tests.e2e.server import LivePerson, LiveServer
from tests.live import CountingConnection

T = TypeVar("T")
AT_SECONDS = 12.5
ONSET_SECONDS = 0.5
LAG_SECONDS = 0.6
PATIENCE_SECONDS = 90
FORGETTING_SECONDS = 20
MUSIC = UTTERANCES / "01-the-music-is-too-loud.wav"


class Story:
    """Somebody speaks, and the server dies at a moment of the story."""

    def __init__(self, server: LiveServer, token: str, database_url: str) -> None:
        self._server = server
        self._token = token
        self._url = database_url
        self._moment = asyncio.Event()
        self.acknowledged: set[int] = set()
        self.durable: set[int] = set()
        self.events: list[AnyEvent] = []

    async def tell(self, pcm: bytes, is_the_moment: Callable[[AnyEvent], bool]) -> Spoken:
        """Speak, kill the server at the moment, start it again, and wait for what becomes of it."""

        def take(event: AnyEvent) -> None:
            self.events.append(event)
            if is_the_moment(event):
                self._moment.set()

        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            CountingConnection(self._server.url, self._token) as connection,
        ):
            killing = asyncio.create_task(self._kill(connection))
            context = VideoContext(url="https://example.org/film.mp4")
            spoken = await Speaker(connection, take).speak(pcm, context, AT_SECONDS)
            await killing
        return spoken

    async def _kill(self, connection: CountingConnection) -> None:
        await self._moment.wait()
        await asyncio.to_thread(self._server.kill)
        self.acknowledged = set(connection.acknowledged)
        self.durable = set(await self.read(select(AudioChunkRow.seq)))
        await asyncio.to_thread(self._server.start)

    async def read(self, query: SelectOfScalar[T]) -> list[T]:
        """Read the database from outside."""
        database = Database(self._url, Bus())
        async with database.read() as db:
            found = list((await db.exec(query)).all())
        await database.close()
        return found


@pytest.fixture
def story(server: LiveServer, ann: LivePerson, database_url: str) -> Story:
    return Story(server, ann.token, database_url)


async def assert_one_note(story: Story, spoken: Spoken) -> None:
    (note,) = await story.read(select(NoteRow))
    assert (note.text, note.category, note.status) == ("The music is too loud", "audio", NoteStatus.FIRMED)
    assert note.start_seconds == pytest.approx(AT_SECONDS + ONSET_SECONDS - LAG_SECONDS, abs=0.25)
    assert [told.id for told in spoken.notes] == [note.id]
    assert spoken.failures == []
    assert story.acknowledged <= story.durable
    async with asyncio.timeout(FORGETTING_SECONDS):
        while await story.read(select(AudioChunkRow.seq)):  # noqa: ASYNC110 -- the audio goes once the note is told
            await asyncio.sleep(0.1)
    seqs = [event.seq for event in story.events if event.seq is not None]
    assert seqs == sorted(set(seqs))


async def test_killed_in_mid_sentence(story: Story) -> None:
    spoken = await story.tell(read_wav(MUSIC), lambda event: isinstance(event, SpeechHeard) and event.edge == "began")
    assert story.acknowledged
    await assert_one_note(story, spoken)


async def test_killed_while_the_note_waits_to_be_firmed(story: Story) -> None:
    spoken = await story.tell(
        read_wav(MUSIC), lambda event: isinstance(event, NoteChanged) and event.note.status is NoteStatus.GHOST
    )
    await assert_one_note(story, spoken)


async def test_killed_between_the_stop_and_the_note(story: Story) -> None:
    until_the_last_word = read_wav(MUSIC)[: int(1.95 * 32_000)]
    spoken = await story.tell(
        until_the_last_word,
        lambda event: isinstance(event, TurnChanged) and event.state is TurnState.TRANSCRIBING,
    )
    await assert_one_note(story, spoken)
