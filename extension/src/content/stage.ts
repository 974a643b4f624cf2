/**
 * Where the overlays stand: one host in the browser's top layer, in a closed shadow tree. It is above a fullscreen
 * video, untouched by the page's style, unread by its scripts, and lets every click through that is not for it.
 */
import { hideInPictures } from "./curtain.ts";
import STYLE from "./overlay.css";

const BACK_AFTER_MS = 1_000;

export class Stage {
  readonly root: ShadowRoot;
  #host = document.createElement("div");
  #life = new AbortController();
  #frame = 0;
  #putBackAt = Number.NEGATIVE_INFINITY;
  #isShown = false;

  /** `draw` is called before each frame while the stage is shown. */
  constructor(private readonly draw: () => void) {
    this.#host.popover = "manual";
    this.#host.style.cssText =
      "all:initial;position:fixed;inset:0 auto auto 0;margin:0;padding:0;border:0;width:0;height:0;background:none;overflow:visible;pointer-events:none";
    hideInPictures(this.#host);
    this.root = this.#host.attachShadow({ mode: "closed" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.root.adoptedStyleSheets = [style];
    const { signal } = this.#life;
    document.addEventListener("fullscreenchange", () => this.#isShown && this.#raise(), { signal });
    // What is clicked here is no click on the page, and takes the page's focus away from nothing.
    for (const type of ["click", "pointerdown", "pointerup", "mouseup", "dblclick"])
      this.root.addEventListener(type, (event) => event.stopPropagation());
    this.root.addEventListener("mousedown", (event) => {
      if (!(event.target instanceof HTMLInputElement)) event.preventDefault();
      event.stopPropagation();
    });
  }

  show(): void {
    if (this.#isShown) return;
    this.#isShown = true;
    this.#raise();
    this.#tick();
  }

  hide(): void {
    this.#isShown = false;
    cancelAnimationFrame(this.#frame);
    this.#host.remove();
  }

  destroy(): void {
    this.hide();
    this.#life.abort();
  }

  #raise(): void {
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    if (this.#host.matches(":popover-open")) this.#host.hidePopover();
    this.#host.showPopover();
  }

  #tick(): void {
    this.#frame = requestAnimationFrame(() => this.#tick());
    // A page that takes the host away gets it back, but is not fought with.
    if (!this.#host.matches(":popover-open") && performance.now() - this.#putBackAt > BACK_AFTER_MS) {
      this.#putBackAt = performance.now();
      this.#raise();
    }
    this.draw();
  }
}
