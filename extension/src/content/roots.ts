/**
 * Where videos may be in a page: its document, and every shadow tree in it, open or closed. A shadow tree is made
 * without a sign, so elements are asked for theirs: those with names of their own at every sweep, all others once, and
 * again whatever stands in the middle of the window. To ask costs microseconds, and pages have ten thousand elements.
 */
import { chromeApi } from "../shared/chrome-api.ts";

type Root = Document | ShadowRoot;

const HOSTS = new Set(
  "article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" "),
);
const MEDIA = ["play", "pause", "loadedmetadata", "emptied", "volumechange", "resize"];
/** Places in the window, some of which are probed each time, in turn: the browser takes long to tell what is there. */
const POINTS = [
  [0.5, 0.5],
  [0.25, 0.25],
  [0.75, 0.75],
  [0.5, 0.25],
  [0.25, 0.75],
  [0.75, 0.25],
  [0.25, 0.5],
  [0.75, 0.5],
  [0.5, 0.75],
] as const;
const PROBED_AT_ONCE = 3;
const TOPMOST = 6;
const SLICE_MS = 3;
const ASKED_AT_ONCE = 32;
const MAX_VIDEOS = 200;

export class Roots {
  #known = new Map<Root, MutationObserver>();
  #armed = new Set<Root>();
  #asked = new WeakSet<Element>();
  #queue: Element[] = [];
  #probed = 0;
  #life = new AbortController();

  /** `changed` when elements came or went, at most once for each time that `arm` is called. */
  constructor(
    private readonly changed: () => void,
    private readonly heard: (event: Event) => void,
  ) {
    this.#add(document);
  }

  /** The videos in the trees that are known. */
  videos(): HTMLVideoElement[] {
    this.#forgetTheLost();
    return [...this.#known.keys()].flatMap((root) => [...root.querySelectorAll("video")]).slice(0, MAX_VIDEOS);
  }

  /** Listen for the next change. A page that changes without end is heard once for each time that we look. */
  arm(): void {
    for (const [root, observer] of this.#known) {
      if (this.#armed.has(root)) continue;
      this.#armed.add(root);
      observer.observe(root, { childList: true, subtree: true });
    }
  }

  /** Ask what stands in the window for its shadow tree. */
  probe(): void {
    for (let count = 0; count < PROBED_AT_ONCE; count += 1) {
      const [x, y] = POINTS[this.#probed++ % POINTS.length] ?? POINTS[0];
      const there = document.elementsFromPoint(innerWidth * x, innerHeight * y);
      for (const element of there.slice(0, TOPMOST)) if (canHost(element)) this.#ask(element);
    }
  }

  /** Ask the elements with names of their own, and a slice of all others. Whether some were left for the next time. */
  sweep(): boolean {
    this.#queue = [];
    for (const root of [...this.#known.keys()]) this.#sweepOne(root);
    this.#queue.reverse(); // so that the page's beginning comes first
    return this.goOn();
  }

  /** Ask the next slice of those that the last sweep left. Whether some are left still. */
  goOn(): boolean {
    const until = performance.now() + SLICE_MS;
    for (let count = 1; count % ASKED_AT_ONCE !== 0 || performance.now() < until; count += 1) {
      const element = this.#queue.pop();
      if (!element) return false;
      this.#ask(element);
    }
    return true;
  }

  destroy(): void {
    this.#life.abort();
    for (const observer of this.#known.values()) observer.disconnect();
    this.#known.clear();
    this.#queue = [];
  }

  #sweepOne(root: Root): void {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node as Element;
      if (element.localName.includes("-")) this.#ask(element);
      else if (HOSTS.has(element.localName) && !this.#asked.has(element)) this.#queue.push(element);
    }
  }

  #ask(element: Element): void {
    this.#asked.add(element);
    const root = chromeApi.shadowRootOf(element as HTMLElement);
    if (!root || this.#known.has(root)) return;
    this.#add(root);
    this.#sweepOne(root);
  }

  #add(root: Root): void {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      this.#armed.delete(root);
      this.changed();
    });
    this.#known.set(root, observer);
    const options = { capture: true, signal: this.#life.signal };
    const hear = (event: Event) => event.isTrusted && event.target instanceof HTMLVideoElement && this.heard(event);
    for (const type of MEDIA) root.addEventListener(type, hear, options);
  }

  #forgetTheLost(): void {
    for (const [root, observer] of this.#known)
      if (root instanceof ShadowRoot && !root.host.isConnected) {
        observer.disconnect();
        this.#known.delete(root);
        this.#armed.delete(root);
      }
  }
}

const canHost = ({ localName }: Element) => localName.includes("-") || HOSTS.has(localName);
