/**
 * Finished remarks on their way to the server: each is kept until the server has it for good, over lost connections, and
 * goes into another recording if its own was over meanwhile. What is only shown, partial words, may get lost.
 */
import type { Connection } from "lossy/connection.js";
import type { BrowserTranscript, ControlRecording, OpenRecording, RecordingOpened } from "../shared/wire.ts";

const SLOWER_MS = 500;
/** Refusals that pass by themselves. */
const PASSING = new Set(["too_many", "unavailable"]);

export type Words = Omit<BrowserTranscript, "recording">;
type About = Pick<OpenRecording, "session" | "player" | "mode">;
type Action = ControlRecording["action"];

export interface Told {
  /** The server ended the recording, and nothing is left to send. */
  over: () => void;
  refused: (error: Error) => void;
  /** All is sent, and the recording ended as was asked. */
  ended: () => void;
}

export class Remarks {
  id: string | null = null;
  #request: OpenRecording | null = null;
  #isOpened = false;
  #isSending = false;
  #finished: Words[] = [];
  #ending: Action | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly told: Told,
  ) {
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace !== "/audio" || !this.id) return;
      this.#isOpened = false;
      if (connected) void this.#announce();
    });
  }

  get isEmpty(): boolean {
    return this.#finished.length === 0;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  begin(about: About): Promise<void> {
    this.#request = { ...about, recording: newId(), sample_rate: 16_000, recognised_by: "browser" };
    [this.id, this.#finished, this.#ending, this.#isOpened] = [this.#request.recording, [], null, false];
    return this.#announce();
  }

  /** Take a remark whose words are final: from here on it is kept until the server has it. */
  handOver(remark: Words): void {
    this.#finished.push(remark);
    void this.#send();
  }

  /** Show words of a remark that goes on. */
  show(words: Words): void {
    if (!this.#isOpened || !this.isEmpty || !this.id) return;
    this.connection.request("/audio", "transcript", { recording: this.id, ...words }).catch(() => null);
  }

  async control(action: Action): Promise<void> {
    const body = { recording: this.id, action };
    await this.connection.request("/audio", "control_recording", body);
  }

  /** End the recording once all is sent; cancelled, nothing more is. */
  async end(action: Action): Promise<void> {
    if (action === "cancel") this.#finished = [];
    this.#ending = action;
    await this.#send();
  }

  forget(): void {
    [this.id, this.#request, this.#finished, this.#ending, this.#isOpened] = [null, null, [], null, false];
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
        await this.connection.request("/audio", "transcript", { recording: id, ...next });
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
