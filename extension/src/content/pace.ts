/** Does a thing as often as it is asked for, and yet spends only a small share of the page's time on it. */

export interface Gap {
  leastMs: number;
  mostMs: number;
  /** How many times as long as the work took we wait before the next time. */
  times: () => number;
}

export class Pace {
  #endedAt = Number.NEGATIVE_INFINITY;
  #costMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isOver = false;

  constructor(
    private readonly work: () => void,
    private readonly gap: Gap,
  ) {}

  /** Do it now if the last time is long enough ago, else once it is. */
  soon(): void {
    if (this.#timer !== null || this.#isOver) return;
    const wait = this.#endedAt + this.#gapMs() - performance.now();
    if (wait <= 0) this.#do();
    else this.#timer = setTimeout(() => this.#do(), wait);
  }

  destroy(): void {
    this.#isOver = true;
    clearTimeout(this.#timer ?? undefined);
  }

  #gapMs(): number {
    return Math.min(this.gap.mostMs, Math.max(this.gap.leastMs, this.#costMs * this.gap.times()));
  }

  #do(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const began = performance.now();
    try {
      this.work();
    } finally {
      this.#endedAt = performance.now();
      this.#costMs = this.#endedAt - began;
    }
  }
}
