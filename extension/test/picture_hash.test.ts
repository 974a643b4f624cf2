import { describe, expect, it } from "vitest";
import { distance, hashOf, isBlack } from "../src/offscreen/picture_hash.ts";
import { fromBase64, toBase64 } from "../src/shared/base64.ts";

/** A picture of 9 by 8, grey as `shade` says. */
const picture = (shade: (column: number, row: number) => number) =>
  Uint8ClampedArray.from({ length: 9 * 8 * 4 }, (_, at) => {
    const place = Math.floor(at / 4);
    return at % 4 === 3 ? 255 : shade(place % 9, Math.floor(place / 9));
  });

describe("the hash of a picture", () => {
  it("says for each place whether it is brighter than the one to its left", () => {
    expect(hashOf(picture((column) => column * 20)).every(Boolean)).toBe(true);
    expect(hashOf(picture((column) => 200 - column * 20)).some(Boolean)).toBe(false);
  });

  it("stays as it is when all of it gets brighter, and is another one for another picture", () => {
    const one = hashOf(picture((column, row) => (column * 37 + row * 11) % 120));
    expect(distance(one, hashOf(picture((column, row) => ((column * 37 + row * 11) % 120) + 100)))).toBe(0);
    expect(distance(one, hashOf(picture((column, row) => (column * 53 + row * 29) % 120)))).toBeGreaterThan(10);
  });
});

it("takes a picture for black only if it is so all over", () => {
  expect(isBlack(picture(() => 15))).toBe(true);
  expect(isBlack(picture((column, row) => (column === 4 && row === 4 ? 80 : 0)))).toBe(false);
});

it("carries bytes as text, however many", () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, at) => at % 256);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});
