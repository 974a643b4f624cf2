/**
 * Pictures of what is spoken about: one as somebody begins to speak, and one of the moment of the note if the player
 * stands there. They wait in memory, a few at most, until nobody speaks and nothing is being understood. None is taken
 * unless the reviewer allowed it, and one that is lost costs nothing that was said.
 */
import type { Connection } from "lossy/connection.js";
import { fromBase64 } from "../shared/base64.ts";
import type { Picture } from "../shared/messages.ts";
import type { AnyEvent, FrameTaken } from "../shared/wire.ts";
import type { Choices } from "./choices.ts";
import { distance, lookAt } from "./picture_hash.ts";
import type { Videos } from "./videos.ts";
import { tellWorker } from "./worker.ts";

const APART_MS = 1_000;
const NEAR_SECONDS = 1;
const ALIKE_BITS = 4;
const MOST_WAITING = 10;
const MAX_BYTES = 512 * 1024;
const QUIET_MS = 2_000;

interface Waiting {
  session: string;
  position: number;
  captured_at: number;
  webp: Uint8Array<ArrayBuffer>;
}

/** What was taken in a session. */
interface Taken {
  at: number;
  positions: number[];
  hashes: boolean[][];
  isFull: boolean;
}

export class Frames {
  #sessions = new Map<string, Taken>();
  #waiting: Waiting[] = [];
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | null = null;

  /** `isSpokenAbout` tells whether this browser's microphone is open for a session. */
  constructor(
    private readonly connection: Connection,
    private readonly videos: Videos,
    private readonly choices: Choices,
    private readonly readChoices: () => Promise<void>,
    private readonly isSpokenAbout: (session: string) => boolean,
    /** One was given up for newer ones. */
    private readonly dropped: () => void,
  ) {
    connection.receive(({ event, body }: { event: string; body: AnyEvent }) => event === "event" && this.#hear(body));
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace === "/video" && connected) this.#sendWhenQuiet();
    });
  }

  #hear(event: AnyEvent): void {
    const { session_id: session } = event;
    if (!session || !this.isSpokenAbout(session)) return;
    if (event.type === "microphone_changed" && event.state === "open") void this.readChoices();
    if (event.type === "speech_heard" && event.edge === "began") void this.take(session);
    if (event.type === "note_changed" && event.note.status === "ghost")
      void this.take(session, event.note.start_seconds);
    if (["speech_heard", "asr_partial", "asr_final", "note_changed"].includes(event.type)) this.#sendWhenQuiet();
  }

  /** Take a picture of what is shown now; with `at`, only if none of that second is there and the player stands there. */
  async take(session: string, at: number | null = null): Promise<void> {
    const tab = this.videos.tabOf(session);
    if (!this.choices.keepFrames || tab === null) return;
    const taken = this.#of(session);
    if (taken.isFull) return;
    if (at === null && performance.now() - taken.at < APART_MS) return;
    if (at !== null && taken.positions.some((position) => Math.abs(position - at) <= NEAR_SECONDS)) return;
    taken.at = performance.now();
    const answer = await tellWorker({ to: "worker", type: "grab_frame", tab, at });
    if ("refused" in answer) return tell(answer.refused.message);
    if ("none" in answer) return tell(answer.none);
    await this.#keep(session, answer);
  }

  async #keep(session: string, { webp: text, position, captured_at }: Picture): Promise<void> {
    const taken = this.#of(session);
    const webp = fromBase64(text);
    if (webp.length > MAX_BYTES) return tell("it is too large");
    const { hash, isBlack } = await lookAt(webp);
    taken.positions.push(position);
    if (isBlack) return tell("the video shows only black, as protected ones do");
    if (taken.hashes.some((other) => distance(hash, other) <= ALIKE_BITS)) return;
    taken.hashes.push(hash);
    this.#waiting.push({ session, position, captured_at, webp });
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.dropped();
    }
    this.#sendWhenQuiet();
  }

  #of(session: string): Taken {
    const known = this.#sessions.get(session) ?? { at: -APART_MS, positions: [], hashes: [], isFull: false };
    this.#sessions.set(session, known);
    return known;
  }

  #sendWhenQuiet(): void {
    clearTimeout(this.#quiet);
    if (this.#waiting.length) this.#quiet = setTimeout(() => void this.#send(), QUIET_MS);
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (!this.choices.keepFrames) this.#waiting.length = 0;
      if (!this.choices.keepFrames) return;
      const { webp, ...frame } = next;
      const problem = await this.#sendOne(frame, webp);
      if (problem === "offline") return; // the next connection sends it
      if (problem === "too_many") return this.#sendWhenQuiet();
      if (this.#waiting[0] === next) this.#waiting.shift();
      if (problem === "not_allowed") await this.readChoices();
    }
  }

  /** Gives what kept it from being taken, if anything did. */
  async #sendOne(frame: Omit<Waiting, "webp">, webp: Uint8Array): Promise<string | null> {
    try {
      const { room }: FrameTaken = await this.connection.request("/video", "video_frame", frame, webp);
      this.#of(frame.session).isFull = room === 0;
      return null;
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      if (code !== "offline" && code !== "too_many") tell(message);
      return code;
    }
  }
}

/** Nobody who speaks is to be disturbed for a picture; whoever looks into it finds the reason. */
const tell = (reason: string): void => console.info(`Lossy took no picture: ${reason}.`);
