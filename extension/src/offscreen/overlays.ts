/** Tells each tab's page what its overlays show: the video's notes, and what becomes of what is being said. */
import type { Connection } from "lossy/connection.js";
import type { OverlayChange, OverlayNote } from "../shared/messages.ts";
import type { AnyEvent, Note, Topic, TurnState } from "../shared/wire.ts";
import type { Videos } from "./videos.ts";
import { tellWorker } from "./worker.ts";

const THINKING = new Set<TurnState>(["transcribing", "structuring", "retrying"]);
const MOST_NOTES = 500;
const OVER = new Set(["cancelled", "archived"]);

export class Overlays {
  /** The turns of each session that are being made notes. */
  #thinking = new Map<string, Set<string>>();
  #topics = new Map<string, Topic>();

  constructor(
    connection: Connection,
    private readonly videos: Videos,
  ) {
    videos.onEntered((tab, { notes }) => {
      const reset = notes.filter(({ status }) => !OVER.has(status)).slice(0, MOST_NOTES);
      this.#tell(tab, { reset: reset.map(overlayNote), thinking: false });
    });
    connection.receive(({ event, body }: { event: string; body: AnyEvent }) => {
      if (event === "event") this.#hear(body);
    });
  }

  #hear(event: AnyEvent): void {
    if (event.type === "note_changed") this.#tellVideo(event.video_id, { put: [overlayNote(event.note)] });
    else if (event.type === "note_removed") this.#tellVideo(event.video_id, { drop: [event.note_id] });
    else if (event.type === "asr_partial") this.#hearTopic(event.session_id, event.turn_id, event.topic);
    else if (event.type === "turn_changed") this.#hearTurn(event.session_id, event.turn_id, event.state);
  }

  #hearTopic(session: string | null, turn: string, topic: Topic | null): void {
    if (!session || !topic || this.#topics.get(turn) === topic) return;
    this.#topics.set(turn, topic);
    this.#tellSession(session, { topic });
  }

  #hearTurn(session: string | null, turn: string, state: TurnState): void {
    if (!session) return;
    const thinking = this.#thinking.get(session) ?? new Set();
    const before = thinking.size > 0;
    if (THINKING.has(state)) thinking.add(turn);
    else thinking.delete(turn);
    this.#thinking.set(session, thinking);
    if (state === "idle") this.#topics.delete(turn);
    if (before !== thinking.size > 0) this.#tellSession(session, { thinking: thinking.size > 0 });
  }

  #tellVideo(video: string | null, change: OverlayChange): void {
    for (const tab of this.videos.tabsOf((open) => open.video === video)) this.#tell(tab, change);
  }

  #tellSession(session: string, change: OverlayChange): void {
    for (const tab of this.videos.tabsOf((open) => open.session === session)) this.#tell(tab, change);
  }

  #tell(tab: number, change: OverlayChange): void {
    void tellWorker({ to: "worker", type: "overlay", tab, change });
  }
}

function overlayNote({
  id,
  turn_id,
  start_seconds,
  end_seconds,
  category,
  text,
  confidence,
  status,
}: Note): OverlayNote {
  return { id, turn: turn_id, start: start_seconds, end: end_seconds, category, text, confidence, status };
}
