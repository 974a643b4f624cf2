/**
 * Silero on one stream of samples: each frame's probability in order, whatever happens to the worker. Samples wait until
 * they are heard, so none is missed while the model loads or the worker is begun again; one that keeps dying is left.
 */
import type { Model } from "../shared/models.ts";
import { Breaker } from "./breaker.ts";
import { FRAME_SAMPLES } from "./frame.ts";
import { Work } from "./work.ts";

const LOAD_WITHIN_MS = 60_000;

interface Stream {
  heard: (probability: number) => void;
  broken: (error: Error) => void;
}

export class Ears {
  #work: Work | null = null;
  #loading: Promise<void> | null = null;
  #breaker = new Breaker();
  #stream: Stream | null = null;
  #number = 0;
  #unheard: Int16Array[] = [];
  #samples = 0;
  #drained: (() => void)[] = [];

  constructor(private readonly getModel: () => Promise<Model>) {}

  /** Load the model before it is needed. */
  warmUp(): Promise<void> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  /** Begin a stream; `broken` says that it is heard no more. */
  begin(stream: Stream): void {
    this.end();
    this.#breaker.reset();
    this.#stream = stream;
    this.#number += 1;
    this.warmUp().catch((error) => this.#stream === stream && this.#broken(error));
  }

  take(pcm: Int16Array): void {
    if (!this.#stream) return;
    this.#unheard.push(pcm);
    this.#samples += pcm.length;
    this.#work?.tell({ type: "listen", stream: this.#number, pcm });
  }

  /** Wait until all samples so far are heard, but for a frame that is not whole. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settle();
    });
  }

  end(): void {
    this.#stream = null;
    [this.#unheard, this.#samples] = [[], 0];
    this.#settle();
  }

  async #load(): Promise<void> {
    const { files } = await this.getModel();
    const work: Work = new Work(
      (probability, stream) => this.#work === work && stream === this.#number && this.#hear(probability),
      (error) => this.#work === work && this.#again(error),
    );
    await work.ask({ type: "load_silero", files }, LOAD_WITHIN_MS);
    this.#work = work;
    for (const pcm of this.#unheard) work.tell({ type: "listen", stream: this.#number, pcm });
  }

  #hear(probability: number): void {
    let left = FRAME_SAMPLES;
    while (left > 0 && this.#unheard[0]) {
      const [first] = this.#unheard;
      if (first.length <= left) this.#unheard.shift();
      else this.#unheard[0] = first.subarray(left);
      left -= Math.min(left, first.length);
    }
    this.#samples -= FRAME_SAMPLES - left;
    if (left === 0) this.#stream?.heard(probability);
    this.#settle();
  }

  #again(error: Error): void {
    [this.#work, this.#loading] = [null, null];
    if (!this.#stream) return;
    if (!this.#breaker.mayTryAgain()) return this.#broken(error);
    this.warmUp().catch((failed) => this.#broken(failed));
  }

  #broken(error: Error): void {
    const stream = this.#stream;
    this.end();
    stream?.broken(error);
  }

  #settle(): void {
    if (this.#samples >= FRAME_SAMPLES) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
