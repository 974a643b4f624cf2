/** What can be seen of a video, and how much of it is in the reviewer's window: also from inside a frame. */
import type { Look } from "../shared/score.ts";

const STEPS = Array.from({ length: 11 }, (_, step) => step / 10);
const ANCESTORS = 4;
const SAME_PLACE = 1.5;

/** The share of each video that is in the window, as the browser tells it. */
export class Shares {
  #shares = new WeakMap<Element, number>();
  #watched = new Set<Element>();
  #observer: IntersectionObserver;

  constructor(changed: () => void) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, intersectionRatio } of entries) this.#shares.set(target, intersectionRatio);
        changed();
      },
      { threshold: STEPS },
    );
  }

  /** Watch these videos, and no others. */
  watch(videos: HTMLVideoElement[]): void {
    const wanted = new Set<Element>(videos);
    for (const one of this.#watched) if (!wanted.has(one)) this.#observer.unobserve(one);
    for (const one of wanted) if (!this.#watched.has(one)) this.#observer.observe(one);
    this.#watched = wanted;
  }

  /** The share of a video; before the browser has told it, what this window alone shows. */
  of(video: HTMLVideoElement, box: DOMRect): number {
    return this.#shares.get(video) ?? (window === top ? shareInWindow(box) : 0);
  }

  destroy(): void {
    this.#observer.disconnect();
  }
}

/** Look at a video; `held` is one that only stands because Lossy paused it. */
export function lookAt(video: HTMLVideoElement, shares: Shares, held: boolean): Look {
  const box = video.getBoundingClientRect();
  const area = box.width * box.height;
  const controls = video.controls || hasControls(video, area);
  const audible = !video.muted && video.volume > 0;
  return {
    area,
    visible: area * shares.of(video, box),
    playing: held || !(video.paused || video.ended),
    played: video.played.length > 0,
    audible,
    controls,
    background: video.loop && video.autoplay && !audible && !controls,
    faded: !video.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
    empty: video.readyState === 0 && !video.currentSrc,
  };
}

function shareInWindow({ left, top, right, bottom, width, height }: DOMRect): number {
  const wide = Math.min(right, innerWidth) - Math.max(left, 0);
  const high = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return wide > 0 && high > 0 ? (wide * high) / (width * height) : 0;
}

/** Whether somebody's own controls stand around it: something that slides, in the same place. */
function hasControls(video: HTMLVideoElement, area: number): boolean {
  let around: Element | null = video;
  for (let step = 0; step < ANCESTORS && around; step += 1) {
    const root: Node = around.getRootNode();
    around = around.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
    if (!around || around === document.body) return false;
    const { width, height } = around.getBoundingClientRect();
    if (width * height > area * SAME_PLACE) return false;
    if ((around.shadowRoot ?? around).querySelector("[role=slider],input[type=range]")) return true;
    if (around.querySelector("[role=slider],input[type=range]")) return true;
  }
  return false;
}
