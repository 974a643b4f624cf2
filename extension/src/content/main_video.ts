/**
 * Follows the main video of this frame: whatever the page does to its players, one of them is chosen, and another one
 * as soon as it is clearly the one that the reviewer looks at. Every look is paced, so that no page can make it dear.
 */
import { choose, type Scored, scoreOf } from "../shared/score.ts";
import { lookAt, Shares } from "./look.ts";
import { Pace } from "./pace.ts";
import { Roots } from "./roots.ts";

/** A third of a millisecond of each second for looks, and as much for sweeps; more for looks where there is a video. */
const SPARING = 3_000;
const WATCHFUL = 50;
const PROBE_AFTER_MS = 1_900;
const HEALTH_EVERY_MS = 2_000;
const SLICES_AT_FIRST = 20;

interface Found extends Scored {
  video: HTMLVideoElement;
}

export class MainVideo {
  video: HTMLVideoElement | null = null;
  /** Of the video that is chosen; 0 where there is none. */
  score = 0;
  #life = new AbortController();
  #isLeft = false;
  #videos = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #looks = new Pace(() => this.#look(), {
    leastMs: 250,
    mostMs: 4_000,
    times: () => (this.#videos ? WATCHFUL : SPARING),
  });
  #sweeps = new Pace(() => this.#sweep(), { leastMs: 1_000, mostMs: 30_000, times: () => SPARING });
  #roots = new Roots(
    () => this.look(),
    () => this.#looks.soon(),
  );
  #shares = new Shares(() => this.#looks.soon());

  /**
   * Call back when another video is the main one, or none; and `scored` after each look.
   * `isHeld` tells whether the video stands only because Lossy paused it.
   */
  constructor(
    private readonly changed: (video: HTMLVideoElement | null) => void,
    private readonly scored: () => void = () => {},
    private readonly isHeld: () => boolean = () => false,
  ) {}

  start(): void {
    const { signal } = this.#life;
    const again = () => this.look();
    document.addEventListener("fullscreenchange", again, { signal });
    document.addEventListener("visibilitychange", again, { signal });
    addEventListener("pageshow", again, { signal });
    addEventListener("resize", () => this.#looks.soon(), { signal });
    navigation()?.addEventListener("navigatesuccess", again, { signal });
    const health = setInterval(() => this.#checkHealth(), HEALTH_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(health));
    this.#isLeft = this.#roots.sweep();
    this.#roots.arm();
    this.#look();
    this.#goOn(SLICES_AT_FIRST);
  }

  /** Look again as soon as may be, also for what hides. */
  look(): void {
    this.#looks.soon();
    this.#sweeps.soon();
  }

  destroy(): void {
    this.#life.abort();
    this.#looks.destroy();
    this.#sweeps.destroy();
    this.#roots.destroy();
    this.#shares.destroy();
    this.video = null;
  }

  #look(): void {
    if (this.#life.signal.aborted) return;
    this.#probe();
    this.#roots.arm();
    const videos = this.#roots.videos();
    this.#videos = videos.length;
    this.#shares.watch(videos);
    const all: Found[] = videos.map((video) => {
      const held = video === this.video && this.isHeld();
      return { video, score: scoreOf(lookAt(video, this.#shares, held)) };
    });
    const best = choose(all, ({ video }) => video === this.video);
    this.score = best?.score ?? 0;
    const video = best?.video ?? null;
    if (video === this.video) return this.scored();
    this.video = video;
    this.changed(video);
  }

  #probe(): void {
    const now = performance.now();
    if (now - this.#probedAt < PROBE_AFTER_MS) return;
    this.#probedAt = now;
    this.#roots.probe();
  }

  #sweep(): void {
    this.#isLeft = this.#isLeft ? this.#roots.goOn() : this.#roots.sweep();
    this.#roots.arm();
    if (this.#isLeft) this.#sweeps.soon();
    this.#looks.soon();
  }

  /** A page that was just loaded is looked through to its end, whenever it has nothing else to do. */
  #goOn(slices: number): void {
    if (!this.#isLeft || this.#life.signal.aborted) return;
    if (slices === 0) return this.#sweeps.soon();
    requestIdleCallback(() => {
      this.#isLeft = this.#roots.goOn();
      if (!this.#isLeft) this.#looks.soon();
      this.#goOn(slices - 1);
    });
  }

  /** What no event tells: a video that lost its place, a shadow tree that came without a sign. */
  #checkHealth(): void {
    if (!document.hidden) this.#looks.soon();
  }
}

function navigation(): EventTarget | undefined {
  return (globalThis as { navigation?: EventTarget }).navigation;
}
