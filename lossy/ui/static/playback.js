/**
 * The page's one player: where it stands, where it stood, and the word to the server about it. Reports go out on every
 * change and once a second; those not yet told are kept, so a press finds at least the last seconds on the server.
 */
import { Emitter } from "./emitter.js";

const REPORT_EVERY_MS = 1000;
const MAX_REPORTS = 64;
const CHANGES = ["play", "pause", "seeking", "seeked", "ratechange", "ended"];
const SHOWN = ["timeupdate", "loadedmetadata", "durationchange", "volumechange", "waiting", "playing"];

export class Playback extends Emitter {
  video = null;
  pausedByLossy = false;
  #untold = [];
  #send = null;
  #abort = null;
  #sending = null;

  get position() {
    return this.video?.currentTime ?? 0;
  }

  get duration() {
    return Number.isFinite(this.video?.duration) ? this.video.duration : 0;
  }

  get playing() {
    return Boolean(this.video && !this.video.paused && !this.video.ended);
  }

  attach(video) {
    this.detach();
    this.video = video;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    for (const change of CHANGES) video.addEventListener(change, () => this.#note(), { signal });
    for (const change of SHOWN) video.addEventListener(change, () => this.tell(this), { signal });
    video.addEventListener("play", () => (this.pausedByLossy = false), { signal });
    const timer = setInterval(() => this.#note(), REPORT_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#note();
  }

  detach() {
    this.#abort?.abort();
    this.video = null;
    this.forget();
  }

  /** What the player shows is another video now: where the last one stood is not told of this one. */
  forget() {
    this.#untold = [];
    this.#sending = null;
  }

  /** Give the way to the server: `send(reports)` resolves once they arrived. Call again after each reconnect. */
  reportTo(send) {
    this.#send = send;
    this.#flush();
  }

  seek(seconds) {
    if (!this.video) return;
    this.video.currentTime = Math.max(0, Math.min(seconds, this.duration || seconds));
    this.tell(this);
  }

  /** Do what the reviewer said: seek, pause or play. */
  steer({ action, position }) {
    if (action === "seek") return this.seek(position);
    if (action === "play") return void this.video?.play().catch(() => this.tell(this));
    this.pausedByLossy = false;
    this.video?.pause();
  }

  toggle() {
    if (this.playing) this.video.pause();
    else this.video?.play().catch(() => this.tell(this));
  }

  playFrom(seconds) {
    this.seek(seconds);
    this.video?.play().catch(() => this.tell(this));
  }

  /** Hold the picture while the reviewer speaks; `resumeAfterSpeech` goes on only if this is what paused it. */
  pauseForSpeech() {
    if (!this.playing) return;
    this.video.pause();
    this.pausedByLossy = true;
  }

  resumeAfterSpeech() {
    if (this.pausedByLossy) this.video?.play().catch(() => this.tell(this));
    this.pausedByLossy = false;
  }

  #note() {
    if (!this.video) return;
    const { playbackRate: rate, seeking } = this.video;
    const playing = this.playing && !seeking;
    this.#untold.push({ at: Date.now() / 1000, position: this.position, rate, playing });
    if (this.#untold.length > MAX_REPORTS) this.#untold.shift();
    this.tell(this);
    this.#flush();
  }

  async #flush() {
    if (!this.#send || this.#sending || !this.#untold.length) return;
    const reports = this.#untold.splice(0);
    this.#sending = reports;
    try {
      await this.#send(reports);
    } catch {
      // Told again with the next report: there is no connection, which the page's banner says already.
      if (this.#sending === reports) this.#untold = [...reports, ...this.#untold].slice(-MAX_REPORTS);
    } finally {
      if (this.#sending === reports) this.#sending = null;
    }
  }
}
