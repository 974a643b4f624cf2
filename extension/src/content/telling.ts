/** What the worker is told of this frame's video: which it is, how much it looks like the main one, where it stands. */
import type { Playback } from "lossy/playback.js";
import { chromeApi, RefusedError } from "../shared/chrome-api.ts";
import { isOtherScore } from "../shared/score.ts";
import { isSameVideo } from "../shared/video_url.ts";
import type { VideoContext } from "../shared/wire.ts";

const MAX_TITLE_CHARACTERS = 300;
const MAX_URL_CHARACTERS = 2048;

type Told = VideoContext & { url: string };

export class Telling {
  #player = crypto.getRandomValues(new Uint32Array(4)).join("");
  /** The video as the worker knows it. */
  #told: Told | null = null;
  #score = 0;

  /** `leave` when there is nothing to be told here any more; `about` gives the video's address and title. */
  constructor(
    private readonly playback: Playback,
    private readonly leave: () => void,
    private readonly about: () => { url: string; title: string } = aboutPage,
  ) {}

  /** Tell the video, as it is now. */
  async tell(score: number): Promise<void> {
    if (chromeApi.isOrphaned()) return this.leave();
    const { url, title } = this.about();
    if (!this.playback.video) return;
    if (this.#told && !isSameVideo(this.#told.url, url)) this.playback.forget();
    if (url.length > MAX_URL_CHARACTERS) return this.tellGone();
    const duration = this.playback.duration ? { duration_seconds: this.playback.duration } : {};
    const context: Told = { url, title, ...duration };
    [this.#told, this.#score] = [context, score];
    const answer = await chromeApi.send({ to: "worker", type: "video_found", context, player: this.#player, score });
    if (this.#told !== context) return; // told again meanwhile
    if (answer && "refused" in answer) this.#told = null;
    else if (answer && "ignored" in answer) this.leave();
    else this.beChosen(answer?.chosen ?? false);
  }

  /** Pages change their title and address without being loaded again, and videos their place. */
  tellIfDifferent(score: number): void {
    const told = this.#told;
    if (!this.playback.video) return;
    const { url, title } = this.about();
    const isSame =
      told !== null &&
      isSameVideo(told.url, url) &&
      told.title === title &&
      (told.duration_seconds ?? 0) === this.playback.duration &&
      !isOtherScore(this.#score, score);
    if (!isSame) void this.tell(score);
  }

  async tellGone(): Promise<void> {
    const told = this.#told;
    this.#told = null;
    if (told) await chromeApi.send({ to: "worker", type: "video_gone" });
  }

  /** Report where the player stands while its video is the one that is spoken about. */
  beChosen(chosen: boolean): void {
    this.playback.reportTo(chosen ? (reports: never[]) => this.#report(reports) : null);
  }

  destroy(): void {
    this.#told = null;
    this.playback.reportTo(null);
  }

  async #report(reports: never[]): Promise<void> {
    if (chromeApi.isOrphaned()) return this.leave();
    if (!this.#told) throw new RefusedError("unheard", "The video is not told yet.");
    const answer = await chromeApi.send({ to: "worker", type: "playback", url: this.#told.url, reports });
    if (answer && "refused" in answer) throw new RefusedError(answer.refused.code, answer.refused.message);
  }
}

const aboutPage = () => ({ url: address(), title: document.title.slice(0, MAX_TITLE_CHARACTERS) });

/** A frame that was written by its page has that page's address. */
const address = (): string => (location.protocol.startsWith("http") ? location.href : document.baseURI);
