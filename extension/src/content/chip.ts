/**
 * The anchor chip: the time code and the microphone's state on the video. It stands in the browser's top layer, in a
 * closed shadow tree: above a fullscreen video, untouched by the page's style, and unread by its scripts.
 */
import { timeCode } from "lossy/format.js";
import type { MicrophoneState } from "../shared/wire.ts";
import STYLE from "./chip.css";
import { hideInPictures } from "./curtain.ts";

const WORDS: Record<MicrophoneState, string> = {
  off: "",
  opening: "opening the microphone",
  open: "listening",
  paused: "paused",
  blocked: "microphone blocked",
};
const INSET_PX = 14;

export class Chip {
  #host = document.createElement("div");
  #chip = document.createElement("div");
  #code = document.createElement("b");
  #words = document.createElement("span");
  #video: HTMLVideoElement | null = null;
  #position: () => number = () => 0;
  #frame = 0;

  constructor() {
    this.#host.popover = "manual";
    this.#host.style.cssText =
      "all:initial;position:fixed;inset:auto;margin:0;padding:0;border:0;background:none;overflow:visible;pointer-events:none";
    hideInPictures(this.#host);
    const root = this.#host.attachShadow({ mode: "closed" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.#chip.append(document.createElement("i"), this.#code, this.#words);
    this.#chip.className = "chip";
    this.#chip.setAttribute("role", "status");
    root.append(this.#chip);
    document.addEventListener("fullscreenchange", () => this.#host.matches(":popover-open") && this.#raise());
  }

  /** Show the state on a video, or hide with `off`. */
  show(state: MicrophoneState, video: HTMLVideoElement | null, position: () => number): void {
    this.#video = video;
    this.#position = position;
    if (state === "off" || !video) return this.hide();
    this.#chip.dataset.state = state;
    this.#words.textContent = WORDS[state];
    this.#draw();
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    if (!this.#host.matches(":popover-open")) this.#raise();
  }

  hide(): void {
    cancelAnimationFrame(this.#frame);
    this.#host.remove();
  }

  #raise(): void {
    if (this.#host.matches(":popover-open")) this.#host.hidePopover();
    this.#host.showPopover();
    this.#draw();
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    if (!this.#video) return;
    const { left, top } = this.#video.getBoundingClientRect();
    this.#host.style.left = `${Math.max(0, left) + INSET_PX}px`;
    this.#host.style.top = `${Math.max(0, top) + INSET_PX}px`;
    const code = timeCode(this.#position());
    if (this.#code.textContent !== code) this.#code.textContent = code;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }
}
