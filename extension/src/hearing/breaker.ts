/** How often something may be begun again: what keeps breaking is left alone until somebody asks for it anew. */
export class Breaker {
  #failures: number[] = [];

  constructor(
    private readonly most = 3,
    private readonly withinMs = 60_000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Count a failure; false where that was one too many. */
  mayTryAgain(): boolean {
    const now = this.now();
    this.#failures = [...this.#failures.filter((at) => now - at < this.withinMs), now];
    return this.#failures.length < this.most;
  }

  reset(): void {
    this.#failures = [];
  }
}
