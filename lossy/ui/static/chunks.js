/**
 * Blocks of samples become chunks of 100 ms with a sequence and a wall clock, and each chunk is kept until the server
 * says that it is durable. Nothing here knows of sockets.
 */
import { leadOf } from "./opus.js";

const CHUNK_SAMPLES = 1600;
const SAMPLE_RATE = 16_000;
const OFFSETS_SECONDS = 5;
export const MAX_KEPT_BYTES = 20 * 1024 * 1024;
/** About ten minutes without a connection. */

export class Chunker {
  #parts = [];
  #samples = 0;
  #taken = 0;
  /** The end of the chunk before, for whoever encodes the next one. */
  #before = new Int16Array(0);
  #offsets = [];

  /** Take a block that ended just now; gives a chunk whenever one is full. */
  take(pcm, nowSeconds) {
    this.#parts.push(pcm);
    this.#samples += pcm.length;
    // A block can be delivered late but never early: the smallest offset is the true one. Only of the last seconds,
    // because clocks drift and machines sleep.
    const offset = nowSeconds - (this.#taken + this.#samples) / SAMPLE_RATE;
    this.#offsets = this.#offsets.filter((one) => nowSeconds - one.at < OFFSETS_SECONDS);
    this.#offsets.push({ at: nowSeconds, offset });
    return this.#samples >= CHUNK_SAMPLES ? this.flush() : null;
  }

  /** Give what there is, as the last chunk may be short; null when there is nothing. */
  flush() {
    if (!this.#samples) return null;
    const pcm = new Int16Array(this.#samples);
    let at = 0;
    for (const part of this.#parts) {
      pcm.set(part, at);
      at += part.length;
    }
    const clockOffset = Math.min(...this.#offsets.map((one) => one.offset));
    const chunk = { capturedAt: clockOffset + this.#taken / SAMPLE_RATE, bytes: pcm.buffer, before: this.#before };
    this.#before = leadOf(pcm);
    this.#taken += this.#samples;
    [this.#parts, this.#samples] = [[], 0];
    return chunk;
  }

  /** After a pause the clock went on and the samples did not. */
  forgetClock() {
    this.#offsets = [];
  }
}

export class Outbox {
  count = 0;
  credit = 512 * 1024;
  #kept = new Map();
  #onTheirWay = new Set();
  #bytes = 0;

  get keptBytes() {
    return this.#bytes;
  }

  get empty() {
    return this.#kept.size === 0;
  }

  add(chunk) {
    this.#kept.set(this.count, { seq: this.count, ...chunk });
    this.#bytes += chunk.bytes.byteLength;
    this.count += 1;
  }

  /** The same chunks, counted from 0, for another recording. */
  renumbered() {
    const other = new Outbox();
    for (const { seq: _, ...chunk } of this.#kept.values()) other.add(chunk);
    return other;
  }

  /** Take chunks to send now: in order, not yet on their way, within the credit. */
  take() {
    let room = this.credit;
    for (const seq of this.#onTheirWay) room -= this.#kept.get(seq)?.bytes.byteLength ?? 0;
    const due = [];
    for (const chunk of this.#kept.values()) {
      if (this.#onTheirWay.has(chunk.seq)) continue;
      room -= chunk.bytes.byteLength;
      if (room < 0) break;
      this.#onTheirWay.add(chunk.seq);
      due.push(chunk);
    }
    return due;
  }

  stored(seq) {
    this.#bytes -= this.#kept.get(seq)?.bytes.byteLength ?? 0;
    this.#kept.delete(seq);
    this.#onTheirWay.delete(seq);
  }

  /** The connection is new: all before `nextSeq` is safe, all else has to go again. */
  restart(nextSeq) {
    this.#onTheirWay.clear();
    for (const seq of [...this.#kept.keys()]) if (seq < nextSeq) this.stored(seq);
  }

  sendAgain(first, last) {
    for (let seq = first; seq <= last; seq += 1) this.#onTheirWay.delete(seq);
  }
}
