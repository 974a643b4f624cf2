/**
 * The short list of what a shell (a page of the extension) and the page of ours in its frame say to each other by
 * postMessage. Both check source, exact origin and shape; whatever is not on these lists is dropped.
 */
import type { Microphone, Mode } from "./messages.ts";

/** Which video the frame is to show, or why there is none. */
export type Shown =
  | { video: string; title: string }
  | { video: null; why: "none" | "not_allowed" | "closed" | "opening"; title: string; problem: string | null };

export type ToFrame =
  | { type: "ticket"; ticket: string }
  | { type: "ticket_refused"; message: string }
  | { type: "shown"; shown: Shown }
  | { type: "microphone"; microphone: Pick<Microphone, "state" | "problem" | "mode"> & { here: boolean } }
  | { type: "level"; level: number }
  /** Bring a note into sight. */
  | { type: "show_note"; note: string }
  | { type: "playback"; position: number; rate: number; playing: boolean; duration: number };

export type FromFrame =
  | { type: "hello" }
  | { type: "ask_ticket" }
  | { type: "signed_out" }
  | { type: "press"; mode: Mode }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "seek"; position: number }
  | { type: "open"; what: "panel" | "dashboard" | "options" | "permission" }
  | { type: "look_here" };

const SHAPES: Record<FromFrame["type"], Record<string, (value: unknown) => boolean>> = {
  hello: {},
  ask_ticket: {},
  signed_out: {},
  press: { mode: (value) => value === "one_note" || value === "hands_free" },
  pause: {},
  resume: {},
  seek: { position: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0 && value <= 1e7 },
  open: { what: (value) => ["panel", "dashboard", "options", "permission"].includes(value as string) },
  look_here: {},
};

/** Give a command of the frame if it is one, with nothing besides; else null. */
export function readFromFrame(data: unknown): FromFrame | null {
  if (typeof data !== "object" || data === null) return null;
  const { type, ...rest } = data as Record<string, unknown>;
  const shape = typeof type === "string" && Object.hasOwn(SHAPES, type) ? SHAPES[type as FromFrame["type"]] : null;
  if (!shape || Object.keys(rest).length !== Object.keys(shape).length) return null;
  return Object.entries(shape).every(([name, fits]) => fits(rest[name])) ? (data as FromFrame) : null;
}
