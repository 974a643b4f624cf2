"""One process leads a session, former leaders are fenced off, and audio that was acknowledged is there."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select, update

from lossy.bus import Bus
from lossy.db import sessions
from lossy.db.engine import Database
from lossy.db.models import AudioChunk, PlaybackReport, Recording, RecordingMode, ReviewSession, Turn
from lossy.db.sessions import Lease, LeaseLost
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound
from lossy.events import MicrophoneState, NoteStatus, TurnState
from tests.db.rows import Reviewer, do, noted, recorded, reviewer


@pytest.fixture
async def ann(database: Database) -> Reviewer:
    return await reviewer(database)


async def test_a_user_has_one_session_on_a_video_however_many_ask_at_once(database: Database, ann: Reviewer) -> None:
    async with database.write() as db:
        await db.delete(ann.session)
    opened = (do(database, sessions.open_session, ann.user_id, ann.video.id) for _ in range(10))
    ids = {session.id for session in await asyncio.gather(*opened)}
    assert len(ids) == 1
    assert ids != {ann.session.id}


async def test_one_of_many_instances_that_want_a_session_leads_it(database: Database, ann: Reviewer) -> None:
    wanted = (do(database, sessions.take_lease, ann.session.id, f"instance {n}") for n in range(10))
    came = await asyncio.gather(*wanted, return_exceptions=True)
    (lease,) = [one for one in came if isinstance(one, Lease)]
    assert [type(one) for one in came if not isinstance(one, Lease)] == [Conflict] * 9
    await do(database, sessions.hold, lease)


async def test_a_former_leader_is_fenced_off(database: Database, ann: Reviewer) -> None:
    former = await do(database, sessions.take_lease, ann.session.id, "a")
    await do(database, sessions.hold, former)
    await _let_lease_expire(database)
    present = await do(database, sessions.take_lease, ann.session.id, "b")
    assert present.epoch > former.epoch
    with pytest.raises(LeaseLost):
        await do(database, sessions.hold, former)
    await do(database, sessions.hold, present)


async def test_what_a_former_leader_writes_after_the_fence_is_not_kept(
    database: Database, database_url: str, ann: Reviewer
) -> None:
    former = await do(database, sessions.take_lease, ann.session.id, "a")
    recording = await recorded(database, ann)
    await _let_lease_expire(database)
    other = Database(database_url, Bus())
    await do(other, sessions.take_lease, ann.session.id, "b")
    await other.close()
    with pytest.raises(LeaseLost):
        await _store_and_hold(database, former, _chunk(recording, 0))
    assert await do(database, sessions.next_seq, recording.id) == 0


async def test_an_instance_that_takes_its_own_session_again_fences_off_its_older_self(
    database: Database, ann: Reviewer
) -> None:
    before = await do(database, sessions.take_lease, ann.session.id, "a")
    await do(database, sessions.take_lease, ann.session.id, "a")
    with pytest.raises(LeaseLost):
        await do(database, sessions.hold, before)


async def test_holding_makes_the_lease_last(database: Database, ann: Reviewer) -> None:
    lease = await do(database, sessions.take_lease, ann.session.id, "a")
    await _let_lease_expire(database)
    await do(database, sessions.hold, lease)
    with pytest.raises(Conflict):
        await do(database, sessions.take_lease, ann.session.id, "b")


async def test_a_released_session_is_free_at_once(database: Database, ann: Reviewer) -> None:
    lease = await do(database, sessions.take_lease, ann.session.id, "a")
    await do(database, sessions.release_lease, lease)
    assert (await do(database, sessions.take_lease, ann.session.id, "b")).instance == "b"


async def test_a_former_leader_can_not_release_the_present_one(database: Database, ann: Reviewer) -> None:
    former = await do(database, sessions.take_lease, ann.session.id, "a")
    await _let_lease_expire(database)
    await do(database, sessions.take_lease, ann.session.id, "b")
    await do(database, sessions.release_lease, former)
    with pytest.raises(Conflict):
        await do(database, sessions.take_lease, ann.session.id, "c")


async def test_what_the_microphone_does_is_kept(database: Database, ann: Reviewer) -> None:
    await do(database, sessions.save_microphone, ann.session.id, MicrophoneState.PAUSED)
    async with database.read() as db:
        assert (await sessions.require_session(db, ann.user_id, ann.session.id)).microphone is MicrophoneState.PAUSED


async def test_chunks_that_are_sent_again_change_nothing(database: Database, ann: Reviewer) -> None:
    recording = await recorded(database, ann)
    first = [_chunk(recording, seq) for seq in (0, 1)]
    await do(database, sessions.store_chunks, first)
    await do(database, sessions.store_chunks, [_chunk(recording, 1, b"other"), _chunk(recording, 2)])
    await do(database, sessions.store_chunks, [])
    kept = await do(database, sessions.chunks_of, recording.id)
    assert [(chunk.seq, chunk.pcm) for chunk in kept] == [(0, b"pcm 0"), (1, b"pcm 1"), (2, b"pcm 2")]
    assert [chunk.seq for chunk in await do(database, sessions.chunks_of, recording.id, 1)] == [1, 2]


async def test_chunks_that_come_twice_at_the_same_moment_are_kept_once(database: Database, ann: Reviewer) -> None:
    recording = await recorded(database, ann)
    batches = ([_chunk(recording, seq) for seq in range(20)] for _ in range(5))
    await asyncio.gather(*(do(database, sessions.store_chunks, batch) for batch in batches))
    assert [chunk.seq for chunk in await do(database, sessions.chunks_of, recording.id)] == list(range(20))


@pytest.mark.parametrize(
    ("held", "missing"), [((), 0), ((0,), 1), ((0, 1, 2), 3), ((1, 2), 0), ((0, 1, 3, 4), 2), ((0, 2, 4), 1)]
)
async def test_the_first_gap_is_what_comes_next(
    database: Database, ann: Reviewer, held: tuple[int, ...], missing: int
) -> None:
    recording = await recorded(database, ann)
    await do(database, sessions.store_chunks, [_chunk(recording, seq) for seq in reversed(held)])
    assert await do(database, sessions.next_seq, recording.id) == missing


async def test_a_recording_that_is_opened_again_is_the_same(database: Database, ann: Reviewer) -> None:
    recording = await recorded(database, ann)
    await do(database, sessions.consume, recording.id, 500)
    again = await do(database, sessions.open_recording, _recording(ann, recording.id))
    assert again.consumed_samples == 500


async def test_a_recording_of_somebody_else_is_not_found(database: Database, ann: Reviewer) -> None:
    bob = await reviewer(database, "bob@example.org", "bobs")
    recording = await recorded(database, ann)
    with pytest.raises(NotFound):
        await do(database, sessions.open_recording, _recording(bob, recording.id))
    with pytest.raises(NotFound):
        await do(database, sessions.find_recording, bob.session.id, recording.id)
    assert (await do(database, sessions.recording_of, ann.user_id, recording.id)).id == recording.id


async def test_what_was_consumed_never_goes_back(database: Database, ann: Reviewer) -> None:
    recording = await recorded(database, ann)
    for samples in (100, 300, 200):
        await do(database, sessions.consume, recording.id, samples)
    assert (await do(database, sessions.recording_of, ann.user_id, recording.id)).consumed_samples == 300


async def test_the_live_recording_is_the_one_that_is_not_closed(database: Database, ann: Reviewer) -> None:
    first = await recorded(database, ann)
    await do(database, sessions.close_recording, first.id)
    assert await do(database, sessions.live_recording, ann.session.id) is None
    second = await recorded(database, ann)
    live = await do(database, sessions.live_recording, ann.session.id)
    assert live is not None
    assert live.id == second.id


async def test_work_that_a_stop_interrupted_is_found_by_who_may_take_it(database: Database, ann: Reviewer) -> None:
    assert await _unfinished(database, "a") == []
    recording = await recorded(database, ann)
    assert await _unfinished(database, "a") == [ann.session.id]
    await do(database, sessions.take_lease, ann.session.id, "a")
    assert await _unfinished(database, "a") == [ann.session.id]
    assert await _unfinished(database, "b") == []
    await _let_lease_expire(database)
    assert await _unfinished(database, "b") == [ann.session.id]
    await do(database, sessions.close_recording, recording.id)
    assert await _unfinished(database, "b") == []


@pytest.mark.parametrize(
    ("state", "unfinished"),
    [(TurnState.TRANSCRIBING, True), (TurnState.RETRYING, True), (TurnState.ERROR, False), (TurnState.IDLE, False)],
)
async def test_a_turn_on_its_way_is_work_and_one_that_waits_for_the_user_is_not(
    database: Database, ann: Reviewer, state: TurnState, unfinished: bool
) -> None:
    recording = await recorded(database, ann)
    await do(database, sessions.close_recording, recording.id)
    await do(database, sessions.add_turn, _turn(ann, recording, state))
    assert bool(await _unfinished(database, "a")) is unfinished


async def test_open_turns_are_listed_oldest_first_until_they_are_finished(database: Database, ann: Reviewer) -> None:
    recording = await recorded(database, ann)
    now = utc_now()
    turns = [_turn(ann, recording, TurnState.LISTENING, created_at=now + timedelta(seconds=n)) for n in (2, 1, 3)]
    for turn in turns:
        await do(database, sessions.add_turn, turn)
    await do(database, sessions.save_turn, turns[2].id, state=TurnState.IDLE, transcript={"text": "Schön <b>"})
    async with database.read() as db:
        assert [turn.id for turn in await sessions.open_turns(db, ann.session.id)] == [turns[1].id, turns[0].id]
        assert await sessions.count_open_turns(db, recording.id) == 2
        finished = (await db.exec(select(Turn).where(col(Turn.id) == turns[2].id))).one()
    assert finished.transcript == {"text": "Schön <b>"}


async def test_audio_is_forgotten_when_nothing_needs_it_any_more(database: Database, ann: Reviewer) -> None:
    live, needed, done = [await recorded(database, ann) for _ in range(3)]
    for recording in (live, needed, done):
        await do(database, sessions.store_chunks, [_chunk(recording, 0)])
    await do(database, sessions.add_turn, _turn(ann, needed, TurnState.ERROR))
    for recording in (needed, done):
        await do(database, sessions.close_recording, recording.id)
    await do(database, sessions.delete_finished_chunks)
    held = [len(await do(database, sessions.chunks_of, recording.id)) for recording in (live, needed, done)]
    assert held == [1, 1, 0]
    await do(database, sessions.delete_chunks, live.id)
    assert await do(database, sessions.chunks_of, live.id) == []


@pytest.mark.parametrize(("status", "decided"), [(NoteStatus.GHOST, False), (NoteStatus.FIRMED, True)])
async def test_a_recording_knows_whether_its_note_was_decided(
    database: Database, ann: Reviewer, status: NoteStatus, decided: bool
) -> None:
    recording = await recorded(database, ann)
    turn = _turn(ann, recording, TurnState.CONFIRMING)
    await do(database, sessions.add_turn, turn)
    assert not await do(database, sessions.has_decided_note, recording.id)
    await noted(database, ann, turn_id=turn.id, status=status)
    assert await do(database, sessions.has_decided_note, recording.id) is decided


async def test_playback_is_read_from_a_moment_on_and_forgotten_before_one(database: Database, ann: Reviewer) -> None:
    reports = [_report(ann, at) for at in (3.0, 1.0, 2.0)]
    await do(database, sessions.store_playback, reports)
    assert [one.at for one in await do(database, sessions.playback_of, ann.session.id, 2.0)] == [2.0, 3.0]
    await do(database, sessions.forget_playback, ann.session.id, 3.0)
    assert [one.at for one in await do(database, sessions.playback_of, ann.session.id, 0.0)] == [3.0]


def _chunk(recording: Recording, seq: int, pcm: bytes | None = None) -> AudioChunk:
    return AudioChunk(
        recording_id=recording.id, seq=seq, captured_at=seq / 10, pcm=f"pcm {seq}".encode() if pcm is None else pcm
    )


def _recording(who: Reviewer, recording_id: str) -> Recording:
    return Recording(id=recording_id, session_id=who.session.id, user_id=who.user_id, mode=RecordingMode.ONE_NOTE)


def _turn(who: Reviewer, recording: Recording, state: TurnState, created_at: datetime | None = None) -> Turn:
    return Turn(
        session_id=who.session.id,
        recording_id=recording.id,
        state=state,
        start_sample=0,
        created_at=created_at or utc_now(),
    )


def _report(who: Reviewer, at: float) -> PlaybackReport:
    return PlaybackReport(session_id=who.session.id, at=at, position=at, rate=1.0, playing=True)


async def _store_and_hold(database: Database, lease: Lease, *chunks: AudioChunk) -> None:
    async with database.write() as db:
        await sessions.store_chunks(db, chunks)
        await sessions.hold(db, lease)


async def _let_lease_expire(database: Database) -> None:
    async with database.write() as db:
        await db.exec(update(ReviewSession).values(lease_expires_at=utc_now() - timedelta(seconds=1)))


async def _unfinished(database: Database, instance: str) -> list[str]:
    async with database.read() as db:
        return [session.id for session in await sessions.unfinished_sessions(db, instance)]
