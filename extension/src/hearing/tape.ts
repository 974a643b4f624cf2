/** The samples of a recording that may still be needed, counted from its first, and when each was spoken. */
const RATE = 16_000;
const OFFSETS_SECONDS = 5;

export class Tape {
  length = 0;
  #first = 0;
  #blocks: Int16Array[] = [];
  #offsets: { at: number; offset: number }[] = [];

  /** Take a block that ended at `at`, in seconds since 1970. */
  take(pcm: Int16Array, at: number): void {
    this.#blocks.push(pcm);
    this.length += pcm.length;
    // A block can be delivered late but never early: the smallest offset of the last seconds is the true one.
    this.#offsets = this.#offsets.filter((one) => at - one.at < OFFSETS_SECONDS);
    this.#offsets.push({ at, offset: at - this.length / RATE });
  }

  /** When a sample of the last seconds was recorded. */
  capturedAt(sample: number): number {
    return Math.min(...this.#offsets.map((one) => one.offset)) + sample / RATE;
  }

  /** After a pause the clock went on and the samples did not. */
  forgetClock(): void {
    this.#offsets = [];
  }

  cut(first: number, end: number): Int16Array {
    const [from, to] = [Math.max(first, this.#first), Math.min(end, this.length)];
    const made = new Int16Array(Math.max(0, to - from));
    let at = this.#first;
    for (const block of this.#blocks) {
      const [skip, until] = [Math.max(0, from - at), Math.min(block.length, to - at)];
      if (skip < until) made.set(block.subarray(skip, until), at + skip - from);
      at += block.length;
    }
    return made;
  }

  /** Let go of what lies before a sample. */
  forget(before: number): void {
    let gone = 0;
    for (const block of this.#blocks) {
      if (this.#first + block.length > before) break;
      this.#first += block.length;
      gone += 1;
    }
    this.#blocks.splice(0, gone);
  }
}
