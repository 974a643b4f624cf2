"""The protocol over a real socket: audio is durable when acknowledged, events reach those they concern."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

import numpy as np
import pytest
from pydantic import BaseModel
from sqlmodel import select

from lossy import telemetry
from lossy.agent.frames import KEEP
from lossy.bus import Bus
from lossy.client import Connection, Refused
from lossy.db import notes, users, videos
from lossy.db.engine import Database
from lossy.db.models import AudioChunk as AudioChunkRow
from lossy.db.models import NoteRow, RecordingMode, Role
from lossy.events import (
    AsrFinal,
    Category,
    MicrophoneChanged,
    MicrophoneState,
    NoteChanged,
    NoteStatus,
    RecogniserChanged,
)
from lossy.opus import SHIFT_SAMPLES, encode
from lossy.protocol import (
    MAX_FRAME_BYTES,
    AskSince,
    AudioChunk,
    AudioGap,
    BrowserTranscript,
    ChunkStored,
    ClientHealth,
    ControlRecording,
    ControlTurn,
    Done,
    EventsSince,
    FrameTaken,
    OpenRecording,
    Playback,
    RecordingAction,
    RecordingOpened,
    TurnAction,
    VideoFrame,
    VideoOpened,
)
from lossy.web.socket_server import ByteBudget
from tests.db.failing import failing_commits
from tests.fakes import FakeClock
from tests.figures import figure
from tests.live import Account, LiveLossy, Told, open_film
from tests.pictures import webp

CAPTURED_AT = 1.7e9
SILENCE = bytes(3200)


@pytest.fixture
async def ann(lossy: LiveLossy) -> Account:
    return await lossy.person()


class Client:
    """A signed-in client that records."""

    def __init__(self, connection: Connection, opened: VideoOpened) -> None:
        self.connection = connection
        self.opened = opened
        self.told = Told(connection)
        self.recording = uuid4().hex
        self.gaps: list[AudioGap] = []
        self.asked = asyncio.Event()
        connection.on_gap = self._take_gap

    def _take_gap(self, gap: AudioGap) -> None:
        self.gaps.append(gap)
        self.asked.set()

    async def press(self, mode: str = "one_note", recognised_by: str = "server") -> RecordingOpened:
        message = OpenRecording.model_validate(
            {
                "recording": self.recording,
                "session": self.opened.session,
                "mode": mode,
                "recognised_by": recognised_by,
            }
        )
        return await self.connection.call("/audio", "open_recording", message, RecordingOpened)

    async def send(self, seq: int, pcm: bytes = SILENCE, recording: str = "") -> ChunkStored:
        chunk = AudioChunk(recording=recording or self.recording, seq=seq, captured_at=CAPTURED_AT + seq / 10)
        return await self.connection.call("/audio", "audio_chunk", chunk, ChunkStored, pcm)

    async def steer(self, action: RecordingAction, chunks: int | None = None, recording: str = "") -> Done:
        message = ControlRecording(recording=recording or self.recording, action=action, chunks=chunks)
        return await self.connection.call("/audio", "control_recording", message, Done)

    async def say(self, text: str, recording: str = "") -> Done:
        words = BrowserTranscript(
            recording=recording or self.recording,
            first_sample=8000,
            samples=16_000,
            captured_at=CAPTURED_AT,
            stable=text,
            is_final=True,
            confidence=0.9,
            model="whisper-tiny",
        )
        return await self.connection.call("/audio", "transcript", words, Done)

    async def since(self, seq: int) -> EventsSince:
        return await self.connection.call("/user", "ask_since", AskSince(seq=seq), EventsSince)


async def durable(lossy: LiveLossy) -> dict[int, bytes]:
    """Read the audio through a connection of its own."""
    database = Database(lossy.core.settings.async_database_url, Bus())
    async with database.read() as db:
        rows = (await db.exec(select(AudioChunkRow))).all()
    await database.close()
    return {row.seq: row.pcm for row in rows}


async def test_a_chunk_is_durable_when_it_is_acknowledged(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        for seq in range(3):
            stored = await client.send(seq, bytes([seq, 0] * 1600))
            assert stored.seq == seq
            assert (await durable(lossy))[seq] == bytes([seq, 0] * 1600)


async def test_resends_change_nothing_and_a_step_back_does_no_harm(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        for seq in (0, 1, 2, 1, 0, 2, 3):
            await client.send(seq, bytes([seq, 0] * 1600))
        await client.send(1, bytes([9, 9] * 1600))
        assert await durable(lossy) == {seq: bytes([seq, 0] * 1600) for seq in range(4)}
        assert (await client.press()).next_seq == 4


async def test_a_gap_is_asked_for(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        await client.send(0)
        await client.send(4)
        async with asyncio.timeout(10):
            await client.asked.wait()
        assert client.gaps == [AudioGap(recording=client.recording, first=1, last=3)]


async def test_an_odd_number_of_bytes_is_refused_and_the_connection_stays(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        for pcm in (b"\0\0\0", b""):
            with pytest.raises(Refused) as refusal:
                await client.send(0, pcm)
            assert refusal.value.code == "invalid_input"
        await client.send(0)
        assert list(await durable(lossy)) == [0]


async def test_opus_that_does_not_decode_is_said_and_the_samples_go_instead(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        assert "opus" in (await client.press()).encodings
        facts = {"recording": client.recording, "captured_at": CAPTURED_AT, "encoding": "opus"}
        good = AudioChunk(**facts, seq=0, samples=1600)
        voice = encode(np.zeros(0, np.int16), np.zeros(1600, np.int16))
        await connection.call("/audio", "audio_chunk", good, ChunkStored, voice)
        bad = AudioChunk(**facts, seq=1, lead_samples=1280, samples=1600)
        assert await code_of(connection.call("/audio", "audio_chunk", bad, ChunkStored, voice)) == "undecodable"
        await client.send(1)
        assert {seq: len(pcm) for seq, pcm in (await durable(lossy)).items()} == {
            0: 2 * (1600 - SHIFT_SAMPLES),
            1: 3200,
        }


async def test_a_chunk_of_more_than_64_kb_is_refused(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        await client.send(0, bytes(64 * 1024))
        with pytest.raises(Refused) as refusal:
            await client.send(1, bytes(64 * 1024 + 2))
        assert refusal.value.code == "too_many"


async def test_audio_faster_than_speech_is_refused_for_now(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        codes = set()
        for _ in range(200):
            with pytest.raises(Refused) as refusal:
                await client.send(0, bytes(64 * 1024), recording="no-recording-at-all")
            codes.add(refusal.value.code)
            if "too_many" in codes:
                break
        assert codes == {"not_found", "too_many"}


def test_a_byte_budget_fills_up_again_as_time_passes() -> None:
    clock = FakeClock()
    budget = ByteBudget(100, 1000, clock.monotonic)
    assert budget.take("a", 1000)
    assert not budget.take("a", 1)
    assert budget.take("b", 1000)
    clock.advance(5)
    assert budget.take("a", 500)
    assert not budget.take("a", 1)
    clock.advance(1000)
    assert not budget.take("a", 1001)


def test_a_byte_budget_is_forgotten_only_once_it_is_whole() -> None:
    clock = FakeClock()
    budget = ByteBudget(100, 1000, clock.monotonic)
    assert budget.take("a", 1000)
    budget.forget_whole()
    assert not budget.take("a", 1)
    clock.advance(10)
    budget.forget_whole()
    assert len(budget) == 0


async def test_connecting_again_gives_no_new_budget(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        while await code_of(client.send(0, bytes(64 * 1024), recording="no-recording-at-all")) != "too_many":
            pass
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        codes = [await code_of(client.send(0, bytes(64 * 1024), recording="no-recording-at-all")) for _ in range(32)]
        assert "too_many" in codes


async def code_of(sending: Awaitable[BaseModel]) -> str:
    """Give the code with which something is refused."""
    with pytest.raises(Refused) as refusal:
        await sending
    return refusal.value.code


async def test_words_that_the_browser_recognised_become_a_note_and_no_audio_comes(
    lossy: LiveLossy, ann: Account
) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await connection.report_playback(client.opened.session, Playback(at=CAPTURED_AT, position=30, playing=False))
        await client.press(recognised_by="browser")
        await client.say("The music is too loud")
        final = await client.told.until(AsrFinal)
        assert (final.engine, final.model) == ("wasm", "whisper-tiny")
        noted = await client.told.until(NoteChanged)
        assert (noted.note.text, noted.note.start_seconds) == ("The music is too loud", 30)
        assert await durable(lossy) == {}


async def test_pictures_of_the_video_are_taken_and_what_is_none_is_refused(lossy: LiveLossy, ann: Account) -> None:
    bob = await lossy.person("bob@example.org")
    async with lossy.connection(ann) as connection, lossy.connection(bob) as his:
        opened = await open_film(connection)
        async with lossy.core.database.write() as db:
            await users.change_settings(db, ann.user_id, {KEEP: True})
        frame = VideoFrame(session=opened.session, position=12.0, captured_at=CAPTURED_AT)
        taken = await connection.call("/video", "video_frame", frame, FrameTaken, webp(1))
        assert (taken.kept, taken.reason) == (True, "kept")
        large = await connection.call("/video", "video_frame", frame, FrameTaken, webp(2, (1920, 1080), 90))
        assert large.kept
        for refused in (b"no picture", b"", webp(3) + bytes(MAX_FRAME_BYTES)):
            await code_of(connection.call("/video", "video_frame", frame, FrameTaken, refused))
        assert await code_of(his.call("/video", "video_frame", frame, FrameTaken, webp(4))) == "not_found"
        again = await connection.call("/video", "video_frame", frame, FrameTaken, webp(1))
        assert again.reason == "duplicate", "the connection stays"


async def test_audio_that_cannot_be_stored_is_not_acknowledged(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        await client.press()
        with failing_commits(lossy.core.database), pytest.raises(Refused) as refusal:
            await client.send(0)
        assert refusal.value.code == "unavailable"
        assert await durable(lossy) == {}
        await client.send(0)


async def test_a_mistake_of_ours_is_answered_and_the_connection_stays(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        opened = await open_film(connection)
        with failing_commits(lossy.core.database), pytest.raises(Refused) as refusal:
            await connection.report_playback(opened.session, Playback(at=CAPTURED_AT, position=1, playing=True))
        assert refusal.value.code == "unavailable"
        await open_film(connection)


async def test_a_foreign_recording_and_session_are_refused(lossy: LiveLossy, ann: Account) -> None:
    bob = await lossy.person("bob@example.org")
    async with lossy.connection(ann) as hers, lossy.connection(bob) as his:
        client = Client(hers, await open_film(hers))
        await client.press()
        stranger = Client(his, await open_film(his))
        turn = ControlTurn(session=client.opened.session, action=TurnAction.CANCEL)
        attempts: list[Callable[[], Awaitable[BaseModel | None]]] = [
            partial(stranger.send, 0, recording=client.recording),
            partial(stranger.steer, RecordingAction.STOP, recording=client.recording),
            partial(stranger.say, "Not mine", recording=client.recording),
            partial(his.report_playback, client.opened.session, Playback(at=CAPTURED_AT, position=1, playing=True)),
            partial(his.call, "/user", "control_turn", turn, Done),
            stranger.press,
        ]
        stranger.recording = client.recording
        for attempt in attempts:
            with pytest.raises(Refused) as refusal:
                await attempt()
            assert refusal.value.code == "not_found"
        assert await durable(lossy) == {}
        assert lossy.core.sessions.live[0].listening.recording is not None


async def test_how_a_client_fares_is_counted_where_its_user_allows_it(lossy: LiveLossy, ann: Account) -> None:
    told = ClientHealth(reconnects=2, dropped_frames=1, inference_seconds=(0.4, 0.5))
    async with lossy.connection(ann) as connection:
        with pytest.raises(Refused) as refusal:
            await connection.call("/user", "report_health", told, Done)
        assert refusal.value.code == "not_allowed"
        before = telemetry.as_text().decode()
        async with lossy.core.database.write() as db:
            await users.change_settings(db, ann.user_id, {"report_health": True})
        await connection.call("/user", "report_health", told, Done)
    after = telemetry.as_text().decode()
    for name, labels, more in (
        ("lossy_client_trouble_total", {"what": "reconnect"}, 2),
        ("lossy_client_trouble_total", {"what": "dropped_frame"}, 1),
        ("lossy_client_inference_seconds_count", {}, 2),
    ):
        assert figure(after, name, **labels) - figure(before, name, **labels) == more


async def test_events_of_others_never_arrive(lossy: LiveLossy, ann: Account) -> None:
    bob = await lossy.person("bob@example.org")
    async with lossy.connection(ann) as hers, lossy.connection(bob) as his:
        told = Told(his)
        client = Client(hers, await open_film(hers))
        await client.press()
        await client.send(0)
        await client.steer(RecordingAction.STOP, 1)
        await client.told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        everybody = RecogniserChanged(model="demo", phase="ready", progress=1, message="")
        lossy.core.bus.publish(everybody)
        await told.until(RecogniserChanged)
        assert [event.type for event in told.events] == ["recogniser_changed"]
        answer = await his.call("/user", "ask_since", AskSince(seq=0), EventsSince)
        assert answer.events == ()


async def test_asking_since_replays_exactly_what_was_missed(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        before = client.opened.seq
        await client.press()
        await client.send(0)
        await client.steer(RecordingAction.STOP, 1)
        await client.told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        live = [event for event in client.told.events if event.seq is not None and event.seq > before]
        replayed = await client.since(before)
        assert list(replayed.events) == live
        assert not replayed.more
        middle = live[len(live) // 2].seq or 0
        assert list((await client.since(middle)).events) == live[len(live) // 2 + 1 :]


async def test_a_client_that_comes_back_hears_what_it_missed_in_order_and_once(lossy: LiveLossy, ann: Account) -> None:
    async with lossy.connection(ann) as connection:
        client = Client(connection, await open_film(connection))
        back = asyncio.Event()
        connection.on_back = back.set
        await lossy.cut_connections()
        session = lossy.core.sessions.live[0]
        await lossy.core.sessions.open_recording(
            ann.user_id, session.id, client.recording, RecordingMode.ONE_NOTE, None
        )
        async with asyncio.timeout(15):
            await back.wait()
        await lossy.core.sessions.control_recording(ann.user_id, client.recording, RecordingAction.CANCEL)
        await client.told.until(MicrophoneChanged, state=MicrophoneState.OFF)
        heard = [event.seq for event in client.told.events if event.seq is not None]
        stored = [event.seq for event in (await client.since(client.opened.seq)).events]
        assert heard == stored


async def note_of(lossy: LiveLossy, who: Account, video_id: str, status: NoteStatus = NoteStatus.FIRMED) -> str:
    """Write a note on a video."""
    async with lossy.core.database.write() as db:
        row = NoteRow(
            video_id=video_id,
            author_id=who.user_id,
            text="The cut is late",
            start_seconds=1.0,
            category=Category.PACING,
            confidence=0.9,
            status=status,
        )
        return (await notes.create_note(db, row)).id


async def test_opening_a_video_brings_its_notes_and_the_news_of_it_alone(lossy: LiveLossy, ann: Account) -> None:
    bob = await lossy.person("bob@example.org")
    async with lossy.connection(ann) as hers, lossy.connection(bob) as his:
        shared = [(await open_film(hers, f"https://example.org/{name}.mp4")).video for name in ("one", "two")]
        async with lossy.core.database.write() as db:
            for video_id in shared:
                await videos.add_member(db, ann.user_id, video_id, bob.email, Role.COMMENTER)
        known = await note_of(lossy, ann, shared[0])
        told = Told(his)
        first = await open_film(his, "https://example.org/one.mp4")
        assert (first.video, [note.id for note in first.notes]) == (shared[0], [known])
        await note_of(lossy, ann, shared[0], NoteStatus.GHOST)
        await note_of(lossy, ann, shared[1])
        heard = await note_of(lossy, ann, shared[0])
        await told.until(NoteChanged)
        second = await open_film(his, "https://example.org/two.mp4")
        assert len(second.notes) == 1
        await note_of(lossy, ann, shared[0])
        heard_later = await note_of(lossy, ann, shared[1])
        async with asyncio.timeout(10):
            while heard_later not in _noted(told):
                await told.next()
        assert _noted(told) == [heard, heard_later]


def _noted(told: Told) -> list[str]:
    return [event.note.id for event in told.events if isinstance(event, NoteChanged)]
