/**
 * A recording whose words are recognised here: no audio leaves the browser. To those who use it, it is as the recorder
 * is. Silero finds each remark on the tape, Whisper makes words of it, and `remarks` keeps them until the server has them.
 */
import type { Connection } from "lossy/connection.js";
import { Emitter } from "lossy/emitter.js";
import { Agreement } from "../hearing/agreement.ts";
import type { Ears } from "../hearing/ears.ts";
import { type Edge, Gate, SENSITIVITIES, type Sensitivity } from "../hearing/gate.ts";
import type { Heard } from "../hearing/messages.ts";
import type { SpeechModel } from "../hearing/speech_model.ts";
import { Tape } from "../hearing/tape.ts";
import type { Mode } from "../shared/messages.ts";
import type { MicrophoneState } from "../shared/wire.ts";
import { type Held, hold } from "./held.ts";
import { type Keeping, Remarks, type Words } from "./remarks.ts";
import { Line, type OpenSource, type Source } from "./source.ts";

const SHORTEST_HOP_MS = 500;
const LONGEST_TEXT = 5000;
/** Forced ends in a row after which it is no speech, but something that sounds like it. */
const STUCK_TIMES = 3;
const STUCK = "Something has sounded like speech for minutes, so the microphone was switched off.";
/** As long as a recording may be, less what is being said at its end. */
const LONGEST_SAMPLES = (4 * 60 - 2) * 60 * 16_000;
const LONGEST = "The microphone was on for four hours, so it was switched off. Press it to go on.";
const LOST = "The microphone went away. What you said until then is kept.";
const now = () => Date.now() / 1000;

/** Speech that was found on the tape and is not words yet. */
interface Take {
  onset: number;
  start: number;
  capturedAt: number;
  /** Null while it is being spoken. */
  end: number | null;
  agreement: Agreement;
}

interface Hopes {
  spoke: (edge: Edge["edge"]) => void;
  /** Whether what can't be recognised here may go to the server… */
  mayFallBack: () => boolean;
  /** …which then takes over with the microphone, if that is still open. */
  fallBack: (held: Held, about: About) => Promise<void>;
}
export interface About {
  /** None where no server could be asked yet. */
  session: string | null;
  player: string;
  mode: Mode;
}

export class Dictation extends Emitter {
  state: MicrophoneState = "off";
  problem: string | null = null;
  level = 0;
  sensitivity: Sensitivity = SENSITIVITIES.quiet;
  #about: About | null = null;
  #line: Line | null = null;
  #source: Source | null = null;
  #tape = new Tape();
  #gate = new Gate(this.sensitivity);
  #takes: Take[] = [];
  #remarks: Remarks;
  #isDecoding = false;
  #hasGivenUp = false;
  #ending: "stop" | "device_lost" | null = null;
  #partialDueAt = 0;
  #stuckTimes = 0;
  #closed: (() => void)[] = [];

  constructor(
    connection: Connection,
    private readonly ears: Ears,
    private readonly model: SpeechModel,
    keeping: Keeping,
    private readonly hopes: Hopes,
  ) {
    super();
    this.#remarks = new Remarks(connection, keeping, {
      over: () => this.#close("off", this.problem),
      refused: ({ message }) => this.#close("off", message),
      ended: () => this.#close("off", this.problem),
    });
  }

  get id(): string | null {
    return this.#remarks.id;
  }

  /** Whether this browser could not do it, and what was said waits for another try. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp && this.id !== null;
  }

  /** Whether there are words here that are nowhere else. */
  get holdsWords(): boolean {
    return this.#takes.length > 0 || !this.#remarks.isEmpty;
  }

  async open({ openSource, ...about }: About & { openSource: OpenSource }): Promise<void> {
    if (this.id) return;
    [this.#about, this.#takes, this.#tape, this.#gate] = [about, [], new Tape(), new Gate(this.sensitivity)];
    [this.#ending, this.#hasGivenUp, this.#stuckTimes] = [null, false, 0];
    const announced = this.#remarks.begin(about);
    const { id } = this;
    this.#move("opening");
    this.ears.begin({ heard: (probability) => this.#heard(probability), broken: (error) => void this.#giveUp(error) });
    this.model.reset();
    this.model.warmUp().catch(() => null);
    const line = new Line(
      (pcm, level, endedAt) => this.#take(pcm, level, endedAt),
      () => void this.#lost(),
    );
    try {
      const source = await openSource({ onBlock: line.onBlock, onLost: line.onLost });
      if (this.id !== id || this.state !== "opening") return source.close();
      [this.#line, this.#source] = [line, source];
      this.#move("open");
      await announced;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      await announced.then(() => this.#remarks.control("cancel")).catch(() => null);
      this.#remarks.forget();
      this.#close(code === "blocked" ? "blocked" : "off", message);
    }
  }

  stop = (): Promise<void> => this.#end("stop");

  async pause(): Promise<void> {
    if (this.state !== "open") return;
    this.#source?.pause();
    this.#move("paused");
    await this.#remarks.control("pause").catch((error) => this.#say(error.message));
  }

  async resume(): Promise<void> {
    if (this.state !== "paused") return;
    this.#tape.forgetClock();
    this.#source?.resume();
    this.#move("open");
    await this.#remarks.control("resume").catch((error) => this.#say(error.message));
  }

  /** The server closed the microphone: the note is done, or the reviewer said so. */
  follow(state: string | undefined, recording: string | undefined): void {
    if (!this.id || recording !== this.id || !this.#remarks.isOpened || state !== "off") return;
    if (this.#hasGivenUp && this.#takes.length) return; // they go into another recording, once they are words
    this.#close("off", this.problem);
  }

  /** Take up what was given up: the model may load now, or the server be allowed. */
  async tryAgain(): Promise<void> {
    if (!this.#hasGivenUp) return;
    [this.#hasGivenUp, this.problem] = [false, null];
    this.model.reset();
    if (this.hopes.mayFallBack()) await this.#giveUp(new Error());
    else await this.#decode();
  }

  leave(): void {
    if (this.state !== "off") this.#remarks.control("device_lost").catch(() => null);
  }

  #take(pcm: Int16Array, level: number, endedAt = now()): void {
    if (this.state === "paused") return;
    this.#tape.take(pcm, endedAt);
    this.ears.take(pcm);
    this.level = level;
    this.tell(this.state);
    if (this.#tape.length < LONGEST_SAMPLES) return;
    this.problem = LONGEST;
    void this.stop();
  }

  #heard(probability: number): void {
    const edge = this.#gate.hear(probability);
    if (edge) this.#notice(edge);
    else void this.#showWords();
    this.#tape.forget(Math.min(this.#gate.firstNeeded, this.#takes[0]?.start ?? this.#tape.length));
  }

  #notice(edge: Edge): void {
    this.hopes.spoke(edge.edge);
    if (edge.edge === "began") {
      const { onset, start } = edge;
      const capturedAt = this.#tape.capturedAt(onset);
      this.#takes.push({ onset, start, capturedAt, end: null, agreement: new Agreement() });
      this.#partialDueAt = performance.now() + SHORTEST_HOP_MS;
      return this.#showSpeech();
    }
    const take = this.#takes.at(-1);
    if (take) take.end = edge.end;
    void this.#decode();
    this.#stuckTimes = edge.isForced ? this.#stuckTimes + 1 : 0;
    if (this.#stuckTimes < STUCK_TIMES) return;
    this.problem = STUCK;
    void this.stop();
  }

  /** Let the server know that somebody speaks, before there are words. */
  #showSpeech(): void {
    const [take] = this.#takes;
    if (take?.end === null) this.#remarks.show(this.#words(take, this.#tape.length, { stable: "" }));
  }

  /** Decode what is being said so far, if there is time for it. */
  async #showWords(): Promise<void> {
    const [take] = this.#takes;
    const isDue = performance.now() >= this.#partialDueAt && !this.#isDecoding && this.#remarks.isOpened;
    if (!isDue || take?.end !== null || this.model.recognition.state !== "ready" || this.state !== "open") return;
    this.#isDecoding = true;
    const began = performance.now();
    const end = this.#tape.length;
    const heard = await this.model.transcribe(this.#tape.cut(take.start, end)).catch(() => null);
    this.#isDecoding = false;
    this.#partialDueAt = performance.now() + Math.max(SHORTEST_HOP_MS, 2 * (performance.now() - began));
    if (heard && this.#takes[0] === take && take.end === null)
      this.#remarks.show(this.#words(take, end, take.agreement.hear(heard.text), heard));
    await this.#decode();
  }

  /** Make words of what was said, in its order. */
  async #decode(): Promise<void> {
    if (this.#isDecoding || this.#hasGivenUp) return;
    this.#isDecoding = true;
    try {
      for (let [take] = this.#takes; take && take.end !== null; [take] = this.#takes) {
        const heard = await this.model.transcribe(this.#tape.cut(take.start, take.end));
        if (this.#takes[0] !== take) continue;
        this.#takes.shift();
        const words = this.#words(take, take.end, { stable: heard.text.slice(0, LONGEST_TEXT) }, heard);
        this.#remarks.handOver({ ...words, is_final: true });
        this.#showSpeech();
      }
    } catch (error) {
      await this.#giveUp(error as Error);
    } finally {
      this.#isDecoding = false;
    }
    this.#endWhenDone();
  }

  #words(take: Take, end: number, said: { stable: string; unstable?: string }, heard?: Heard): Words {
    return {
      first_sample: take.onset,
      samples: Math.max(1, end - take.onset),
      captured_at: take.capturedAt,
      ...said,
      is_final: false,
      confidence: Math.min(1, heard?.confidence ?? 0),
      model: this.model.recognition.model || "unknown",
      decode_seconds: heard?.decodeSeconds ?? 0,
    };
  }

  /** This browser can't recognise speech: the server may, if the reviewer allowed it; else what was said stays here. */
  async #giveUp(error: Error): Promise<void> {
    if (!this.id || !this.#about || this.#hasGivenUp) return;
    const [about, first] = [this.#about, this.#takes[0]];
    if (this.hopes.mayFallBack()) {
      const held = hold(this.#tape, first?.start ?? this.#gate.firstNeeded, this.#line, this.#source);
      [this.#source, this.#line] = [null, null];
      this.#takes = [];
      const closed = new Promise<void>((resolve) => this.#closed.push(resolve));
      void this.#remarks.end("stop");
      await closed;
      return this.hopes.fallBack(held, about);
    }
    this.#hasGivenUp = true;
    this.problem = `This browser could not recognise you. ${error.message} ${first ? KEPT : ALLOW}`.replaceAll(
      "  ",
      " ",
    );
    await this.#end("stop");
    await this.#remarks.control("stop").catch(() => null);
    this.tell(this.state);
  }

  async #end(action: "stop" | "device_lost"): Promise<void> {
    if (!this.id || this.state === "off") return;
    this.#releaseSource();
    this.#move("off");
    await this.ears.drained();
    const edge = this.#gate.flush();
    if (edge) this.#notice(edge);
    this.ears.end();
    this.#ending = action;
    await this.#decode();
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (!this.#ending || this.#takes.length || this.#isDecoding) return;
    const action = this.#ending;
    this.#ending = null;
    void this.#remarks.end(action);
  }

  async #lost(): Promise<void> {
    this.problem = LOST;
    await this.#end("device_lost");
  }

  #say(problem: string): void {
    this.problem = problem;
    this.tell(this.state);
  }

  #close(state: MicrophoneState, problem: string | null): void {
    if (this.#gate.flush()) this.hopes.spoke("ended");
    this.#releaseSource();
    this.ears.end();
    this.#remarks.forget();
    [this.#takes, this.#about, this.#ending] = [[], null, null];
    this.problem = problem;
    this.#move(state);
    for (const resolve of this.#closed.splice(0)) resolve();
  }

  #releaseSource(): void {
    this.#source?.close();
    [this.#source, this.#line, this.level] = [null, null, 0];
  }

  #move(state: MicrophoneState): void {
    this.state = state;
    this.tell(state);
  }
}

const KEPT =
  "What you said is kept here: press again to try once more, or allow the audio to go to your server in Lossy’s options.";
const ALLOW = "Press again to try once more, or have your server do it, in Lossy’s options.";
