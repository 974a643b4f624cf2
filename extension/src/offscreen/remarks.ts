/**
 * Finished remarks on their way to the server: each is kept, on disk too, until the server has it for good, over lost
 * connections, and goes into another recording if its own was over meanwhile. Where no server is there, the recording
 * ends without it, and its remarks are left to the outbox. What is only shown, partial words, may get lost.
 */
import type { Connection } from "lossy/connection.js";
import type { BrowserTranscript, ControlRecording, OpenRecording, RecordingOpened } from "../shared/wire.ts";

const SLOWER_MS = 500;
/** A connection that is away for longer is not waited for. */
const AWAY_MS = 3_000;
/** Refusals that pass by themselves. */
const PASSING = new Set(["too_many", "unavailable"]);

export type Words = Omit<BrowserTranscript, "recording">;
/** Without a session there is no server that knows the video. */
type About = Pick<OpenRecording, "player" | "mode"> & { session: string | null };
type Action = ControlRecording["action"];

export interface Told {
  /** The server ended the recording, and nothing is left to send. */
  over: () => void;
  refused: (error: Error) => void;
  /** All is sent, and the recording ended as was asked. */
  ended: () => void;
}

/** Where finished remarks are kept until the server has them. */
export interface Keeping {
  /** Keep one under an id that is given to it; `inHand` while it is sent from here. */
  keep: (id: string, remark: Words, recording: string, inHand: boolean) => Promise<void>;
  had: (id: string) => void;
  /** These are not sent from here any more. */
  letGo: (ids: string[]) => void;
}

interface Finished {
  id: string;
  words: Words;
}

export class Remarks {
  id: string | null = null;
  #request: OpenRecording | null = null;
  #mode: OpenRecording["mode"] = "one_note";
  /** Recordings that the server may still hold open. */
  #abandoned: string[] = [];
  #awayTimer: ReturnType<typeof setTimeout> | undefined;
  #isOpened = false;
  #isSending = false;
  #finished: Finished[] = [];
  #ending: Action | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly keeping: Keeping,
    private readonly told: Told,
  ) {
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace !== "/audio") return;
      this.#isOpened = false;
      if (connected) void this.#cameBack();
      else this.#wentAway();
    });
  }

  get isEmpty(): boolean {
    return this.#finished.length === 0;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  async begin({ session, player, mode }: About): Promise<void> {
    const recording = newId();
    [this.id, this.#finished, this.#ending, this.#isOpened, this.#mode] = [recording, [], null, false, mode];
    this.#request = session
      ? { session, player, mode, recording, sample_rate: 16_000, recognised_by: "browser" }
      : null;
    if (this.#request) await this.#announce();
  }

  /** Take a remark whose words are final: from here on it is kept until the server has it. */
  handOver(words: Words): void {
    const [id, recording] = [newId(), this.id];
    if (!recording) return;
    const keeping = this.keeping.keep(id, words, recording, this.#request !== null);
    keeping.catch((error: Error) => this.told.refused(error));
    if (this.#request) {
      this.#finished.push({ id, words });
      if (!this.connection.connected("/audio")) this.#wentAway();
      void this.#send();
    } else if (this.#mode === "one_note") this.#leave();
  }

  /** Show words of a remark that goes on. */
  show(words: Words): void {
    if (!this.#isOpened || !this.isEmpty || !this.id) return;
    this.connection.request("/audio", "transcript", { recording: this.id, ...words }).catch(() => null);
  }

  async control(action: Action): Promise<void> {
    if (!this.#request) return; // there is nobody to be told
    const body = { recording: this.id, action };
    await this.connection.request("/audio", "control_recording", body);
  }

  /** End the recording once all is sent; cancelled, nothing more is. */
  async end(action: Action): Promise<void> {
    if (action === "cancel") {
      for (const { id } of this.#finished) this.keeping.had(id);
      this.#finished = [];
    }
    if (!this.#request) return this.#leave();
    this.#ending = action;
    if (!this.connection.connected("/audio")) this.#wentAway();
    await this.#send();
  }

  forget(): void {
    clearTimeout(this.#awayTimer);
    this.keeping.letGo(this.#finished.map(({ id }) => id));
    [this.id, this.#request, this.#finished, this.#ending, this.#isOpened] = [null, null, [], null, false];
  }

  /** What is finished waits on disk, and the reviewer may speak again. */
  #leave(): void {
    if (this.id && this.#request) this.#abandoned.push(this.id);
    this.forget();
    this.told.ended();
  }

  /** A remark that is all there is to say does not wait for a server that is not there. */
  #wentAway(): void {
    clearTimeout(this.#awayTimer);
    this.#awayTimer = setTimeout(() => {
      const isOver = this.#ending !== null || (this.#mode === "one_note" && this.#finished.length > 0);
      if (this.id && isOver && !this.connection.connected("/audio")) this.#leave();
    }, AWAY_MS);
  }

  async #cameBack(): Promise<void> {
    clearTimeout(this.#awayTimer);
    for (const recording of this.#abandoned.splice(0))
      await this.connection
        .request("/audio", "control_recording", { recording, action: "device_lost" })
        .catch(() => null);
    if (this.id && this.#request) await this.#announce();
  }

  async #announce(): Promise<void> {
    const { id } = this;
    try {
      const answer: RecordingOpened = await this.connection.request("/audio", "open_recording", this.#request);
      if (this.id !== id) return;
      if (answer.closed) return await this.#goOnAfterEnd();
      this.#isOpened = true;
      await this.#send();
    } catch (error) {
      this.#failed(id, error as Error & { code?: string }, () => this.#announce());
    }
  }

  async #send(): Promise<void> {
    const { id } = this;
    if (!this.#isOpened || this.#isSending) return;
    this.#isSending = true;
    try {
      for (let next = this.#finished[0]; next; next = this.#finished[0]) {
        await this.connection.request("/audio", "transcript", { recording: id, ...next.words });
        this.keeping.had(next.id);
        if (this.id !== id) return;
        if (this.#finished[0] === next) this.#finished.shift();
      }
      if (!this.#ending) return;
      await this.control(this.#ending);
      if (this.id !== id) return;
      this.forget();
      this.told.ended();
    } catch (error) {
      this.#failed(id, error as Error & { code?: string }, () => this.#send());
    } finally {
      this.#isSending = false;
    }
  }

  #failed(id: string | null, error: Error & { code?: string }, again: () => Promise<void>): void {
    if (this.id !== id || error.code === "offline") return;
    if (PASSING.has(error.code ?? "")) setTimeout(() => this.id === id && void again(), SLOWER_MS);
    else if (error.code === "conflict") void this.#goOnAfterEnd();
    else this.told.refused(error);
  }

  /** The recording is over on the server: what it never got goes into another one. */
  async #goOnAfterEnd(): Promise<void> {
    this.#isOpened = false;
    const mayGoOn = this.#request?.mode === "hands_free" && !this.#ending;
    if (!this.#request || (this.isEmpty && !mayGoOn)) {
      this.forget();
      return this.told.over();
    }
    this.#request = { ...this.#request, recording: newId() };
    this.id = this.#request.recording;
    if (!mayGoOn) this.#ending ??= "stop";
    await this.#announce();
  }
}

const newId = () => crypto.randomUUID().replaceAll("-", "");
