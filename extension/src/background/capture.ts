/**
 * Pictures of a tab's video: by its own page if the site lets it read them, else cut out of what the tab shows. The
 * latter the browser allows twice a second, of the tab in front, where the reviewer let Lossy look.
 */
import { fromBase64 } from "../shared/base64.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { FromOffscreen, Grabbed, Picture, Place } from "../shared/messages.ts";
import { toWebp } from "../shared/pictures.ts";
import { readState, tellVideo } from "./state.ts";

const APART_MS = 500;
const LEAST_SHARE = 0.5;
let capturedAt = Number.NEGATIVE_INFINITY;

type NoPicture = { none: string };
type Box = { left: number; top: number; width: number; height: number };

export async function grab({ tab, at }: Extract<FromOffscreen, { type: "grab_frame" }>): Promise<Picture | NoPicture> {
  const grabbed = (await tellVideo(tab, { to: "content", type: "grab_frame", at })) as Grabbed | undefined | null;
  if (!grabbed || "refused" in grabbed) return { none: "the page does not answer" };
  if (!("place" in grabbed)) return grabbed;
  const { place, ...moment } = grabbed;
  const found = await cutOut(tab, place).catch(({ message }: Error) => ({ none: message }));
  // Who does not answer is not there any more, and the picture may be of what took its place.
  const isThere = await tellVideo(tab, { to: "content", type: "picture_taken" });
  if (isThere === undefined) return { none: "the page went away" };
  return "none" in found ? found : { ...moment, ...found };
}

async function cutOut(tab: number, own: Place): Promise<{ webp: string } | NoPicture> {
  const place = await inTab(tab, own);
  if (!place) return { none: "the frame of the video is not found on its page" };
  if (performance.now() - capturedAt < APART_MS) return { none: "the last picture of a tab was taken just now" };
  capturedAt = performance.now();
  const shown = await chromeApi.captureTab(tab);
  if (!shown) return { none: "the tab is not in front" };
  const picture = await createImageBitmap(new Blob([fromBase64(shown)]));
  const { left, top, width, height, pixelRatio: ratio } = place;
  const box = { left: left * ratio, top: top * ratio, width: width * ratio, height: height * ratio };
  const seen = overlap(box, { left: 0, top: 0, width: picture.width, height: picture.height });
  if (seen.width * seen.height < LEAST_SHARE * box.width * box.height) return { none: "the video is out of sight" };
  return { webp: await toWebp(picture, seen) };
}

/** Where something in a frame stands in the tab; null if that can't be told. */
async function inTab(tab: number, place: Place): Promise<Place | null> {
  const { tabs, frames } = await readState();
  const isPage = frames[tab]?.some(({ document, frame }) => document === tabs[tab]?.document && frame === 0);
  if (isPage) return place;
  if (place.depth !== 1) return null;
  const frame = (await chromeApi.sendToTab(tab, {
    to: "content",
    type: "find_frame",
    ...place.window,
  })) as Place | null;
  if (!frame || "refused" in frame) return null;
  const seen = overlap(place, { left: 0, top: 0, ...place.window });
  return { ...frame, ...seen, left: frame.left + seen.left, top: frame.top + seen.top };
}

function overlap(one: Box, other: Box): Box {
  const [left, top] = [Math.max(one.left, other.left), Math.max(one.top, other.top)];
  const right = Math.min(one.left + one.width, other.left + other.width);
  const bottom = Math.min(one.top + one.height, other.top + other.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}
