/** The frame with a page of ours in it: a handshake, then the messages of `bridge.ts`, from that one window and origin. */
import { type FromFrame, readFromFrame, type ToFrame } from "../shared/bridge.ts";

const HELLO_WITHIN_MS = 10_000;

export interface FrameListeners {
  heard: (message: FromFrame) => void;
  /** The page did not say hello: NiceGUI could not start in it. */
  silent: () => void;
}

export class Frame {
  readonly element = document.createElement("iframe");
  #origin: string;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(url: string, title: string, { heard, silent }: FrameListeners) {
    this.#origin = new URL(url).origin;
    this.element.title = title;
    this.element.src = url;
    this.element.className = "frame waiting";
    this.#timer = setTimeout(silent, HELLO_WITHIN_MS);
    const listen = (event: MessageEvent) => {
      if (event.source !== this.element.contentWindow || event.origin !== this.#origin) return;
      const message = readFromFrame(event.data);
      if (!message) return;
      if (message.type === "hello") this.#greeted();
      heard(message);
    };
    addEventListener("message", listen, { signal: this.#abort.signal });
  }

  send(message: ToFrame): void {
    this.element.contentWindow?.postMessage(message, this.#origin);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.element.remove();
  }

  #greeted(): void {
    clearTimeout(this.#timer);
    this.element.classList.remove("waiting");
  }
}
