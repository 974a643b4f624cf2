/**
 * Every message inside the extension, by direction. `to` names who acts on it; all others let it pass. Pages of the
 * extension ask the worker, never the offscreen document: the worker makes that first if it is gone.
 */
import type { Recognition } from "../hearing/speech_model.ts";
import type {
  Category,
  MicrophoneState,
  NoteStatus,
  Playback,
  PlayerSteered,
  Topic,
  TurnAction,
  VideoContext,
} from "./wire.ts";

/** What the reviewer sees of the microphone; `tab` is the one that the words belong to. */
export interface Microphone {
  state: MicrophoneState;
  tab: number | null;
  problem: string | null;
  mode: Mode;
  /** The recording that is open, so that it can be ended if the offscreen document is gone. */
  recording: string | null;
}

export type Mode = "one_note" | "hands_free";

/** A tab's main video. `video` and `session` are known once the server has been told. */
export interface TabVideo {
  context: VideoContext;
  player: string;
  video: string | null;
  session: string | null;
  title: string;
  problem: string | null;
  /** What is loaded in the frame that it is in. */
  document: string;
}

/** A frame's main video, as that frame tells it: a tab may have several of which one is spoken about. */
export interface FrameVideo {
  frame: number;
  document: string;
  player: string;
  /** The frame's address as it tells it, and the video's as the server is told it. */
  address: string;
  context: VideoContext;
  score: number;
}

/** How the extension stands with the server. */
export interface Account {
  server: string;
  email: string | null;
}

/** All that a panel or popup of one window shows by itself. */
export interface Standing extends Account {
  tab: number | null;
  /** Null where no video was found. */
  video: TabVideo | null;
  /** How many remarks wait in this browser for the server, and whether more can be understood without it. */
  waiting: number;
  alone: boolean;
  /** Whether Lossy may look at the page; `never` where it may look everywhere and the browser keeps it out. */
  reachable: "yes" | "no" | "never";
  microphone: Microphone;
}

/** A tab's video as the offscreen document is told of it; the last one told is in front of the reviewer. */
export interface OpenVideo {
  tab: number;
  context: VideoContext;
  player: string;
  session: string | null;
}

/** What a new offscreen document begins with; null while nobody is signed in. */
export interface Credentials {
  server: string;
  token: string;
  email: string;
  device: string | null;
  videos: OpenVideo[];
  /** A recording that an earlier document left open. */
  interrupted: string | null;
}

/** What the overlays show of a note; times in seconds. */
export interface OverlayNote {
  id: string;
  /** The turn that it came from, while somebody may keep or scratch it. */
  turn: string | null;
  start: number;
  end: number | null;
  category: Category;
  text: string;
  confidence: number;
  status: NoteStatus;
}

/** What is different in a video's overlays; `reset` are all its notes, in place of those before. */
export interface OverlayChange {
  reset?: OverlayNote[];
  put?: OverlayNote[];
  drop?: string[];
  /** What somebody seems to talk about. */
  topic?: Topic;
  /** Whether what was said is being made a note. */
  thinking?: boolean;
}

/** From a frame with a video. The sender's tab and document say which; open panels overhear `playback`. */
export type FromContent =
  | { to: "worker"; type: "video_found"; context: VideoContext; player: string; score: number }
  | { to: "worker"; type: "video_gone" }
  | { to: "worker"; type: "decide_note"; turn: string; action: Extract<TurnAction, "confirm" | "cancel"> }
  | { to: "worker"; type: "show_note"; note: string }
  /** A note that was typed; `position` in seconds. */
  | { to: "worker"; type: "typed"; text: string; position: number }
  | { to: "worker"; type: "playback"; url: string; reports: Playback[] };

/** From panel, popup and options. */
export type FromPages =
  | { to: "worker"; type: "ask_standing"; window: number }
  | { to: "worker"; type: "ask_ticket" }
  | { to: "worker"; type: "press"; window: number; mode: Mode }
  | { to: "worker"; type: "pause" }
  | { to: "worker"; type: "resume" }
  | { to: "worker"; type: "seek"; window: number; position: number }
  | { to: "worker"; type: "look_here"; window: number }
  | { to: "worker"; type: "ask_recognition" }
  | Leaving
  | { to: "worker"; type: "change_device"; device: string | null }
  | { to: "worker"; type: "choices_changed" };

/** What would leave words behind that are not sent yet: refused as `unsent` unless the person gives them up. */
export type Leaving = { to: "worker"; anyway?: boolean } & (
  | ({ type: "signed_in" } & SignedIn)
  | { type: "sign_out" }
  | { type: "change_server"; server: string }
);

export interface SignedIn {
  server: string;
  token: string;
  email: string;
}

/** What a player is to do; `position` in seconds, of a seek. */
export type Steering = Pick<PlayerSteered, "action" | "position">;

/** Somebody began to speak about a tab's video, or ended, as this browser itself hears it. */
export interface SpeechEdge {
  edge: "began" | "ended";
}

/** A picture of a video, WebP in base64. */
export interface Picture {
  /** The second of the video that it shows. */
  position: number;
  /** Wall clock, in seconds. */
  captured_at: number;
  webp: string;
}

/** Where something stands in its frame's window, in the page's pixels; the frame itself is so deep in the tab. */
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
  window: { width: number; height: number };
  depth: number;
  /** Pixels of the screen for one of the page. */
  pixelRatio: number;
}

/** What a page gives for a picture: it, or where it stands if its site lets nobody read it; or why there is none. */
export type Grabbed = Picture | (Omit<Picture, "webp"> & { place: Place }) | { none: string };

/** From the offscreen document to the worker; open pages overhear `microphone`. */
export type FromOffscreen =
  | { to: "worker"; type: "ask_credentials" }
  | { to: "worker"; type: "video_opened"; tab: number; player: string; video: string; session: string; title: string }
  | { to: "worker"; type: "video_refused"; tab: number; player: string; message: string }
  | ({ to: "worker"; type: "steer_player"; player: string } & Steering)
  | { to: "worker"; type: "overlay"; tab: number; change: OverlayChange }
  | { to: "worker"; type: "token_refused"; token: string }
  | { to: "worker"; type: "online"; online: boolean }
  /** How many remarks wait on disk for the server, and whether more can be understood without it. */
  | { to: "worker"; type: "kept"; waiting: number; alone: boolean }
  | ({ to: "worker"; type: "speech"; tab: number } & SpeechEdge)
  /** Take a picture of a tab's video; with `at`, only if its player stands at that second. */
  | { to: "worker"; type: "grab_frame"; tab: number; at: number | null }
  | { to: "worker"; type: "microphone"; microphone: Microphone; pauses: boolean };

/** To the offscreen document, from the worker. */
export type ToOffscreen =
  | { to: "offscreen"; type: "choose_device"; device: string | null }
  | { to: "offscreen"; type: "open_video"; video: OpenVideo }
  /** `left` when the reviewer went away from it, and not only its page took it away. */
  | { to: "offscreen"; type: "close_video"; tab: number; left: boolean }
  | { to: "offscreen"; type: "playback"; tab: number; url: string; reports: Playback[] }
  /** End listening, and say `problem` if something that was said stays here. */
  | { to: "offscreen"; type: "finish"; problem: string }
  | ({ to: "offscreen"; type: "sign_in_again" } & SignedIn)
  | { to: "offscreen"; type: "press"; tab: number; mode: Mode }
  | { to: "offscreen"; type: "cancel_last"; tab: number }
  /** The account's choices are others now. */
  | { to: "offscreen"; type: "choices_changed" }
  | { to: "offscreen"; type: "ask_recognition" }
  | { to: "offscreen"; type: "typed"; tab: number; text: string; position: number }
  | { to: "offscreen"; type: "decide_note"; tab: number; turn: string; action: "confirm" | "cancel" }
  | { to: "offscreen"; type: "pause" }
  | { to: "offscreen"; type: "resume" };

/** To the content script of a tab. */
export type ToContent =
  | { to: "content"; type: "microphone"; microphone: Microphone; pauses: boolean }
  | ({ to: "content"; type: "steer" } & Steering)
  | ({ to: "content"; type: "speech" } & SpeechEdge)
  | { to: "content"; type: "overlay"; change: OverlayChange }
  /** Let the reviewer type a note for this moment. */
  | { to: "content"; type: "ask_note" }
  /** Whether the tab's words are about this frame's video. */
  | { to: "content"; type: "chosen"; chosen: boolean }
  | { to: "content"; type: "find_video" }
  | { to: "content"; type: "grab_frame"; at: number | null }
  /** What Lossy draws may be shown again. */
  | { to: "content"; type: "picture_taken" }
  /** Where the one frame of this size stands in the page. */
  | { to: "content"; type: "find_frame"; width: number; height: number };

/** To every open panel and popup: something of what they show is different, or how loud it is now. */
export type ToPages =
  | { to: "pages"; type: "standing_changed" }
  | { to: "pages"; type: "show_note"; tab: number; note: string }
  | { to: "pages"; type: "level"; level: number }
  | { to: "pages"; type: "recognition"; recognition: Recognition };

export type Message = FromContent | FromPages | FromOffscreen | ToOffscreen | ToContent | ToPages;

/** What each question is answered with; all others with null. A refusal is an answer too. */
export interface Answers {
  video_found: { chosen: boolean } | { ignored: true } | Refused | null;
  ask_standing: Standing;
  ask_ticket: { ticket: string } | Refused;
  ask_recognition: Recognition | Refused;
  ask_credentials: Credentials | null;
  finish: { unsent: boolean } | Refused;
  grab_frame: Picture | { none: string } | Refused;
  sign_in_again: { taken: boolean } | Refused;
}

export type AnswerOf<M extends Message> = M["type"] extends keyof Answers ? Answers[M["type"]] : null | Refused;

export interface Refused {
  refused: { code: string; message: string };
}
