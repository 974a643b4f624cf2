/**
 * One recording at a time: opens a source, sends its chunks, keeps each until it is durable, and takes the recording up
 * again after a lost connection. `state` is the microphone's own: off, opening, open, paused, blocked.
 */
import { Chunker, MAX_KEPT_BYTES, Outbox } from "./chunks.js";
import { Emitter } from "./emitter.js";
import { encodeOpus, encodingFor } from "./opus.js";

const SLOWER_MS = 500;
/** Refusals that pass by themselves: the chunk is kept and sent again. */
const PASSING = new Set(["too_many", "unavailable"]);
const now = () => Date.now() / 1000;

export class Recorder extends Emitter {
  state = "off";
  /** @type {string | null} */
  problem = null;
  level = 0;
  id = null;
  #connection;
  #source = null;
  #chunker = null;
  #outbox = null;
  #opened = false;
  #encoding = "pcm16";
  #request = null;
  /** How it ended, until the server knows. */
  #ending = null;

  constructor(connection) {
    super();
    this.#connection = connection;
    connection.on(({ namespace, connected }) => {
      if (namespace !== "/audio" || !this.id) return;
      this.#opened = false;
      if (connected) this.#announce();
    });
    connection.receive(({ event, body }) => this.#hear(event, body));
  }

  /**
   * Begin: `openSource` gets {onBlock, onLost, onEnded} and gives {close, pause, resume}. A block that did not end just
   * now comes with the time when it did.
   */
  async open({ session, player, mode, openSource }) {
    if (this.id) return;
    this.id = crypto.randomUUID().replaceAll("-", "");
    this.#request = { recording: this.id, session, player, mode, sample_rate: 16000 };
    [this.#chunker, this.#outbox, this.#opened] = [new Chunker(), new Outbox(), false];
    this.#move("opening");
    const id = this.id;
    const announced = this.#announce();
    try {
      const chunker = this.#chunker;
      const onBlock = (pcm, level, endedAt = now()) =>
        this.#chunker === chunker && this.id && this.#take(pcm, level, endedAt);
      const source = await openSource({ onBlock, onLost: () => this.#lost(), onEnded: () => this.stop() });
      if (this.id !== id || this.state === "off") return source.close();
      this.#source = source;
      this.#move("open");
      await announced;
    } catch (error) {
      if (this.#connection.connected("/audio")) await announced.then(() => this.#control("cancel")).catch(() => {});
      this.#close(error.code === "blocked" ? "blocked" : "off", error.message);
    }
  }

  /** Send what is still held, and end. */
  async stop() {
    await this.#end("stop");
  }

  async cancel() {
    await this.#end("cancel");
  }

  async pause() {
    if (this.state !== "open") return;
    this.#source?.pause();
    this.#keep(this.#chunker.flush());
    this.#move("paused");
    await this.#control("pause").catch((error) => this.#tellProblem(error));
  }

  async resume() {
    if (this.state !== "paused") return;
    this.#chunker.forgetClock();
    this.#source?.resume();
    this.#move("open");
    await this.#control("resume").catch((error) => this.#tellProblem(error));
  }

  /**
   * The server closed or paused the microphone: the note is done, or the reviewer said so. After a lost connection the
   * answer to the recording's announcement says it, and what becomes of the words that the server never got.
   */
  follow(state, recording) {
    if (recording !== this.id || !this.id || !this.#opened) return;
    if (state === "off") this.#close("off", null);
  }

  /** Whether everything said so far is safe on the server. */
  get isSent() {
    return !this.id || (this.#opened && this.#outbox.empty);
  }

  /** Whether there are words here that are nowhere else. */
  get holdsWords() {
    return Boolean(this.id) && !this.#outbox.empty;
  }

  /** The page goes away: what is held goes out, and the server need not wait for more. Nobody hears the answers. */
  leave() {
    if (this.state !== "off") this.stop().catch(() => null);
  }

  async #end(action) {
    if (!this.id || this.state === "off") return;
    this.#ending = { action };
    this.#releaseSource();
    this.#keep(this.#chunker.flush());
    this.#move("off");
    await this.#sendEnding();
  }

  /** Say how the recording ended; while there is no connection, again after the next one. */
  async #sendEnding() {
    const [ending, outbox] = [this.#ending, this.#outbox];
    if (!ending) return this.#forgetWhenDone(outbox);
    try {
      await this.#control(ending.action, { chunks: ending.action === "cancel" ? null : outbox.count });
    } catch (error) {
      if (error.code === "offline") return this.#tellProblem(new Error("What you said is kept, and sent when Lossy is back."));
      this.#tellProblem(error);
    }
    if (ending === this.#ending) this.#ending = null;
    this.#forgetWhenDone(outbox);
  }

  #forgetWhenDone(outbox) {
    if (outbox === this.#outbox && this.state === "off" && outbox.empty && !this.#ending) this.#forget();
  }

  #take(pcm, level, endedAt) {
    if (this.state === "paused") return;
    this.level = level;
    this.#keep(this.#chunker.take(pcm, endedAt));
    this.tell(this.state);
  }

  #keep(chunk) {
    if (!chunk) return;
    this.#outbox.add(chunk);
    this.#send();
    if (this.#outbox.keptBytes <= MAX_KEPT_BYTES || this.#ending) return;
    this.problem = "The connection was away for too long. What you said until then is kept.";
    this.stop();
  }

  #send() {
    if (!this.#opened) return;
    for (const chunk of this.#outbox.take()) this.#sendOne(this.id, this.#outbox, chunk);
  }

  async #sendOne(recording, outbox, chunk) {
    const { seq } = chunk;
    try {
      const [head, bytes] = await this.#packed(recording, chunk);
      const answer = await this.#connection.request("/audio", "audio_chunk", head, bytes);
      outbox.stored(seq);
      outbox.credit = answer.credit_bytes;
    } catch (error) {
      outbox.sendAgain(seq, seq);
      if (PASSING.has(error.code)) setTimeout(() => outbox === this.#outbox && this.#send(), SLOWER_MS);
      else if (error.code === "undecodable") this.#sendSamples(outbox);
      else if (error.code === "conflict") this.#over(recording);
      else if (error.code !== "offline") this.#refused(recording, error);
      return;
    }
    if (outbox !== this.#outbox) return;
    if (this.state === "off" && outbox.empty) this.#forgetWhenDone(outbox);
    else this.#send();
    if (outbox.empty) this.tell(this.state);
  }

  /** A chunk as it travels: its head and its bytes. */
  async #packed(recording, { seq, capturedAt, bytes, before }) {
    const head = { recording, seq, captured_at: capturedAt };
    if (this.#encoding === "pcm16") return [head, bytes];
    const samples = new Int16Array(bytes);
    try {
      const packets = await encodeOpus(before, samples);
      return [{ ...head, encoding: "opus", lead_samples: before.length, samples: samples.length }, packets];
    } catch {
      this.#encoding = "pcm16";
      return [head, bytes];
    }
  }

  /** What this browser encodes is not understood there: from now on the samples go themselves. */
  #sendSamples(outbox) {
    this.#encoding = "pcm16";
    if (outbox === this.#outbox) this.#send();
  }

  async #announce() {
    const id = this.id;
    try {
      const answer = await this.#connection.request("/audio", "open_recording", this.#request);
      if (this.id !== id) return;
      this.#outbox.restart(answer.next_seq);
      if (answer.closed) return this.#outbox.empty ? this.#close("off", null) : this.#beginAnew(answer.done);
      this.#outbox.credit = answer.credit_bytes;
      this.#encoding = encodingFor(this.#connection.hostname, answer.encodings);
      this.#opened = true;
      this.#send();
      if (this.#ending) await this.#sendEnding();
    } catch (error) {
      if (PASSING.has(error.code)) setTimeout(() => this.id === id && this.#announce(), SLOWER_MS);
      else if (error.code !== "offline") this.#refused(id, error);
    }
  }

  /** The recording ended while the server was out of reach: what it never got goes into another one. */
  #beginAnew(isLast) {
    if (isLast && !this.#ending) {
      this.#ending = { action: "stop" };
      this.#releaseSource();
      this.#keep(this.#chunker.flush());
      this.#move("off");
    }
    this.id = crypto.randomUUID().replaceAll("-", "");
    this.#request = { ...this.#request, recording: this.id };
    this.#outbox = this.#outbox.renumbered();
    return this.#announce();
  }

  async #control(action, more = {}) {
    await this.#connection.request("/audio", "control_recording", { recording: this.id, action, ...more });
  }

  #hear(event, body) {
    if (event !== "audio_gap" || body.recording !== this.id) return;
    this.#outbox.sendAgain(body.first, body.last);
    this.#send();
  }

  async #lost() {
    this.problem = "The microphone went away. What you said until then is kept.";
    await this.#end("device_lost");
  }

  /** The server ended it; its last words may still be on their way here. */
  #over(recording) {
    if (recording === this.id) this.#close("off", null);
  }

  #refused(recording, error) {
    if (recording === this.id) this.#close("off", error.message);
  }

  #tellProblem(error) {
    this.problem = error.message;
    this.tell(this.state);
  }

  #close(state, problem) {
    this.#releaseSource();
    this.#forget();
    this.problem = problem;
    this.#move(state);
  }

  #releaseSource() {
    this.#source?.close();
    this.#source = null;
    this.level = 0;
  }

  #forget() {
    [this.id, this.#request, this.#opened, this.#ending] = [null, null, false, null];
  }

  #move(state) {
    this.state = state;
    this.tell(state);
  }
}
