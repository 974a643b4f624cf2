"""Review sessions with their lease, recordings with their audio, and where the player stood.

A session is led by one process at a time: `take_lease` raises the epoch, and `hold` fails for whoever has an older
one. Audio chunks are written in groups, one commit for many, and an insert that is repeated changes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, func, or_, select, update

from lossy.db.engine import Db
from lossy.db.models import AudioChunk, NoteRow, PlaybackReport, Recording, ReviewSession, Turn
from lossy.db.types import utc_now
from lossy.errors import Conflict, NotFound
from lossy.events import MicrophoneState, NoteStatus, TurnState

LEASE_LIFETIME = timedelta(seconds=30)
FINISHED_TURNS = (TurnState.IDLE,)


class LeaseLost(Conflict):
    """Another process leads the session now: whoever reads this must not act for it any more."""

    code = "lease_lost"


@dataclass(frozen=True)
class Lease:
    """The right to act for a session, as long as nobody took it since."""

    session_id: str
    instance: str
    epoch: int


async def open_session(db: Db, user_id: str, video_id: str) -> ReviewSession:
    """Find the user's session on a video, or begin it. The caller has checked that they may see the video."""
    query = select(ReviewSession).where(ReviewSession.user_id == user_id, ReviewSession.video_id == video_id)
    session = (await db.exec(query)).first()
    if session is None:
        await db.insert_missing(ReviewSession(user_id=user_id, video_id=video_id))
        session = (await db.exec(query)).one()
    return session


async def require_session(db: Db, user_id: str, session_id: str) -> ReviewSession:
    """Give the user's own session, or `NotFound`."""
    session = await db.get(ReviewSession, session_id)
    if session is None or session.user_id != user_id:
        raise NotFound("There is no such session.")
    return session


async def take_lease(db: Db, session_id: str, instance: str) -> Lease:
    """Lead a session from now on; `Conflict` while another instance does."""
    now = utc_now()
    free = or_(
        col(ReviewSession.owner_instance).is_(None),
        col(ReviewSession.owner_instance) == instance,
        col(ReviewSession.lease_expires_at) < now,
    )
    statement = (
        update(ReviewSession)
        .where(col(ReviewSession.id) == session_id, free)
        .values(owner_instance=instance, lease_expires_at=now + LEASE_LIFETIME, epoch=ReviewSession.epoch + 1)
        .returning(col(ReviewSession.epoch))
    )
    epoch = (await db.exec(statement)).scalar_one_or_none()
    if epoch is None:
        raise Conflict("This review is open in another instance of Lossy at the moment.")
    return Lease(session_id, instance, epoch)


async def hold(db: Db, lease: Lease) -> None:
    """Keep leading, and fence this transaction: `LeaseLost` if the session went to somebody else."""
    statement = (
        update(ReviewSession)
        .where(col(ReviewSession.id) == lease.session_id, col(ReviewSession.epoch) == lease.epoch)
        .values(lease_expires_at=utc_now() + LEASE_LIFETIME)
        .returning(col(ReviewSession.epoch))
    )
    if (await db.exec(statement)).scalar_one_or_none() is None:
        raise LeaseLost("This session is led by another instance of Lossy now.")


async def held_among(db: Db, leases: Collection[Lease]) -> frozenset[Lease]:
    """Tell which leases still count, and fence this transaction for them: with one query, however many they are."""
    query = (
        select(ReviewSession.id, ReviewSession.epoch)
        .where(col(ReviewSession.id).in_({lease.session_id for lease in leases}))
        .order_by(col(ReviewSession.id))
        .with_for_update(read=True)
    )
    epochs = dict((await db.exec(query)).all())
    return frozenset(lease for lease in leases if epochs.get(lease.session_id) == lease.epoch)


async def release_lease(db: Db, lease: Lease) -> None:
    """Stop leading a session, so that anybody may at once; the lease does not count any more."""
    await db.exec(
        update(ReviewSession)
        .where(col(ReviewSession.id) == lease.session_id, col(ReviewSession.epoch) == lease.epoch)
        .values(owner_instance=None, lease_expires_at=None, epoch=ReviewSession.epoch + 1)
    )


async def save_microphone(db: Db, session_id: str, state: MicrophoneState) -> None:
    """Keep what a session's microphone is doing."""
    statement = update(ReviewSession).where(col(ReviewSession.id) == session_id)
    await db.exec(statement.values(microphone=state, updated_at=utc_now()))


async def unfinished_sessions(db: Db, instance: str) -> Sequence[ReviewSession]:
    """List sessions of this instance, or of none that lives, with work that a stop interrupted."""
    open_recording = select(Recording.session_id).where(col(Recording.closed_at).is_(None))
    open_turn = select(Turn.session_id).where(col(Turn.state).not_in((*FINISHED_TURNS, TurnState.ERROR)))
    mine = or_(
        col(ReviewSession.owner_instance).is_(None),
        col(ReviewSession.owner_instance) == instance,
        col(ReviewSession.lease_expires_at) < utc_now(),
    )
    work = or_(col(ReviewSession.id).in_(open_recording), col(ReviewSession.id).in_(open_turn))
    return (await db.exec(select(ReviewSession).where(mine, work))).all()


async def has_decided_note(db: Db, recording_id: str) -> bool:
    """Tell whether a note of the recording was firmed or cancelled already."""
    decided = col(NoteRow.status) != NoteStatus.GHOST
    query = select(NoteRow.id).join(Turn, col(Turn.id) == col(NoteRow.turn_id))
    return (await db.exec(query.where(Turn.recording_id == recording_id, decided).limit(1))).first() is not None


async def open_recording(db: Db, recording: Recording) -> Recording:
    """Begin a recording; the same one again, of the same session, is not an error."""
    await db.insert_missing(recording)
    known = await db.get_one(Recording, recording.id)
    if known.session_id != recording.session_id:
        raise NotFound("There is no such recording.")
    return known


async def find_recording(db: Db, session_id: str, recording_id: str) -> Recording | None:
    """Find a recording of a session; `NotFound` if it is another session's."""
    recording = await db.get(Recording, recording_id)
    if recording is not None and recording.session_id != session_id:
        raise NotFound("There is no such recording.")
    return recording


async def turn_at(db: Db, user_id: str, recording_id: str, onset_sample: int) -> Turn | None:
    """Find the turn of the user's recording that began with this sample."""
    query = (
        select(Turn)
        .join(Recording, col(Recording.id) == col(Turn.recording_id))
        .where(Turn.recording_id == recording_id, Recording.user_id == user_id, Turn.onset_sample == onset_sample)
    )
    return (await db.exec(query)).first()


async def recording_of(db: Db, user_id: str, recording_id: str) -> Recording:
    """Give the user's own recording, or `NotFound`."""
    recording = await db.get(Recording, recording_id)
    if recording is None or recording.user_id != user_id:
        raise NotFound("There is no such recording.")
    return recording


async def live_recording(db: Db, session_id: str) -> Recording | None:
    """Find the session's recording that is not closed."""
    query = select(Recording).where(Recording.session_id == session_id, col(Recording.closed_at).is_(None))
    return (await db.exec(query.order_by(col(Recording.created_at).desc()))).first()


async def close_recording(db: Db, recording_id: str) -> None:
    """Mark that no more audio is expected."""
    closed = {"closed_at": utc_now(), "received_chunks": await next_seq(db, recording_id)}
    await db.exec(update(Recording).where(col(Recording.id) == recording_id).values(**closed))


async def consume(db: Db, recording_id: str, samples: int) -> None:
    """Note how far the audio is dealt with; it never goes back."""
    await db.exec(
        update(Recording)
        .where(col(Recording.id) == recording_id, col(Recording.consumed_samples) < samples)
        .values(consumed_samples=samples)
    )


async def store_chunks(db: Db, chunks: Iterable[AudioChunk]) -> None:
    """Insert audio chunks; those that are there already stay as they are. `NotFound` if a recording is not there."""
    try:
        await db.insert_missing(*chunks)
    except IntegrityError as error:
        raise NotFound("There is no such recording.") from error


async def chunks_of(db: Db, recording_id: str, first_seq: int = 0) -> Sequence[AudioChunk]:
    """List a recording's chunks in order."""
    query = select(AudioChunk).where(AudioChunk.recording_id == recording_id, col(AudioChunk.seq) >= first_seq)
    return (await db.exec(query.order_by(col(AudioChunk.seq)))).all()


async def next_seq(db: Db, recording_id: str) -> int:
    """Give the first sequence number that is missing."""
    seqs = (await db.exec(select(AudioChunk.seq).where(AudioChunk.recording_id == recording_id))).all()
    held = set(seqs)
    return next(seq for seq in range(len(held) + 1) if seq not in held)


async def delete_chunks(db: Db, recording_id: str) -> None:
    """Forget a recording's audio once everything in it became a note or nothing."""
    await db.exec(delete(AudioChunk).where(col(AudioChunk.recording_id) == recording_id))


async def delete_finished_chunks(db: Db) -> None:
    """Forget the audio that a stop kept from being forgotten: nothing can need it any more."""
    closed = select(Recording.id).where(col(Recording.closed_at).is_not(None))
    needed = select(Turn.recording_id).where(col(Turn.state).not_in(FINISHED_TURNS))
    await db.exec(
        delete(AudioChunk).where(col(AudioChunk.recording_id).in_(closed), col(AudioChunk.recording_id).not_in(needed))
    )


async def store_playback(db: Db, reports: Iterable[PlaybackReport]) -> None:
    """Keep where the player stood."""
    db.add_all(list(reports))
    await db.flush()


async def playback_of(db: Db, session_id: str, since: float) -> Sequence[PlaybackReport]:
    """List a session's playback reports from a wall-clock moment on, oldest first."""
    query = select(PlaybackReport).where(PlaybackReport.session_id == session_id, col(PlaybackReport.at) >= since)
    return (await db.exec(query.order_by(col(PlaybackReport.at), col(PlaybackReport.id)))).all()


async def forget_playback(db: Db, session_id: str, before: float) -> None:
    """Drop playback reports that no utterance can need any more."""
    await db.exec(
        delete(PlaybackReport).where(col(PlaybackReport.session_id) == session_id, col(PlaybackReport.at) < before)
    )


async def add_turn(db: Db, turn: Turn) -> None:
    """Insert a turn."""
    db.add(turn)
    await db.flush()


async def save_turn(db: Db, turn_id: str, **values: Any) -> None:
    """Change a turn."""
    await db.exec(update(Turn).where(col(Turn.id) == turn_id).values(**values, updated_at=utc_now()))


async def bring_words(db: Db, turn_id: str, transcript: dict[str, Any]) -> None:
    """Give a turn the words that it waits for; one that the reviewer dealt with meanwhile needs none."""
    waits = col(Turn.state).in_((TurnState.RETRYING, TurnState.ERROR))
    change = update(Turn).where(col(Turn.id) == turn_id, waits)
    await db.exec(change.values(transcript=transcript, error=None, updated_at=utc_now()))


async def open_turns(db: Db, session_id: str) -> Sequence[Turn]:
    """List a session's turns that are not finished, oldest first."""
    query = select(Turn).where(Turn.session_id == session_id, col(Turn.state).not_in(FINISHED_TURNS))
    return (await db.exec(query.order_by(col(Turn.created_at)))).all()


async def said_before(db: Db, session_id: str, turn_id: str, limit: int = 50) -> list[Turn]:
    """List the last turns of a session before this one in which something was said, oldest first."""
    began = select(Turn.created_at).where(Turn.id == turn_id).scalar_subquery()
    query = (
        select(Turn)
        .where(Turn.session_id == session_id, Turn.id != turn_id, col(Turn.created_at) <= began)
        .where(col(Turn.transcript).is_not(None))
        .order_by(col(Turn.created_at).desc())
        .limit(limit)
    )
    return list(reversed((await db.exec(query)).all()))


async def count_open_turns(db: Db, recording_id: str) -> int:
    """Count turns that still need the recording's audio."""
    query = select(func.count()).where(Turn.recording_id == recording_id, col(Turn.state).not_in(FINISHED_TURNS))
    return (await db.exec(query)).one()
