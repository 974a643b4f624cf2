"""Recognition that is tried again later: a durable job takes over when no engine understood several times in a row.

The job is a row of the transaction that made the turn wait for it. Whoever runs it, here or in a worker, writes the
words beside the turn; the session that leads the turn hears that the job ended and goes on from what it finds. So
neither the end of the session nor that of the worker loses the remark, and there is never more than one note of it.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from lossy.agent.machine import TurnInput
from lossy.agent.turn import LiveTurn, transcript_from
from lossy.db import jobs, users
from lossy.db import sessions as store
from lossy.db.engine import Database, Db
from lossy.db.models import Job, Turn
from lossy.db.types import utc_now
from lossy.events import JobState, TurnState
from lossy.inference.speech import EngineChoice, Transcript
from lossy.jobs import Kind, Run

if TYPE_CHECKING:
    from lossy.agent.session import AgentSession, SpeechToText

TRANSCRIBE = "transcribe"
TIME_LIMIT_SECONDS = 60.0


def transcription(database: Database, transcriber: "SpeechToText", again_seconds: tuple[float, ...] = (5, 20)) -> Kind:
    """Give the kind of work that recognises a waiting turn."""

    async def recognise(run: Run) -> None:
        from lossy.agent.tape import Tape  # noqa: PLC0415 -- brings numpy, which a start can do without

        turn_id = str(run.payload["turn"])
        async with database.read() as db:
            turn = await db.get(Turn, turn_id)
            if turn is None or turn.state not in (TurnState.RETRYING, TurnState.ERROR) or turn.transcript is not None:
                return  # the reviewer did not wait for it, or it was not the words that were missing
            chunks = await store.chunks_of(db, turn.recording_id)
            chosen = await users.settings_of(db, run.user_id)
        tape = Tape.of(chunks)
        pcm = tape.cut(turn.start_sample, tape.length if turn.end_sample is None else turn.end_sample)
        transcript = await transcriber.transcribe(pcm, EngineChoice.read(chosen.get("engine")))
        async with database.write() as db:
            await run.finish(db)
            await store.bring_words(db, turn_id, asdict(transcript))

    return Kind(TRANSCRIBE, "transcription", recognise, TIME_LIMIT_SECONDS, again_seconds)


async def wait_for_job(db: Db, session: "AgentSession", turn: LiveTurn) -> None:
    """Leave a turn to a job that begins in a while, in the transaction that says so of the turn."""
    begins_at = utc_now() + timedelta(seconds=session.faculties.job_after_seconds)
    job = Job(
        queue="transcription",
        name=TRANSCRIBE,
        payload={"turn": turn.id},
        user_id=session.user_id,
        unique_key=_key(turn),
        run_at=begins_at,
    )
    await jobs.add_job(db, job)


async def outcome(session: "AgentSession", turn: LiveTurn) -> Transcript | TurnInput | None:
    """Tell what became of a turn's job: words, the end of all attempts, or None while it waits or runs."""
    async with session.faculties.database.read() as db:
        row = await db.get_one(Turn, turn.id)
        job = await jobs.latest_job(db, _key(turn))
    if row.transcript is not None:
        return transcript_from(row.transcript)
    if job is None or job.state in (JobState.READY, JobState.RUNNING):
        return None
    turn.failure = job.error or turn.failure
    return TurnInput.ATTEMPTS_SPENT


def may_get_words(turn: LiveTurn) -> bool:
    """Whether a job may bring the words of a turn: it waits for one, or somebody lets a dead one begin anew.

    The job takes the error away as it brings the words.
    """
    lacks_words = turn.transcript is None or turn.failure is None
    return turn.waits_for_job or (turn.state is TurnState.ERROR and lacks_words)


def _key(turn: LiveTurn) -> str:
    return f"{TRANSCRIBE}:{turn.id}"
