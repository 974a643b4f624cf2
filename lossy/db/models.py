"""Every table. Rows stay inside `lossy.db`'s callers; what leaves the process is a model of `events` or `protocol`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from lossy.db.types import UtcDateTime, big_integer, enum_type, json_type, new_id, utc_now
from lossy.events import Category, JobState, MicrophoneState, NoteStatus, PostState, TurnState

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA: MetaData = SQLModel.metadata


class Role(StrEnum):
    """What a member may do with a video."""

    OWNER = "owner"
    COMMENTER = "commenter"
    VIEWER = "viewer"


class VideoStatus(StrEnum):
    """Where a review stands in the library."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ARCHIVED = "archived"


class RecordingMode(StrEnum):
    """How the microphone is used."""

    ONE_NOTE = "one_note"
    HANDS_FREE = "hands_free"


def _moment(**options: Any) -> Any:
    return Field(default_factory=utc_now, sa_type=UtcDateTime, **options)


def _moment_or_none(**options: Any) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=True, **options)


class User(SQLModel, table=True):
    """A person; the first one is the owner of this Lossy."""

    __tablename__ = "users"
    id: str = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    password_hash: str | None = None
    is_owner: bool = False
    created_at: datetime = _moment()


class UserSettings(SQLModel, table=True):
    """What a user chose; absent keys mean the default."""

    __tablename__ = "settings"
    user_id: str = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    values: dict[str, Any] = Field(default_factory=dict, sa_column=Column(json_type(), nullable=False))


class Token(SQLModel, table=True):
    """A bearer token, by its SHA-256; the token itself is nowhere."""

    __tablename__ = "tokens"
    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    token_hash: str = Field(unique=True)
    label: str
    created_at: datetime = _moment()
    used_at: datetime = _moment()
    expires_at: datetime = _moment()
    revoked_at: datetime | None = _moment_or_none()


class Ticket(SQLModel, table=True):
    """A one-time key that lives for seconds: binds a page, or signs the owner in at the first start."""

    __tablename__ = "tickets"
    ticket_hash: str = Field(primary_key=True)
    purpose: str
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    token_id: str | None = Field(default=None, foreign_key="tokens.id", ondelete="CASCADE")
    expires_at: datetime = _moment()


class Video(SQLModel, table=True):
    """Something to review, once per owner, platform and the platform's own id."""

    __tablename__ = "videos"
    __table_args__ = (UniqueConstraint("owner_id", "platform", "external_id"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    owner_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    platform: str
    external_id: str
    url: str | None = None
    title: str
    duration_seconds: float | None = None
    status: VideoStatus = Field(default=VideoStatus.QUEUED, sa_type=enum_type(VideoStatus))
    thumbnail: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    reviewed_to_seconds: float = 0.0
    created_at: datetime = _moment()
    updated_at: datetime = _moment(index=True)


class VideoMember(SQLModel, table=True):
    """Who may see a video, the owner included."""

    __tablename__ = "video_members"
    video_id: str = Field(primary_key=True, foreign_key="videos.id", ondelete="CASCADE")
    user_id: str = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE", index=True)
    role: Role = Field(sa_type=enum_type(Role))


class ReviewSession(SQLModel, table=True):
    """The AgentSession of a user and a video. One process holds its lease; the epoch fences off former holders."""

    __tablename__ = "review_sessions"
    __table_args__ = (UniqueConstraint("user_id", "video_id"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    video_id: str = Field(foreign_key="videos.id", ondelete="CASCADE", index=True)
    microphone: MicrophoneState = Field(
        default=MicrophoneState.OFF,
        sa_type=enum_type(MicrophoneState),
    )
    owner_instance: str | None = Field(default=None, index=True)
    lease_expires_at: datetime | None = _moment_or_none()
    epoch: int = 0
    refinements: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often a model looked at a frame for a note of it."""
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class Recording(SQLModel, table=True):
    """One opening of the microphone: the stream that its audio chunks belong to. Turns are stretches of it."""

    __tablename__ = "recordings"
    id: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="review_sessions.id", ondelete="CASCADE", index=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    mode: RecordingMode = Field(sa_type=enum_type(RecordingMode))
    player: str = ""
    """The player in front of the speaker, as it calls itself in its reports."""
    consumed_samples: int = 0
    """Up to here the audio belongs to turns that have ended, or to silence."""
    received_chunks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many chunks had come without a gap when it was closed; their rows may be gone."""
    created_at: datetime = _moment()
    closed_at: datetime | None = _moment_or_none()


class AudioChunk(SQLModel, table=True):
    """100 to 200 ms of 16 kHz mono PCM16; acknowledged only once this row is durable."""

    __tablename__ = "audio_chunks"
    recording_id: str = Field(primary_key=True, foreign_key="recordings.id", ondelete="CASCADE")
    seq: int = Field(primary_key=True)
    captured_at: float
    """Wall clock of its first sample at the client, seconds since 1970."""
    pcm: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PlaybackReport(SQLModel, table=True):
    """Where the player stood: `position` on the video's time line at the client's wall clock `at`."""

    __tablename__ = "playback_reports"
    __table_args__ = (Index("ix_playback_reports_session_id_at", "session_id", "at"),)
    id: int | None = Field(default=None, sa_column=Column(big_integer(), primary_key=True, autoincrement=True))
    session_id: str = Field(foreign_key="review_sessions.id", ondelete="CASCADE")
    player: str = ""
    at: float
    position: float
    rate: float
    playing: bool


class VideoFrame(SQLModel, table=True):
    """A picture of the video that the reviewer's browser took while they spoke."""

    __tablename__ = "video_frames"
    __table_args__ = (Index("ix_video_frames_session_id_position_seconds", "session_id", "position_seconds"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    session_id: str = Field(foreign_key="review_sessions.id", ondelete="CASCADE")
    position_seconds: float
    captured_at: float
    """Wall clock at the client, seconds since 1970."""
    width: int
    height: int
    dhash: str
    """16 hexadecimal digits."""
    webp: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    embedding: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """Little-endian 32-bit floats, of length one as a vector."""
    embedded_by: str = ""
    """The model's name; empty without an embedding."""
    created_at: datetime = _moment()


class Turn(SQLModel, table=True):
    """One utterance: its place in the recording, its state in the table, and what came of it."""

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_session_id_state", "session_id", "state"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    session_id: str = Field(foreign_key="review_sessions.id", ondelete="CASCADE")
    recording_id: str = Field(foreign_key="recordings.id", ondelete="CASCADE", index=True)
    state: TurnState = Field(sa_type=enum_type(TurnState))
    origin: TurnState | None = Field(default=None, sa_type=enum_type(TurnState), nullable=True)
    """Where `retrying` goes back to."""
    attempts: int = 0
    start_sample: int
    onset_sample: int | None = None
    end_sample: int | None = None
    seen_seconds: float | None = None
    lag_seconds: float | None = None
    """The reaction lag in it; none where the video stood still, so that no lag mattered."""
    transcript: dict[str, Any] | None = Field(default=None, sa_column=Column(json_type()))
    error: str | None = None
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class NoteRow(SQLModel, table=True):
    """A note. `version` grows with each change; deleted notes keep their row for undo."""

    __tablename__ = "notes"
    __table_args__ = (
        Index("ix_notes_video_id_status", "video_id", "status"),
        Index("ix_notes_author_id_status", "author_id", "status"),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    video_id: str = Field(foreign_key="videos.id", ondelete="CASCADE")
    session_id: str | None = Field(default=None, foreign_key="review_sessions.id", ondelete="SET NULL")
    turn_id: str | None = Field(default=None, foreign_key="turns.id", ondelete="SET NULL", unique=True)
    author_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    text: str = Field(max_length=200)
    raw_transcript: str = ""
    start_seconds: float
    end_seconds: float | None = None
    category: Category = Field(sa_type=enum_type(Category))
    confidence: float
    status: NoteStatus = Field(sa_type=enum_type(NoteStatus))
    thumbnail_url: str | None = None
    permalink: str | None = None
    error: str | None = None
    engine: str = ""
    created_at: datetime = _moment()
    updated_at: datetime = _moment()
    deleted_at: datetime | None = _moment_or_none()
    version: int = 1


class NoteHistory(SQLModel, table=True):
    """Append-only: who changed what of a note, with the values before."""

    __tablename__ = "note_history"
    id: int | None = Field(default=None, sa_column=Column(big_integer(), primary_key=True, autoincrement=True))
    note_id: str = Field(foreign_key="notes.id", ondelete="CASCADE", index=True)
    actor_id: str
    change: str
    before: dict[str, Any] = Field(sa_column=Column(json_type(), nullable=False))
    at: datetime = _moment()


class Job(SQLModel, table=True):
    """Durable work; it commits with the change that caused it, or not at all."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_queue_state_run_at", "queue", "state", "run_at"),
        Index(
            "uq_jobs_unique_key_live",
            "unique_key",
            unique=True,
            sqlite_where=text("state IN ('ready', 'running')"),
            postgresql_where=text("state IN ('ready', 'running')"),
        ),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    queue: str
    name: str
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(json_type(), nullable=False))
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    unique_key: str | None = None
    state: str = JobState.READY.value
    attempt: int = 0
    fence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Grows with each run; who settles a run must hold its number, however often attempts are counted anew."""
    run_at: datetime = _moment()
    lease_expires_at: datetime | None = _moment_or_none()
    error: str | None = None
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class Post(SQLModel, table=True):
    """The posting of a note to a platform: one row for each note and target, whatever was tried.

    `body` is what is to stand there, as it was when the attempt began.
    """

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("note_id", "platform", "target"),
        Index("ix_posts_user_id_place_armed_at", "user_id", "place", "armed_at"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    note_id: str = Field(foreign_key="notes.id", ondelete="CASCADE")
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    """Who asked for it, and whose login it uses."""
    platform: str
    place: str
    """The host where the platform's login belongs to."""
    target: str
    """The video, by the platform's own id."""
    state: PostState = Field(default=PostState.QUEUED, sa_type=enum_type(PostState))
    body: str = ""
    at_seconds: float = 0.0
    account: str = ""
    """As the platform calls whoever is logged in there."""
    browser: str | None = None
    """The browser that the attempt has, as the one who ends it must name it."""
    seen_before: int = 0
    """How many comments with this very body stood there before."""
    armed_at: datetime | None = _moment_or_none()
    reads: int = 0
    """How often it was looked for since then, in vain."""
    last_read_at: datetime | None = _moment_or_none()
    comment_id: str | None = None
    error: str | None = None
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class PostAudit(SQLModel, table=True):
    """Append-only: each step of a posting, with a picture of the page where it failed."""

    __tablename__ = "post_audit"
    id: int | None = Field(default=None, sa_column=Column(big_integer(), primary_key=True, autoincrement=True))
    post_id: str = Field(foreign_key="posts.id", ondelete="CASCADE", index=True)
    step: str
    detail: str = ""
    body_sha256: str | None = None
    picture: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """A WebP or PNG of the page."""
    at: datetime = _moment()


class PlatformLogin(SQLModel, table=True):
    """A user's login at a platform, sealed: cookies and storage of a browser, or tokens of an API."""

    __tablename__ = "platform_logins"
    __table_args__ = (UniqueConstraint("user_id", "platform", "place"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    platform: str
    place: str
    kind: str
    """`browser` or `api`."""
    account: str = ""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    is_expired: bool = False
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class SiteLayout(SQLModel, table=True):
    """Where the comment form is on a site's pages, as a model once found it: selectors alone, for everybody."""

    __tablename__ = "site_layouts"
    place: str = Field(primary_key=True)
    """The site's host."""
    layout: dict[str, str] = Field(sa_column=Column(json_type(), nullable=False))
    """By the names of `Layout`."""
    found_at: datetime = _moment()
    failures: int = 0
    """Clicks in a row after which nothing showed that they submitted."""


class Usage(SQLModel, table=True):
    """How much of something that costs money was used on a day (of UTC, as in 2026-01-31)."""

    __tablename__ = "usage"
    day: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    amount: float = 0.0


class EventRow(SQLModel, table=True):
    """Append-only: the events that matter, in the order in which they were committed."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_user_id_seq", "user_id", "seq"),
        Index("ix_events_session_id_seq", "session_id", "seq"),
        Index("ix_events_video_id_seq", "video_id", "seq"),
        {"sqlite_autoincrement": True},  # else SQLite gives the seq of a deleted newest row again
    )
    seq: int | None = Field(default=None, sa_column=Column(big_integer(), primary_key=True, autoincrement=True))
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE")
    session_id: str | None = Field(default=None, foreign_key="review_sessions.id", ondelete="CASCADE")
    video_id: str | None = Field(default=None, foreign_key="videos.id", ondelete="CASCADE")
    type: str
    body: dict[str, Any] = Field(sa_column=Column(json_type(), nullable=False))
    at: datetime = _moment()
