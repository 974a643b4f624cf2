/**
 * The sample: a film in this page that stands for one on a site, with the real side panel beside it. Content scripts
 * don't run in pages of the extension, so this does for the film what they do for those of others.
 */
import { Playback } from "lossy/playback.js";
import { liftCurtain } from "../content/curtain.ts";
import { grabFrame } from "../content/frame_grab.ts";
import { Overlays } from "../content/overlays.ts";
import { PauseWhileSpeaking } from "../content/speech.ts";
import { Telling } from "../content/telling.ts";
import { wishesOn } from "../content/wishes.ts";
import { element } from "../options/dom.ts";
import { stopListening } from "../options/microphone.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { ToContent } from "../shared/messages.ts";

const SCORE = 1;
const TITLE = "Sample: Harbour at dusk";

export class Sample {
  #playback = new Playback();
  #overlays = new Overlays(() => this.#playback.position, wishesOn(this.#playback));
  #speech = new PauseWhileSpeaking(this.#playback);
  #telling: Telling;
  #film = element("sample-works").querySelector("video") as HTMLVideoElement;
  #isOver = false;

  constructor(private server: string) {
    // The film is the server's own sample too, so its notes are found there again.
    const about = () => ({ url: `${this.server}/demo/sample.webm`, title: TITLE });
    this.#telling = new Telling(this.#playback, () => this.end(), about);
    this.#playback.attach(this.#film);
    this.#overlays.attach(this.#film);
    this.#playback.on(() => this.#telling.tellIfDifferent(SCORE));
    chromeApi.hear("content", (message) => this.#hear(message));
    void this.#telling.tell(SCORE);
    const panel = Object.assign(document.createElement("iframe"), { src: "sidepanel.html", title: "Lossy’s panel" });
    element("sample-panel").replaceChildren(panel);
  }

  /** The account is on another server now. */
  moveTo(server: string): void {
    this.server = server;
    void this.#telling.tell(SCORE);
  }

  end(): void {
    this.#isOver = true;
    void this.#telling.tellGone();
    this.#telling.destroy();
    this.#speech.destroy();
    this.#playback.detach();
    this.#overlays.destroy();
    element("sample-panel").replaceChildren();
  }

  #hear(message: ToContent): unknown {
    if (this.#isOver) return null;
    switch (message.type) {
      case "find_video":
        void this.#telling.tell(SCORE);
        return true;
      case "chosen":
        this.#telling.beChosen(message.chosen);
        return message.chosen ? null : this.#overlays.clear();
      case "steer":
        return this.#playback.steer(message);
      case "grab_frame":
        return grabFrame(this.#film, message.at);
      case "picture_taken":
        return liftCurtain();
      case "speech":
        return this.#speech.hear(message.edge);
      case "ask_note":
        return this.#overlays.askNote();
      case "overlay":
        return this.#overlays.take(message.change);
      case "microphone":
        if (message.microphone.state === "opening") stopListening();
        this.#overlays.listen(message.microphone.state);
        return this.#speech.listen(message.microphone, message.pauses);
      default:
        return null;
    }
  }
}
