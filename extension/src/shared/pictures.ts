/** How pictures of a video are made: small enough to be sent unnoticed, large enough for a model that sees. */
import { toBase64 } from "./base64.ts";

const LONG_SIDE = 960;
const QUALITY = 0.8;

/** Draw a part of something, scaled down, and give it as WebP in base64; a `SecurityError` where its site forbids it. */
export async function toWebp(
  source: CanvasImageSource,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Promise<string> {
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const canvas = new OffscreenCanvas(wide, high);
  canvas.getContext("2d", { alpha: false })?.drawImage(source, left, top, width, height, 0, 0, wide, high);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: QUALITY });
  return toBase64(new Uint8Array(await blob.arrayBuffer()));
}
