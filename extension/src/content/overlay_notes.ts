/** What is known of the video's notes, and which of them are shown how: pure, told by changes. */
import type { OverlayChange, OverlayNote } from "../shared/messages.ts";

const SHOWN = new Set(["firmed", "pending_post", "posting", "posted", "failed", "needs_login", "unknown"]);
const FAINTEST = 0.55;
const MOST_GHOSTS = 3;

export class OverlayNotes {
  #notes = new Map<string, OverlayNote>();

  /** Take a change; tells whether a note was just kept. */
  take({ reset, put = [], drop = [] }: OverlayChange): { kept: boolean } {
    if (reset) this.#notes = new Map(reset.map((note) => [note.id, note]));
    let kept = false;
    for (const note of put) {
      kept ||= this.#notes.get(note.id)?.status === "ghost" && SHOWN.has(note.status);
      if (note.status === "cancelled" || note.status === "archived") this.#notes.delete(note.id);
      else this.#notes.set(note.id, note);
    }
    for (const id of drop) this.#notes.delete(id);
    return { kept };
  }

  clear(): void {
    this.#notes.clear();
  }

  get(id: string): OverlayNote | undefined {
    return this.#notes.get(id);
  }

  /** Those that their author may still scratch, the newest last. */
  get ghosts(): OverlayNote[] {
    return [...this.#notes.values()].filter(({ status }) => status === "ghost").slice(-MOST_GHOSTS);
  }

  /** Those that have a place on the time line, in its order. */
  get marks(): OverlayNote[] {
    return [...this.#notes.values()].filter(({ status }) => SHOWN.has(status)).sort((a, b) => a.start - b.start);
  }

  get isEmpty(): boolean {
    return this.#notes.size === 0;
  }
}

/** How much of a ghost is seen, from how sure Lossy is of it. */
export const opacityOf = ({ confidence }: OverlayNote): number => FAINTEST + (1 - FAINTEST) * confidence;

/** Where a moment stands on a bar: from 0, its beginning, to 1; null where there is no such place. */
export function placeOn(seconds: number, duration: number): number | null {
  return Number.isFinite(duration) && duration > 0 && seconds >= 0 && seconds <= duration ? seconds / duration : null;
}
