/** In the pages of others, as little as can be: where the main video stands, a chip on it, and commands to its player. */
import { Playback } from "lossy/playback.js";
import { chromeApi } from "../shared/chrome-api.ts";
import type { ToContent } from "../shared/messages.ts";
import { liftCurtain } from "./curtain.ts";
import { findFrame, grabFrame } from "./frame_grab.ts";
import { MainVideo } from "./main_video.ts";
import { isFirst } from "./once.ts";
import { Overlays } from "./overlays.ts";
import { PauseWhileSpeaking } from "./speech.ts";
import { Telling } from "./telling.ts";
import { wishesOn } from "./wishes.ts";

/** Lossy in one frame: everything that it does there begins here and ends with `destroy`. */
class Presence {
  #life = new AbortController();
  #playback = new Playback();
  #overlays = new Overlays(() => this.#playback.position, wishesOn(this.#playback));
  #speech = new PauseWhileSpeaking(this.#playback);
  #telling = new Telling(this.#playback, () => this.destroy());
  #main = new MainVideo(
    (video) => this.#follow(video),
    () => this.#telling.tellIfDifferent(this.#main.score),
    () => this.#playback.pausedByLossy,
  );

  constructor() {
    const { signal } = this.#life;
    const stop = this.#playback.on(() => this.#telling.tellIfDifferent(this.#main.score));
    signal.addEventListener("abort", stop);
    // Pages are told by `loaded`; of a frame that its page takes away nobody else would tell.
    if (window !== top) addEventListener("pagehide", () => void this.#telling.tellGone(), { signal });
    // A page that is loaded on suspicion is nobody's yet.
    if (isPrerendered()) document.addEventListener("prerenderingchange", () => this.#main.start(), { signal });
    else this.#main.start();
  }

  hear(message: ToContent): unknown {
    if (this.#life.signal.aborted) return null;
    if (message.type === "find_video") return this.#findVideo();
    if (message.type === "chosen") return this.#beChosen(message.chosen);
    if (message.type === "grab_frame") return grabFrame(this.#playback.video, message.at);
    if (message.type === "picture_taken") return liftCurtain();
    if (message.type === "find_frame") return findFrame(message);
    if (message.type === "steer") return this.#playback.steer(message);
    if (message.type === "speech") return this.#speech.hear(message.edge);
    if (message.type === "ask_note") return this.#overlays.askNote();
    if (message.type === "overlay") return this.#overlays.take(message.change);
    if (message.type !== "microphone") return null;
    this.#overlays.listen(message.microphone.state);
    return this.#speech.listen(message.microphone, message.pauses);
  }

  /** Lossy was updated, removed, or has no business here. */
  destroy(): void {
    this.#life.abort();
    this.#main.destroy();
    this.#telling.destroy();
    this.#speech.destroy();
    this.#playback.detach();
    this.#overlays.destroy();
  }

  #follow(video: HTMLVideoElement | null): void {
    if (video) {
      this.#playback.attach(video);
      this.#overlays.attach(video);
      this.#telling.tell(this.#main.score);
    } else {
      this.#playback.detach();
      this.#overlays.attach(null);
      void this.#telling.tellGone();
    }
  }

  /** Tell the video again, and answer whether there is one. */
  #findVideo(): boolean {
    this.#main.look();
    this.#telling.tell(this.#main.score);
    return this.#playback.video !== null;
  }

  #beChosen(chosen: boolean): null {
    this.#telling.beChosen(chosen);
    if (!chosen) this.#overlays.clear();
    return null;
  }
}

const isPrerendered = () => (document as { prerendering?: boolean }).prerendering === true;
const isInExtension = [...location.ancestorOrigins].some((origin) => origin === chromeApi.ownOrigin());
if (!isInExtension && isFirst(() => !chromeApi.isOrphaned())) {
  const presence = new Presence();
  chromeApi.hear("content", (message) => presence.hear(message));
}
