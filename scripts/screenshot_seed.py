"""What the screenshots show: one reviewer's library, made through the functions that the product uses itself."""

from dataclasses import dataclass

from lossy.agent.core import Core
from lossy.db import notes, sessions, users, videos
from lossy.db.engine import Db
from lossy.db.models import NoteRow, Recording, RecordingMode, Turn, VideoStatus
from lossy.events import Category, NoteStatus, TurnState
from lossy.video_url import SAMPLE_TITLE, SAMPLE_URL, identify_url

Said = tuple[float, str, Category, float, NoteStatus]
Other = tuple[str, str, float, int, VideoStatus]

_C, _S = Category, NoteStatus
SAMPLE_NOTES: tuple[Said, ...] = (
    (1.8, "Hold the first shot a second longer before the title", _C.PACING, 0.88, _S.FIRMED),
    (3.4, "Music too loud, bring it down under the voice", _C.AUDIO, 0.94, _S.FIRMED),
    (6.1, "The sky turns magenta here, pull it back to orange", _C.COLOR, 0.71, _S.FIRMED),
    (9.2, "Say where the harbour is", _C.CONTENT, 0.62, _S.FIRMED),
    (10.4, "The title is a bit too small", _C.GRAPHICS, 0.92, _S.FIRMED),
    (13.7, "maybe the gull", _C.OTHER, 0.34, _S.FIRMED),
    (17.4, "The transition to night feels too abrupt", _C.PACING, 0.9, _S.FIRMED),
)
GHOST: Said = (4.8, "Sun clips in the water, bring the highlights down", _C.COLOR, 0.87, _S.GHOST)
GHOST_WORDS = ("the sun clips in the water bring the", "highlights down")
OTHERS: tuple[Other, ...] = (
    (
        "https://media.example.com/cuts/harbour-cut-v3.mp4",
        "Harbour cut v3, director's pass",
        250.0,
        12,
        VideoStatus.IN_PROGRESS,
    ),
    ("https://media.example.com/cuts/forest-teaser.mp4", "Forest teaser", 96.0, 7, VideoStatus.IN_PROGRESS),
    ("https://media.example.com/cuts/launch-film.mp4", "Launch film, 16:9", 141.0, 21, VideoStatus.COMPLETE),
    ("https://media.example.com/cuts/interview-02.mp4", "Interview 02, rough", 1830.0, 34, VideoStatus.IN_PROGRESS),
    ("https://media.example.com/cuts/end-card.mp4", "End card, three variants", 18.0, 0, VideoStatus.QUEUED),
)


@dataclass(frozen=True)
class Seeded:
    """What the pictures are taken of."""

    token: str
    empty_token: str
    user_id: str
    sample_id: str
    url_id: str
    pictured_ids: tuple[str, ...]
    local_id: str
    session_id: str
    turn_id: str
    ghost: NoteRow


async def seed(core: Core) -> Seeded:
    """Fill the database; the ghost is given, not stored: it is told when its picture is taken."""
    async with core.database.write() as db:
        newcomer = await users.add_user(db, "new@example.com", None)
        me = (await users.add_user(db, "reviewer@example.com", None)).id
        token, empty_token = await _tokens(db, me, newcomer.id)
        others = [await _other(db, me, other) for other in OTHERS]
        local = await videos.open_video(
            db,
            me,
            platform="local",
            external_id="1048576-" + "ab" * 32,
            url=None,
            title="rough-cut.mov",
            duration_seconds=61.0,
        )
        await notes.create_note(
            db, _row(me, local.id, (12.0, "Cut the breath before the line", _C.AUDIO, 0.8, _S.FIRMED))
        )
        named = identify_url(SAMPLE_URL)
        sample = await videos.open_video(
            db,
            me,
            platform=named.platform,
            external_id=named.external_id,
            url=None,
            title=SAMPLE_TITLE,
            duration_seconds=24.0,
        )
        for said in SAMPLE_NOTES:
            await notes.create_note(db, _row(me, sample.id, said))
    session = await core.sessions.open(me, sample.id)
    async with core.database.write() as db:
        await sessions.open_recording(
            db, Recording(id="r" * 16, session_id=session.id, user_id=me, mode=RecordingMode.ONE_NOTE)
        )
        turn = Turn(session_id=session.id, recording_id="r" * 16, state=TurnState.IDLE, start_sample=0)
        await sessions.add_turn(db, turn)
        await sessions.close_recording(db, "r" * 16)
    ghost = _row(me, sample.id, GHOST)
    ghost.turn_id, ghost.session_id = turn.id, session.id
    return Seeded(
        token, empty_token, me, sample.id, others[0], tuple(others[1:4]), local.id, session.id, turn.id, ghost
    )


async def _tokens(db: Db, *user_ids: str) -> list[str]:
    return [await users.issue_token(db, user_id, "screenshots") for user_id in user_ids]


async def _other(db: Db, me: str, other: Other) -> str:
    url, title, seconds, count, status = other
    named = identify_url(url)
    video = await videos.open_video(
        db,
        me,
        platform=named.platform,
        external_id=named.external_id,
        url=named.url,
        title=title,
        duration_seconds=seconds,
    )
    kinds = list(Category)
    for n in range(count):
        said = (
            seconds * ((n * 0.618) % 1),
            SAMPLE_NOTES[n % len(SAMPLE_NOTES)][1],
            kinds[n * n % 6],
            0.6 + n % 4 / 10,
            _S.FIRMED,
        )
        await notes.create_note(db, _row(me, video.id, said))
    await videos.change_video(db, me, video.id, status=status)
    return video.id


def _row(author_id: str, video_id: str, said: Said) -> NoteRow:
    start, text, category, confidence, status = said
    return NoteRow(
        author_id=author_id,
        video_id=video_id,
        start_seconds=start,
        text=text,
        category=category,
        confidence=confidence,
        status=status,
        engine="native/demo+rules",
    )
