/**
 * The player's own progress bar, found by what it says and where it is: a slider below the middle of the video, nearly
 * as wide as it, which is not the volume's. Browsers' own controls tell nobody where theirs is.
 */
import { chromeApi } from "../shared/chrome-api.ts";

const SLIDERS =
  "[role=slider],input[type=range],[role=progressbar],.ytp-progress-bar,.vjs-progress-holder,.mejs__time-total,media-time-range,media-time-slider,.shaka-seek-bar-container";
const VOLUME = /volume|lautst|brightness|speed|quality/i;
const LEAST_WIDTH = 0.35;
const MOST_HEIGHT_PX = 60;
const ANCESTORS = 8;
const LARGER = 1.5;

/** Give the bar, or null where the player has none of its own or hides it. */
export function findProgressBar(video: HTMLVideoElement): Element | null {
  const box = video.getBoundingClientRect();
  const player = playerOf(video, box);
  let best: { element: Element; width: number } | null = null;
  for (const element of sliders(player)) {
    const { width } = element.getBoundingClientRect();
    if (isBar(element, box, player.getBoundingClientRect()) && width > (best?.width ?? 0)) best = { element, width };
  }
  return best?.element ?? null;
}

/** Whether a bar is in sight now: players hide theirs while nobody moves the mouse. */
export function isInSight(bar: Element): boolean {
  return bar.isConnected && bar.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}

function isBar(element: Element, video: DOMRect, player: DOMRect): boolean {
  const box = element.getBoundingClientRect();
  if (box.width < video.width * LEAST_WIDTH || box.height > MOST_HEIGHT_PX) return false;
  const middle = box.top + box.height / 2;
  if (middle < video.top + video.height / 2 || middle > player.bottom + MOST_HEIGHT_PX) return false;
  return !VOLUME.test(`${element.getAttribute("aria-label") ?? ""} ${element.className}`);
}

/** What fills the screen with the video, or else the widest element around it that is hardly larger than it. */
function playerOf(video: HTMLVideoElement, { width, height }: DOMRect): Element {
  let around: Element = video;
  let player: Element = video;
  for (let step = 0; step < ANCESTORS; step += 1) {
    const root: Node = around.getRootNode();
    const next: Element | null = around.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
    if (!next || next === document.body) break;
    around = next;
    if (next === document.fullscreenElement) return next;
    const box = next.getBoundingClientRect();
    if (box.width * box.height <= width * height * LARGER) player = next;
    else if (!document.fullscreenElement) break;
  }
  return player;
}

function* sliders(within: Element | ShadowRoot): Generator<Element> {
  const own = within instanceof Element ? chromeApi.shadowRootOf(within as HTMLElement) : null;
  if (own) yield* sliders(own);
  yield* within.querySelectorAll(SLIDERS);
  for (const element of within.querySelectorAll("*"))
    if (element.localName.includes("-")) {
      const root = chromeApi.shadowRootOf(element as HTMLElement);
      if (root) yield* sliders(root);
    }
}
