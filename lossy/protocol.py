"""Every message on the wire, once: Socket.IO by namespace and direction, and the bodies of REST.

`make protocol` writes `docs/protocol.md` and the JSON Schema from here; the golden messages in `tests/golden` are read
against it. Times on the video's line are seconds; `at` and `captured_at` are the client's wall clock in seconds since
1970. Audio is 16 kHz mono, PCM16 (little endian) or Opus, sent as the one binary attachment of an `audio_chunk`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from lossy.events import AnyEvent, Category, MicrophoneState, Note, NoteStatus, PostState, TurnState

PROTOCOL_VERSION = 1
MAX_CHUNK_BYTES = 64 * 1024
MAX_FRAME_BYTES = 512 * 1024
MAX_CREDIT_BYTES = 512 * 1024
"""How many bytes of audio may be on their way unacknowledged."""

Id = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
WallClock = Annotated[float, Field(gt=1e9, lt=1e10, allow_inf_nan=False)]
Position = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Player = Annotated[str, Field(max_length=64)]
Seq = Annotated[int, Field(ge=0, le=10_000_000)]
Encoding = Literal["pcm16", "opus"]
Sample = Annotated[int, Field(ge=0, le=4 * 60 * 60 * 16_000)]
"""A recording lasts four hours at most."""


class Message(BaseModel):
    """Unknown fields are refused: a typing mistake must not pass as silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)

    @field_validator("*")
    @classmethod
    def _holds_no_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:  # PostgreSQL can't keep it
            raise ValueError("the character NUL can't be used")
        return value


def _has(field: str, kind: str) -> dict[str, JsonValue]:
    return {"required": [field], "properties": {field: {"type": kind}}}


class ConnectAuth(Message):
    """The Socket.IO connect payload of every namespace."""

    token: Annotated[str, Field(max_length=200)]
    protocol: int
    client: Annotated[str, Field(max_length=80)] = ""
    """Name and version of the program."""


class Refusal(Message):
    """The answer to a message that can't be carried out: `code` for programs, `message` for people."""

    code: str
    message: str


class OpenRecording(Message):
    """Begin a recording, or take up one again after a lost connection."""

    recording: Id
    """A random name that the client gives it; it holds for one opening of the microphone."""
    session: Id
    """As `VideoOpened` told it."""
    mode: Literal["one_note", "hands_free"] = "one_note"
    """Whether the microphone closes with the first note or stays open."""
    sample_rate: Literal[16000] = 16000
    player: Player = ""
    """The player in front of the speaker, as in `ReportPlayback`; notes get their time from its reports."""
    recognised_by: Literal["server", "browser"] = "server"
    """Whether audio comes, or words: then no audio leaves the browser."""


class RecordingOpened(Message):
    """Send from `next_seq` on; keep at most `credit_bytes` unacknowledged."""

    recording: Id
    next_seq: Seq
    credit_bytes: int
    closed: bool = False
    """The recording ended meanwhile: what was said since belongs into another one…"""
    done: bool = False
    """…and that one is the last: the note that the microphone was opened for is made."""
    encodings: tuple[Encoding, ...] = ("pcm16", "opus")
    """What the audio of a chunk may be; Opus saves a distant server nine tenths of the bytes."""


class AudioChunk(Message):
    """100 to 200 ms of audio; its bytes are the attachment.

    As Opus they are packets of 20 ms, each after its length in two bytes, big-endian; the first ones repeat the end of
    the chunk before, in which a decoder finds its feet. So each chunk can be decoded by itself.
    """

    recording: Id
    seq: Seq
    """Counts the recording's chunks from 0."""
    captured_at: WallClock
    """When its first sample was recorded."""
    encoding: Encoding = "pcm16"
    lead_samples: Annotated[int, Field(ge=0, le=1280, multiple_of=320)] = 0
    """For Opus: how much of the chunk before is repeated at the beginning…"""
    samples: Annotated[int, Field(ge=0, le=MAX_CHUNK_BYTES // 2)] = 0
    """…and how many samples follow that are this chunk's own."""


class ChunkStored(Message):
    """The chunk is durable."""

    seq: Seq
    credit_bytes: int


class BrowserTranscript(Message):
    """What the browser recognised by itself, in a recording `recognised_by` it: told again and again, then for good.

    Samples are counted at 16 kHz from the recording's first. A final one that was had before is not taken twice.
    """

    recording: Id
    first_sample: Sample
    """Where the speech began…"""
    samples: Annotated[int, Field(gt=0, le=60 * 60 * 16_000)]
    """…and how long these words are."""
    captured_at: WallClock
    """When the speech began."""
    stable: Annotated[str, Field(max_length=5000)]
    """The words that stay; all of them in a final one. Empty in a final one: it was no speech."""
    unstable: Annotated[str, Field(max_length=5000)] = ""
    is_final: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    """Mean probability of the words."""
    model: Annotated[str, Field(min_length=1, max_length=100)]
    decode_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.0


class RecordingAction(StrEnum):
    """What a client may do with its recording."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DEVICE_LOST = "device_lost"


class ControlRecording(Message):
    """Steer a recording; with `stop`, `chunks` says how many there are in all."""

    recording: Id
    action: RecordingAction
    chunks: Seq | None = None


class AudioGap(Message):
    """Chunks that never came: send seqs `first` to `last` again."""

    recording: Id
    first: Seq
    last: Seq


class LocalFile(Message):
    """A file on the reviewer's machine, named by what it is."""

    size_bytes: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class VideoContext(Message):
    """The video that is in front of the reviewer now; replaces the one before on this connection."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_has("url", "string"), _has("file", "object")]})
    url: Annotated[str, Field(max_length=4096)] | None = None
    file: LocalFile | None = None
    title: Annotated[str, Field(max_length=300)] = ""
    duration_seconds: Position | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.url is None) == (self.file is None):
            raise ValueError("name the video by its url or by its file")
        return self


class Remark(Message):
    """A remark that comes whole: typed, or recognised by a browser that could not reach the server then."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """Given by whoever sends it; the same one is one note, however often it is sent. It becomes the note's."""
    video: VideoContext
    text: Annotated[str, Field(min_length=1, max_length=5000)]
    position: Position
    """Where the video stood as it began to be said, s…"""
    rate: Annotated[float, Field(ge=0, le=16, allow_inf_nan=False)] = 0.0
    """…and how fast it played then: 0 while it stood still."""
    said_at: WallClock
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    model: Annotated[str, Field(max_length=100)] = ""
    """What recognised it; empty if it was typed."""
    recording: Id | None = None
    """The recording in which it was said, and where there: the server may have had it that way."""
    first_sample: Sample | None = None


class RemarkTaken(Message):
    """The server has the remark for good; no note where it was an order, or was had before in another way."""

    note: Note | None


class VideoOpened(Message):
    """The video and the session on it, with its notes and the newest stored event."""

    video: Id
    session: Id
    title: str
    notes: tuple[Note, ...]
    microphone: MicrophoneState
    turn: TurnState
    seq: int


class Playback(Message):
    """Where the player stood."""

    at: WallClock
    position: Position
    rate: Annotated[float, Field(gt=0, le=16, allow_inf_nan=False)] = 1.0
    playing: bool


class ReportPlayback(Message):
    """Playback of the session's video, sent on every change and once a second."""

    session: Id
    reports: Annotated[tuple[Playback, ...], Field(min_length=1, max_length=64)]
    player: Player = ""
    """Tells players of the same video apart, in windows or programs: a random name that each gives itself."""


class VideoFrame(Message):
    """A picture of the video, taken as the reviewer spoke; its bytes, WebP, are the attachment."""

    session: Id
    position: Position
    """The second of the video that it shows."""
    captured_at: WallClock
    embedding: Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(max_length=2048)] = ()
    """CLIP's, if the browser made one; else the server does, where it has a model."""
    embedded_by: Annotated[str, Field(max_length=100)] = ""
    """The model's name."""


class FrameTaken(Message):
    """What became of a picture; nothing needs to be sent again."""

    kept: bool
    reason: Literal["kept", "duplicate", "black", "full"]
    """`black`: there is nothing to see on it, as with protected videos. `full`: the session has all it may have."""
    room: int
    """How many more are wanted."""


class TurnAction(StrEnum):
    """What a reviewer may do with a turn, besides speaking."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    RETRY = "retry"
    ACKNOWLEDGE = "acknowledge"


class ControlTurn(Message):
    """Act on a turn; without `turn`, on the newest to which it applies."""

    session: Id
    action: TurnAction
    turn: Id | None = None


class ClientHealth(Message):
    """How a client fared since its last report, if its user allows that: counts and times, no words."""

    reconnects: Annotated[int, Field(ge=0, le=100_000)] = 0
    audio_gaps: Annotated[int, Field(ge=0, le=100_000)] = 0
    dropped_frames: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Pictures that were not sent."""
    inference_seconds: Annotated[
        tuple[Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)], ...], Field(max_length=200)
    ] = ()
    """How long each remark took that the browser recognised itself."""


class AskSince(Message):
    """Ask for the stored events after `seq`, of one session or of all."""

    seq: Annotated[int, Field(ge=0)]
    session: Id | None = None


class EventsSince(Message):
    """Events, oldest first; ask again from the last one while `more`."""

    events: tuple[AnyEvent, ...]
    more: bool


class MissedEvents(Message):
    """The connection was too slow for this many events: ask `since` the last one it has."""

    count: Annotated[int, Field(gt=0)]


class Done(Message):
    """It was done; nothing more to say."""

    ok: Literal[True] = True


Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Password = Annotated[str, Field(min_length=10, max_length=1000)]


class Credentials(Message):
    """Who registers."""

    email: Email
    password: Password


class SignIn(Message):
    """Who signs in; the rules for new passwords don't matter here."""

    email: Email
    password: Annotated[str, Field(max_length=1000)]


class OwnerLink(Message):
    """The one-time key of the link that the first start prints."""

    link: Annotated[str, Field(max_length=100)]


class SignedIn(Message):
    """A bearer token, valid until `expires_at`."""

    token: str
    email: str
    expires_at: datetime


class NewPassword(Message):
    """A password for the account that is signed in, and the one it has now if it has one."""

    password: Password
    current: Annotated[str, Field(max_length=1000)] | None = None


class Me(Message):
    """Who is signed in."""

    id: str
    email: str
    is_owner: bool
    has_password: bool


class TicketIssued(Message):
    """A one-time key for a page of ours, valid for 30 seconds."""

    ticket: str


class EditNote(Message):
    """Fields of a note to change; `version` guards against overwriting somebody's change."""

    text: str | None = None
    category: Category | None = None
    start_seconds: Position | None = None
    version: int | None = None


class NotesAsked(Message):
    """Which notes to list; cancelled and archived ones come only when `status` names them."""

    video: Annotated[str, Field(max_length=4096)] | None = None
    """The video's address."""
    video_id: Id | None = None
    status: tuple[NoteStatus, ...] = ()
    search: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 500
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class NotesListed(Message):
    """Notes in the order of the video; ask again with a larger offset while `more`."""

    notes: tuple[Note, ...]
    more: bool


class NoteHistoryEntry(Message):
    """One change of a note, with the values before it."""

    change: str
    actor_id: str
    before: dict[str, Any]
    at: datetime


class NoteHistory(Message):
    """What was done to a note, oldest first."""

    changes: tuple[NoteHistoryEntry, ...]


class PostDecided(Message):
    """What a person found on the platform."""

    is_there: bool


class PostStep(Message):
    """One step of a posting; append-only."""

    step: str
    detail: str
    at: datetime
    body_sha256: str | None
    """Of what was submitted."""
    picture: bool
    """Whether the page was photographed."""


class PostView(Message):
    """The posting of a note to its video's platform."""

    platform: str
    target: str
    """The video, by the platform's own id."""
    state: PostState
    body: str
    """What is to stand there."""
    account: str
    comment_id: str | None
    error: str | None
    steps: tuple[PostStep, ...]
    """Oldest first."""


MAX_CHOICES = 64
ChoiceName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,62}$")]
Choice = (
    bool
    | Annotated[int, Field(ge=-(10**9), le=10**9)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
)


class UserChoices(Message):
    """What a user chose, by name; in a change only what differs. Absent means the default."""

    values: Annotated[
        dict[ChoiceName, Choice], Field(max_length=MAX_CHOICES, json_schema_extra={"additionalProperties": False})
    ]


class VideoView(Message):
    """A video as REST shows it."""

    id: str
    platform: str
    url: str | None
    title: str
    duration_seconds: float | None
    status: str
    note_count: int
    posted_count: int
    updated_at: datetime


class Library(Message):
    """The videos that somebody may see, newest activity first, and how many there are by status."""

    videos: tuple[VideoView, ...]
    counts: dict[str, int]


class ModelFile(Message):
    """A file of a model, by its path in the model's folder."""

    path: str
    size_bytes: int
    sha256: str


class WebModel(Message):
    """A model that a browser hears with; its files are at `/api/models/KIND/PATH`."""

    kind: Literal["silero", "whisper"]
    name: str
    files: tuple[ModelFile, ...]


class WebModels(Message):
    """All that a browser needs to find speech, and to recognise it."""

    models: tuple[WebModel, ...]


class Health(Message):
    """Whether and how this server runs."""

    status: Literal["ok"]
    version: str
    protocol: int
    recogniser: str
    recogniser_is_demo: bool
    recogniser_message: str


@dataclass(frozen=True)
class Exchange:
    """One kind of message on a namespace, and what answers it."""

    namespace: str
    event: str
    sender: Literal["client", "server"]
    message: type[BaseModel]
    answer: type[BaseModel] | None


EXCHANGES: tuple[Exchange, ...] = (
    Exchange("/audio", "open_recording", "client", OpenRecording, RecordingOpened),
    Exchange("/audio", "audio_chunk", "client", AudioChunk, ChunkStored),
    Exchange("/audio", "control_recording", "client", ControlRecording, Done),
    Exchange("/audio", "transcript", "client", BrowserTranscript, Done),
    Exchange("/audio", "audio_gap", "server", AudioGap, None),
    Exchange("/video", "video_context", "client", VideoContext, VideoOpened),
    Exchange("/video", "report_playback", "client", ReportPlayback, Done),
    Exchange("/video", "video_frame", "client", VideoFrame, FrameTaken),
    Exchange("/user", "control_turn", "client", ControlTurn, Done),
    Exchange("/user", "report_health", "client", ClientHealth, Done),
    Exchange("/user", "ask_since", "client", AskSince, EventsSince),
    Exchange("/user", "missed", "server", MissedEvents, None),
    Exchange("/audio", "refused", "server", Refusal, None),
    Exchange("/video", "refused", "server", Refusal, None),
    Exchange("/user", "refused", "server", Refusal, None),
)
"""The whole socket protocol; besides these the server sends every event on `/user` as `event`."""
