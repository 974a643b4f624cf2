"""The vocabulary of what happened: everything that travels on the bus, past tense, typed.

An event names whom it concerns (`user_id`, and `session_id` or `video_id` where it has one); its topics follow from
that. Events that matter later are rows of the `events` table and carry its sequence as `seq`; live words, model
tokens and fetch progress are told once and not kept (`seq` stays None).
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SIGNED_OUT_TOPIC = "signed_out:*"
EVERYBODY_TOPIC = "user:*"
JOBS_TOPIC = "jobs:*"


class Category(StrEnum):
    """What a note is about."""

    PACING = "pacing"
    AUDIO = "audio"
    COLOR = "color"
    GRAPHICS = "graphics"
    CONTENT = "content"
    OTHER = "other"


class Topic(StrEnum):
    """What somebody seems to talk about while they speak: a category that a note may get, or a cut."""

    PACING = "pacing"
    AUDIO = "audio"
    COLOR = "color"
    GRAPHICS = "graphics"
    CONTENT = "content"
    CUT = "cut"


class NoteStatus(StrEnum):
    """Where a note stands; the legal moves are in `lossy.db.notes`."""

    GHOST = "ghost"
    FIRMED = "firmed"
    PENDING_POST = "pending_post"
    POSTING = "posting"
    POSTED = "posted"
    FAILED = "failed"
    NEEDS_LOGIN = "needs_login"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


class MicrophoneState(StrEnum):
    """A session's microphone, shown for what it is."""

    OFF = "off"
    OPENING = "opening"
    OPEN = "open"
    PAUSED = "paused"
    BLOCKED = "blocked"


class TurnState(StrEnum):
    """One utterance on its way to a note."""

    IDLE = "idle"
    LISTENING = "listening"
    PAUSED = "paused"
    TRANSCRIBING = "transcribing"
    STRUCTURING = "structuring"
    CONFIRMING = "confirming"
    EXECUTING_TOOL = "executing_tool"
    CANCELLING = "cancelling"
    RETRYING = "retrying"
    ERROR = "error"


class JobState(StrEnum):
    """Where durable work stands."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    """It failed too often; it waits for a person."""
    DISCARDED = "discarded"


class PostState(StrEnum):
    """Where the posting of a note to a platform stands; the legal moves are in `lossy.db.posts`."""

    QUEUED = "queued"
    PREPARING = "preparing"
    ARMED = "armed"
    """Committed before the one click that submits: from here on nothing is submitted again by itself."""
    POSTED = "posted"
    UNKNOWN = "unknown"
    """Submitted, but not seen there; a person decides."""
    FAILED = "failed"


class Note(BaseModel):
    """A note as everybody outside the database sees it: REST, sockets, pages and the command line alike."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    video_id: str
    session_id: str | None
    turn_id: str | None
    author_id: str
    text: Annotated[str, Field(max_length=200)]
    raw_transcript: str
    start_seconds: float
    """Where on the video's time line the reviewer saw it."""
    end_seconds: float | None
    """Only of a note about a range."""
    category: Category
    confidence: Annotated[float, Field(ge=0, le=1)]
    status: NoteStatus
    thumbnail_url: str | None
    permalink: str | None
    error: str | None
    engine: str
    """Recogniser and structurer that made it, as in `native/demo+rules`."""
    created_at: datetime
    updated_at: datetime
    version: int


class Event(BaseModel):
    """What every event carries."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)
    stored: ClassVar[bool] = True
    shared: ClassVar[bool] = False
    """Whether the other members of the video hear of it too."""

    type: str
    user_id: str
    """Whose doing it is; `*` is everybody."""
    session_id: str | None = None
    video_id: str | None = None
    seq: int | None = None
    """Its place among the stored events."""
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    """The server's clock."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The bus topics that it is told on."""
        named = (
            ("session", self.session_id),
            ("video", self.video_id if self.shared else None),
            ("user", self.user_id),
        )
        return tuple(f"{kind}:{key}" for kind, key in named if key is not None)


class MicrophoneChanged(Event):
    """The microphone of a session is in another state."""

    type: Literal["microphone_changed"] = "microphone_changed"
    state: MicrophoneState
    recording_id: str | None = None
    reason: str | None = None
    """In the user's words, where it did not change because they asked."""


class TurnChanged(Event):
    """A turn moved in the state table."""

    type: Literal["turn_changed"] = "turn_changed"
    turn_id: str
    state: TurnState
    deadline_seconds: float | None = None
    """How long it may stay so, unless time stands still."""


class SpeechHeard(Event):
    """Speech began or ended in a turn."""

    type: Literal["speech_heard"] = "speech_heard"
    turn_id: str
    edge: Literal["began", "ended"]
    position_seconds: float | None = None
    """On the video's time line."""


class AsrPartial(Event):
    """Words while they are spoken: the stable ones stay, the unstable ones may change."""

    stored: ClassVar[bool] = False
    type: Literal["asr_partial"] = "asr_partial"
    turn_id: str
    stable: str
    unstable: str
    topic: Topic | None = None
    """What they are about; none before that is clear."""


class AsrFinal(Event):
    """The whole utterance, recognised."""

    type: Literal["asr_final"] = "asr_final"
    turn_id: str
    text: str
    confidence: float
    engine: str
    model: str
    decode_seconds: float
    """Time that the decode itself took."""


class Intent(Event):
    """What the utterance was taken for, and what made it so."""

    type: Literal["intent"] = "intent"
    turn_id: str
    intent: str
    fired_by: str
    """The words, or the rule, that decided it."""


class ToolStart(Event):
    """A tool began: saving, cancelling, posting."""

    type: Literal["tool_start"] = "tool_start"
    turn_id: str | None
    tool: str
    note_id: str | None = None


class ToolResult(Event):
    """A tool ended; for posting this is the worker's outcome."""

    type: Literal["tool_result"] = "tool_result"
    turn_id: str | None
    tool: str
    succeeded: bool
    note_id: str | None = None
    message: str | None = None


class PlayerSteered(Event):
    """The reviewer told their player by voice what to do."""

    stored: ClassVar[bool] = False
    type: Literal["player_steered"] = "player_steered"
    player: str
    """The player in front of whoever spoke, as it calls itself; empty where that is not known."""
    action: Literal["seek", "pause", "play"]
    position: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)] | None = None
    """Where to, in seconds, of a seek."""


class ModelDelta(Event):
    """Tokens of the structuring model as they come."""

    stored: ClassVar[bool] = False
    type: Literal["model_delta"] = "model_delta"
    turn_id: str
    text: str


class NoteChanged(Event):
    """A note is new or different; `note.version` only grows."""

    shared: ClassVar[bool] = True
    type: Literal["note_changed"] = "note_changed"
    note: Note

    @property
    def topics(self) -> tuple[str, ...]:
        """A ghost, or one that was scratched, is its author's alone."""
        private = self.note.status in (NoteStatus.GHOST, NoteStatus.CANCELLED)
        return tuple(topic for topic in super().topics if not (private and topic.startswith("video:")))


class NoteRemoved(Event):
    """A note was deleted; it can be brought back for a while."""

    shared: ClassVar[bool] = True
    type: Literal["note_removed"] = "note_removed"
    note_id: str


class PostingStepped(Event):
    """A note's posting reached a step that the card shows."""

    shared: ClassVar[bool] = True
    type: Literal["posting_stepped"] = "posting_stepped"
    note_id: str
    step: Literal["queued", "opening", "logged_in", "posting", "reading_back"]


class VideoChanged(Event):
    """A video is new in the library, or its title, status or counts changed."""

    shared: ClassVar[bool] = True
    type: Literal["video_changed"] = "video_changed"


class VideoRemoved(Event):
    """A video was deleted with everything on it."""

    stored: ClassVar[bool] = False
    shared: ClassVar[bool] = True
    type: Literal["video_removed"] = "video_removed"


class TurnFailed(Event):
    """A turn can't go on by itself; its audio and transcript are kept."""

    type: Literal["turn_failed"] = "turn_failed"
    turn_id: str
    code: str
    message: str


class SignedOut(Event):
    """Tokens of the user were revoked; live connections that used them end."""

    stored: ClassVar[bool] = False
    type: Literal["signed_out"] = "signed_out"
    token_ids: tuple[str, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """Besides the user, whoever holds connections hears of it."""
        return (*super().topics, SIGNED_OUT_TOPIC)


class JobChanged(Event):
    """Durable work of the user moved on."""

    stored: ClassVar[bool] = False
    type: Literal["job_changed"] = "job_changed"
    job_id: str
    queue: str
    name: str
    state: JobState
    attempt: int
    error: str | None

    @property
    def topics(self) -> tuple[str, ...]:
        """Besides the user, whoever sends jobs to workers hears of it."""
        return (*super().topics, JOBS_TOPIC)


class ConnectionsChanged(Event):
    """A login of the user at a platform changed, or their signing in there moved on."""

    stored: ClassVar[bool] = False
    type: Literal["connections_changed"] = "connections_changed"
    place: str
    """The host that the login belongs to."""
    change: Literal["connected", "disconnected", "expired", "tested", "signing_in"]
    message: str | None = None
    """In the user's words, where a test did not find the login fine."""


class RecogniserChanged(Event):
    """Another speech model is active, or the fetch of one moved on. Concerns everybody: `user_id` is `*`."""

    stored: ClassVar[bool] = False
    type: Literal["recogniser_changed"] = "recogniser_changed"
    user_id: str = "*"
    model: str
    phase: str
    progress: float
    message: str


AnyEvent = Annotated[
    MicrophoneChanged
    | TurnChanged
    | SpeechHeard
    | AsrPartial
    | AsrFinal
    | Intent
    | ToolStart
    | ToolResult
    | PlayerSteered
    | ModelDelta
    | NoteChanged
    | NoteRemoved
    | PostingStepped
    | VideoChanged
    | VideoRemoved
    | TurnFailed
    | SignedOut
    | JobChanged
    | ConnectionsChanged
    | RecogniserChanged,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
"""Reads any event back from JSON."""
