/**
 * Takes a picture of the video as it is presented. A site may forbid its own page to read a video's pixels; then the
 * worker is told where on the page the picture stands, and takes it from there.
 */
import type { Grabbed, Place } from "../shared/messages.ts";
import { toWebp } from "../shared/pictures.ts";
import { dropCurtain } from "./curtain.ts";

/** A playing video presents its next picture by then, unless it waits for data; then the last one is still shown. */
const PRESENTS_WITHIN_MS = 700;
const STANDS_WITHIN_SECONDS = 1;

/** Take the picture that is shown now; with `at`, only if that is the second of the video where the player stands. */
export async function grabFrame(video: HTMLVideoElement | null, at: number | null): Promise<Grabbed> {
  if (!video) return { none: "there is no video" };
  if (at !== null && Math.abs(video.currentTime - at) > STANDS_WITHIN_SECONDS)
    return { none: "the player stands elsewhere" };
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !video.videoWidth)
    return { none: "the video shows nothing yet" };
  const position = await presented(video);
  const moment = { position, captured_at: Date.now() / 1000 };
  const whole = { left: 0, top: 0, width: video.videoWidth, height: video.videoHeight };
  try {
    return { ...moment, webp: await toWebp(video, whole) };
  } catch (error) {
    if ((error as Error).name !== "SecurityError") throw error;
  }
  if (document.visibilityState !== "visible") return { none: "the page is not in front" };
  await dropCurtain();
  return { ...moment, place: placeOf(video) };
}

/** Wait until a picture is presented; gives its second. A video that stands presents none, and shows its last one. */
function presented(video: HTMLVideoElement): Promise<number> {
  if (video.paused && !video.seeking) return Promise.resolve(video.currentTime);
  return new Promise((resolve) => {
    const wait = setTimeout(() => {
      video.cancelVideoFrameCallback(asked);
      resolve(video.currentTime);
    }, PRESENTS_WITHIN_MS);
    const asked = video.requestVideoFrameCallback((_, { mediaTime }) => {
      clearTimeout(wait);
      resolve(mediaTime);
    });
  });
}

/** Where in this frame's window the picture stands, without the bars beside it. */
function placeOf(video: HTMLVideoElement): Place {
  let { left, top, width, height } = video.getBoundingClientRect();
  if (getComputedStyle(video).objectFit === "contain") {
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
    [left, top, width, height] = [left + (width - wide) / 2, top + (height - high) / 2, wide, high];
  }
  return { left, top, width, height, ...standing() };
}

function standing(): Pick<Place, "window" | "depth" | "pixelRatio"> {
  let [depth, one]: [number, Window] = [0, window];
  while (one !== one.parent) [depth, one] = [depth + 1, one.parent];
  return { window: { width: innerWidth, height: innerHeight }, depth, pixelRatio: devicePixelRatio };
}

/** Where the one frame of this page with that size inside stands; null if there is none, or there are several. */
export function findFrame({ width, height }: { width: number; height: number }): Place | null {
  const frames = [...document.querySelectorAll("iframe")].filter(
    (one) => one.clientWidth === width && one.clientHeight === height,
  );
  const [frame] = frames;
  if (!frame || frames.length > 1) return null;
  const { left, top } = frame.getBoundingClientRect();
  return {
    left: left + frame.clientLeft,
    top: top + frame.clientTop,
    width,
    height,
    ...standing(),
  };
}
