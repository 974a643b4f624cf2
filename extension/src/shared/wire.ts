/**
 * Everything on the wire. Written by `make protocol` from `lossy/protocol.py` and `lossy/events.py`: change it there.
 * Times on the video's line are seconds; docs/protocol.md tells the rules and limits that types can't.
 */

export const PROTOCOL_VERSION = 1;

/** Ask for the stored events after `seq`, of one session or of all. */
export interface AskSince {
  seq: number;
  /** As `VideoOpened` told it. */
  session?: string | null;
}

/** The whole utterance, recognised. */
export interface AsrFinal {
  type: "asr_final";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  text: string;
  confidence: number;
  engine: string;
  model: string;
  /** Time that the decode itself took. */
  decode_seconds: number;
}

/** Words while they are spoken: the stable ones stay, the unstable ones may change. */
export interface AsrPartial {
  type: "asr_partial";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  stable: string;
  unstable: string;
  /** What they are about; none before that is clear. */
  topic: Topic | null;
}

/** 100 to 200 ms of audio; its bytes are the attachment. As Opus they are packets of 20 ms, each after its length in two bytes, big-endian; the first ones repeat the end of the chunk before, in which a decoder finds its feet. So each chunk can be decoded by itself. */
export interface AudioChunk {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  /** Counts the recording's chunks from 0. */
  seq: number;
  /** When its first sample was recorded. */
  captured_at: number;
  encoding?: "pcm16" | "opus";
  /** For Opus: how much of the chunk before is repeated at the beginning… */
  lead_samples?: number;
  /** …and how many samples follow that are this chunk's own. */
  samples?: number;
}

/** Chunks that never came: send seqs `first` to `last` again. */
export interface AudioGap {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  first: number;
  last: number;
}

/** What the browser recognised by itself, in a recording `recognised_by` it: told again and again, then for good. Samples are counted at 16 kHz from the recording's first. A final one that was had before is not taken twice. */
export interface BrowserTranscript {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  /** Where the speech began… */
  first_sample: number;
  /** …and how long these words are. */
  samples: number;
  /** When the speech began. */
  captured_at: number;
  /** The words that stay; all of them in a final one. Empty in a final one: it was no speech. */
  stable: string;
  unstable?: string;
  is_final: boolean;
  /** Mean probability of the words. */
  confidence: number;
  model: string;
  decode_seconds?: number;
}

/** What a note is about. */
export type Category = "pacing" | "audio" | "color" | "graphics" | "content" | "other";

/** The chunk is durable. */
export interface ChunkStored {
  /** Counts the recording's chunks from 0. */
  seq: number;
  credit_bytes: number;
}

/** How a client fared since its last report, if its user allows that: counts and times, no words. */
export interface ClientHealth {
  reconnects?: number;
  audio_gaps?: number;
  /** Pictures that were not sent. */
  dropped_frames?: number;
  /** How long each remark took that the browser recognised itself. */
  inference_seconds?: number[];
}

/** The Socket.IO connect payload of every namespace. */
export interface ConnectAuth {
  token: string;
  protocol: number;
  /** Name and version of the program. */
  client?: string;
}

/** A login of the user at a platform changed, or their signing in there moved on. */
export interface ConnectionsChanged {
  type: "connections_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  /** The host that the login belongs to. */
  place: string;
  change: "connected" | "disconnected" | "expired" | "tested" | "signing_in";
  /** In the user's words, where a test did not find the login fine. */
  message: string | null;
}

/** Steer a recording; with `stop`, `chunks` says how many there are in all. */
export interface ControlRecording {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  action: RecordingAction;
  chunks?: number | null;
}

/** Act on a turn; without `turn`, on the newest to which it applies. */
export interface ControlTurn {
  /** As `VideoOpened` told it. */
  session: string;
  action: TurnAction;
  turn?: string | null;
}

/** Who registers. */
export interface Credentials {
  email: string;
  password: string;
}

/** It was done; nothing more to say. */
export interface Done {
  ok: true;
}

/** Fields of a note to change; `version` guards against overwriting somebody's change. */
export interface EditNote {
  text?: string | null;
  category?: Category | null;
  start_seconds?: number | null;
  version?: number | null;
}

/** Events, oldest first; ask again from the last one while `more`. */
export interface EventsSince {
  events: AnyEvent[];
  more: boolean;
}

/** What became of a picture; nothing needs to be sent again. */
export interface FrameTaken {
  kept: boolean;
  /** `black`: there is nothing to see on it, as with protected videos. `full`: the session has all it may have. */
  reason: "kept" | "duplicate" | "black" | "full";
  /** How many more are wanted. */
  room: number;
}

/** Whether and how this server runs. */
export interface Health {
  status: "ok";
  version: string;
  protocol: number;
  recogniser: string;
  recogniser_is_demo: boolean;
  recogniser_message: string;
}

/** What the utterance was taken for, and what made it so. */
export interface Intent {
  type: "intent";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  intent: string;
  /** The words, or the rule, that decided it. */
  fired_by: string;
}

/** Durable work of the user moved on. */
export interface JobChanged {
  type: "job_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  job_id: string;
  queue: string;
  name: string;
  state: JobState;
  attempt: number;
  error: string | null;
}

/** Where durable work stands. */
export type JobState = "ready" | "running" | "done" | "dead" | "discarded";

/** The videos that somebody may see, newest activity first, and how many there are by status. */
export interface Library {
  videos: VideoView[];
  counts: Record<string, number>;
}

/** A file on the reviewer's machine, named by what it is. */
export interface LocalFile {
  size_bytes: number;
  sha256: string;
}

/** Who is signed in. */
export interface Me {
  id: string;
  email: string;
  is_owner: boolean;
  has_password: boolean;
}

/** The microphone of a session is in another state. */
export interface MicrophoneChanged {
  type: "microphone_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  state: MicrophoneState;
  recording_id: string | null;
  /** In the user's words, where it did not change because they asked. */
  reason: string | null;
}

/** A session's microphone, shown for what it is. */
export type MicrophoneState = "off" | "opening" | "open" | "paused" | "blocked";

/** The connection was too slow for this many events: ask `since` the last one it has. */
export interface MissedEvents {
  count: number;
}

/** Tokens of the structuring model as they come. */
export interface ModelDelta {
  type: "model_delta";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  text: string;
}

/** A file of a model, by its path in the model's folder. */
export interface ModelFile {
  path: string;
  size_bytes: number;
  sha256: string;
}

/** A password for the account that is signed in, and the one it has now if it has one. */
export interface NewPassword {
  password: string;
  current?: string | null;
}

/** A note as everybody outside the database sees it: REST, sockets, pages and the command line alike. */
export interface Note {
  id: string;
  video_id: string;
  session_id: string | null;
  turn_id: string | null;
  author_id: string;
  text: string;
  raw_transcript: string;
  /** Where on the video's time line the reviewer saw it. */
  start_seconds: number;
  /** Only of a note about a range. */
  end_seconds: number | null;
  category: Category;
  /** Mean probability of the words. */
  confidence: number;
  status: NoteStatus;
  thumbnail_url: string | null;
  permalink: string | null;
  error: string | null;
  /** Recogniser and structurer that made it, as in `native/demo+rules`. */
  engine: string;
  created_at: string;
  updated_at: string;
  version: number;
}

/** A note is new or different; `note.version` only grows. */
export interface NoteChanged {
  type: "note_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  note: Note;
}

/** What was done to a note, oldest first. */
export interface NoteHistory {
  changes: NoteHistoryEntry[];
}

/** One change of a note, with the values before it. */
export interface NoteHistoryEntry {
  change: string;
  actor_id: string;
  before: Record<string, unknown>;
  /** The server's clock. */
  at: string;
}

/** A note was deleted; it can be brought back for a while. */
export interface NoteRemoved {
  type: "note_removed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  note_id: string;
}

/** Where a note stands; the legal moves are in `lossy.db.notes`. */
export type NoteStatus =
  | "ghost"
  | "firmed"
  | "pending_post"
  | "posting"
  | "posted"
  | "failed"
  | "needs_login"
  | "unknown"
  | "cancelled"
  | "archived";

/** Which notes to list; cancelled and archived ones come only when `status` names them. */
export interface NotesAsked {
  /** The video's address. */
  video?: string | null;
  video_id?: string | null;
  status?: NoteStatus[];
  search?: string;
  limit?: number;
  offset?: number;
}

/** Notes in the order of the video; ask again with a larger offset while `more`. */
export interface NotesListed {
  notes: Note[];
  more: boolean;
}

/** Begin a recording, or take up one again after a lost connection. */
export interface OpenRecording {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  /** As `VideoOpened` told it. */
  session: string;
  /** Whether the microphone closes with the first note or stays open. */
  mode?: "one_note" | "hands_free";
  sample_rate?: 16000;
  /** The player in front of the speaker, as in `ReportPlayback`; notes get their time from its reports. */
  player?: string;
  /** Whether audio comes, or words: then no audio leaves the browser. */
  recognised_by?: "server" | "browser";
}

/** The one-time key of the link that the first start prints. */
export interface OwnerLink {
  link: string;
}

/** Where the player stood. */
export interface Playback {
  at: number;
  /** Where to, in seconds, of a seek. */
  position: number;
  rate?: number;
  playing: boolean;
}

/** The reviewer told their player by voice what to do. */
export interface PlayerSteered {
  type: "player_steered";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  /** The player in front of whoever spoke, as it calls itself; empty where that is not known. */
  player: string;
  action: "seek" | "pause" | "play";
  /** Where to, in seconds, of a seek. */
  position: number | null;
}

/** What a person found on the platform. */
export interface PostDecided {
  is_there: boolean;
}

/** Where the posting of a note to a platform stands; the legal moves are in `lossy.db.posts`. */
export type PostState = "queued" | "preparing" | "armed" | "posted" | "unknown" | "failed";

/** One step of a posting; append-only. */
export interface PostStep {
  step: string;
  detail: string;
  /** The server's clock. */
  at: string;
  /** Of what was submitted. */
  body_sha256: string | null;
  /** Whether the page was photographed. */
  picture: boolean;
}

/** The posting of a note to its video's platform. */
export interface PostView {
  platform: string;
  /** The video, by the platform's own id. */
  target: string;
  state: PostState;
  /** What is to stand there. */
  body: string;
  account: string;
  comment_id: string | null;
  error: string | null;
  /** Oldest first. */
  steps: PostStep[];
}

/** A note's posting reached a step that the card shows. */
export interface PostingStepped {
  type: "posting_stepped";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  note_id: string;
  step: "queued" | "opening" | "logged_in" | "posting" | "reading_back";
}

/** Another speech model is active, or the fetch of one moved on. Concerns everybody: `user_id` is `*`. */
export interface RecogniserChanged {
  type: "recogniser_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  model: string;
  phase: string;
  progress: number;
  message: string;
}

/** What a client may do with its recording. */
export type RecordingAction = "stop" | "pause" | "resume" | "cancel" | "device_lost";

/** Send from `next_seq` on; keep at most `credit_bytes` unacknowledged. */
export interface RecordingOpened {
  /** A random name that the client gives it; it holds for one opening of the microphone. */
  recording: string;
  next_seq: number;
  credit_bytes: number;
  /** The recording ended meanwhile: what was said since belongs into another one… */
  closed: boolean;
  /** …and that one is the last: the note that the microphone was opened for is made. */
  done: boolean;
  /** What the audio of a chunk may be; Opus saves a distant server nine tenths of the bytes. */
  encodings: ("pcm16" | "opus")[];
}

/** The answer to a message that can't be carried out: `code` for programs, `message` for people. */
export interface Refusal {
  code: string;
  message: string;
}

/** A remark that comes whole: typed, or recognised by a browser that could not reach the server then. */
export interface Remark {
  /** Given by whoever sends it; the same one is one note, however often it is sent. It becomes the note's. */
  id: string;
  video: VideoContext;
  text: string;
  /** Where the video stood as it began to be said, s… */
  position: number;
  /** …and how fast it played then: 0 while it stood still. */
  rate?: number;
  said_at: number;
  /** Mean probability of the words. */
  confidence?: number;
  /** What recognised it; empty if it was typed. */
  model?: string;
  /** The recording in which it was said, and where there: the server may have had it that way. */
  recording?: string | null;
  /** Where the speech began… */
  first_sample?: number | null;
}

/** The server has the remark for good; no note where it was an order, or was had before in another way. */
export interface RemarkTaken {
  note: Note | null;
}

/** Playback of the session's video, sent on every change and once a second. */
export interface ReportPlayback {
  /** As `VideoOpened` told it. */
  session: string;
  reports: Playback[];
  /** Tells players of the same video apart, in windows or programs: a random name that each gives itself. */
  player?: string;
}

/** Who signs in; the rules for new passwords don't matter here. */
export interface SignIn {
  email: string;
  password: string;
}

/** A bearer token, valid until `expires_at`. */
export interface SignedIn {
  token: string;
  email: string;
  expires_at: string;
}

/** Tokens of the user were revoked; live connections that used them end. */
export interface SignedOut {
  type: "signed_out";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  token_ids: string[];
}

/** Speech began or ended in a turn. */
export interface SpeechHeard {
  type: "speech_heard";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  edge: "began" | "ended";
  /** On the video's time line. */
  position_seconds: number | null;
}

/** A one-time key for a page of ours, valid for 30 seconds. */
export interface TicketIssued {
  ticket: string;
}

/** A tool ended; for posting this is the worker's outcome. */
export interface ToolResult {
  type: "tool_result";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string | null;
  tool: string;
  succeeded: boolean;
  note_id: string | null;
  message: string | null;
}

/** A tool began: saving, cancelling, posting. */
export interface ToolStart {
  type: "tool_start";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string | null;
  tool: string;
  note_id: string | null;
}

/** What somebody seems to talk about while they speak: a category that a note may get, or a cut. */
export type Topic = "pacing" | "audio" | "color" | "graphics" | "content" | "cut";

/** What a reviewer may do with a turn, besides speaking. */
export type TurnAction = "confirm" | "cancel" | "retry" | "acknowledge";

/** A turn moved in the state table. */
export interface TurnChanged {
  type: "turn_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  state: TurnState;
  /** How long it may stay so, unless time stands still. */
  deadline_seconds: number | null;
}

/** A turn can't go on by itself; its audio and transcript are kept. */
export interface TurnFailed {
  type: "turn_failed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
  turn_id: string;
  code: string;
  message: string;
}

/** One utterance on its way to a note. */
export type TurnState =
  | "idle"
  | "listening"
  | "paused"
  | "transcribing"
  | "structuring"
  | "confirming"
  | "executing_tool"
  | "cancelling"
  | "retrying"
  | "error";

/** What a user chose, by name; in a change only what differs. Absent means the default. */
export interface UserChoices {
  values: Record<string, boolean | number | string>;
}

/** A video is new in the library, or its title, status or counts changed. */
export interface VideoChanged {
  type: "video_changed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
}

/** The video that is in front of the reviewer now; replaces the one before on this connection. */
export interface VideoContext {
  url?: string | null;
  file?: LocalFile | null;
  title?: string;
  duration_seconds?: number | null;
}

/** A picture of the video, taken as the reviewer spoke; its bytes, WebP, are the attachment. */
export interface VideoFrame {
  /** As `VideoOpened` told it. */
  session: string;
  /** The second of the video that it shows. */
  position: number;
  /** When its first sample was recorded. */
  captured_at: number;
  /** CLIP's, if the browser made one; else the server does, where it has a model. */
  embedding?: number[];
  /** The model's name. */
  embedded_by?: string;
}

/** The video and the session on it, with its notes and the newest stored event. */
export interface VideoOpened {
  video: string;
  /** As `VideoOpened` told it. */
  session: string;
  title: string;
  notes: Note[];
  microphone: MicrophoneState;
  turn: TurnState;
  seq: number;
}

/** A video was deleted with everything on it. */
export interface VideoRemoved {
  type: "video_removed";
  /** Whose doing it is; `*` is everybody. */
  user_id: string;
  session_id: string | null;
  video_id: string | null;
  /** Its place among the stored events. */
  seq: number | null;
  /** The server's clock. */
  at: string;
}

/** A video as REST shows it. */
export interface VideoView {
  id: string;
  platform: string;
  url: string | null;
  title: string;
  duration_seconds: number | null;
  status: string;
  note_count: number;
  posted_count: number;
  updated_at: string;
}

/** A model that a browser hears with; its files are at `/api/models/KIND/PATH`. */
export interface WebModel {
  kind: "silero" | "whisper";
  name: string;
  files: ModelFile[];
}

/** All that a browser needs to find speech, and to recognise it. */
export interface WebModels {
  models: WebModel[];
}

/** Told on `/user` as `event`; ignore types that you don't know. */
export type AnyEvent =
  | MicrophoneChanged
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
  | RecogniserChanged;

/** What an acknowledgement holds: the answer, or why nothing was done. */
export type Answered<Answer> = Answer | { error: Refusal };

/** What a client sends, and how it is answered. */
export interface ClientMessages {
  "/audio": {
    open_recording: { message: OpenRecording; answer: RecordingOpened };
    audio_chunk: { message: AudioChunk; answer: ChunkStored };
    control_recording: { message: ControlRecording; answer: Done };
    transcript: { message: BrowserTranscript; answer: Done };
  };
  "/video": {
    video_context: { message: VideoContext; answer: VideoOpened };
    report_playback: { message: ReportPlayback; answer: Done };
    video_frame: { message: VideoFrame; answer: FrameTaken };
  };
  "/user": {
    control_turn: { message: ControlTurn; answer: Done };
    report_health: { message: ClientHealth; answer: Done };
    ask_since: { message: AskSince; answer: EventsSince };
  };
}

/** What the server tells by itself. */
export interface ServerMessages {
  "/audio": {
    audio_gap: AudioGap;
    refused: Refusal;
  };
  "/video": {
    refused: Refusal;
  };
  "/user": {
    missed: MissedEvents;
    refused: Refusal;
    event: AnyEvent;
  };
}
