/**
 * What can be told of a picture without a model: dHash (Krawetz, "Kind of Like That", 2013), and whether it is black
 * all over, as those of protected videos are. The server looks again; this spares it pictures that it would not keep.
 */

const COLUMNS = 8;
const ROWS = 8;
const BLACK_LEVEL = 16;
const BLACK_SHARE = 0.995;
const LOOKED_AT = 96;

export interface Look {
  /** 64 bits: whether a place is brighter than the one to its left. */
  hash: boolean[];
  isBlack: boolean;
}

export async function lookAt(webp: Uint8Array<ArrayBuffer>): Promise<Look> {
  const blob = new Blob([webp], { type: "image/webp" });
  const [small, tiny] = await Promise.all([pixels(blob, LOOKED_AT, LOOKED_AT), pixels(blob, COLUMNS + 1, ROWS)]);
  return { hash: hashOf(tiny), isBlack: isBlack(small) };
}

/** Count the bits in which two hashes differ. */
export const distance = (one: boolean[], other: boolean[]): number =>
  one.filter((bit, place) => bit !== other[place]).length;

/** The hash of a picture of 9 by 8, four bytes to a pixel. */
export function hashOf(rgba: Uint8ClampedArray): boolean[] {
  const grey = Array.from({ length: (COLUMNS + 1) * ROWS }, (_, place) => {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(4 * place, 4 * place + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
  return Array.from({ length: COLUMNS * ROWS }, (_, bit) => {
    const place = bit + Math.floor(bit / COLUMNS);
    return (grey[place + 1] ?? 0) > (grey[place] ?? 0);
  });
}

export function isBlack(rgba: Uint8ClampedArray): boolean {
  let black = 0;
  for (let at = 0; at < rgba.length; at += 4)
    if (Math.max(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0) < BLACK_LEVEL) black += 1;
  return black > BLACK_SHARE * (rgba.length / 4);
}

async function pixels(blob: Blob, width: number, height: number): Promise<Uint8ClampedArray> {
  const size = { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" as const };
  const bitmap = await createImageBitmap(blob, size);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser draws nothing.");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}
