/** The addresses that the Python tests read too: both sides name every video alike. */
import { expect, test } from "vitest";
import golden from "../../tests/golden/video_urls.json";
import { identifyUrl, isSameVideo } from "../src/shared/video_url.ts";

test.each(golden)("$platform, $why: $address", ({ address, platform, id, url }) => {
  expect(identifyUrl(address)).toEqual({ platform, id, url });
  expect(isSameVideo(address, url)).toBe(true);
});

test.each([
  "",
  "film",
  "ftp://example.org/f",
  "javascript:alert(1)",
  "about:srcdoc",
  `https://e.org/${"x".repeat(2048)}`,
])("%s is no video's address", (address) => expect(identifyUrl(address)).toBeNull());

test("different videos are told apart", () => {
  expect(isSameVideo("https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcq")).toBe(false);
  expect(isSameVideo("https://example.org/film?id=1", "https://example.org/film?id=2")).toBe(false);
  expect(isSameVideo("about:blank", "about:srcdoc")).toBe(false);
});
