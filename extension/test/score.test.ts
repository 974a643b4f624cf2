import { describe, expect, it } from "vitest";
import { choose, isOtherScore, type Look, scoreOf } from "../src/shared/score.ts";

const FILM: Look = {
  area: 640 * 360,
  visible: 640 * 360,
  playing: false,
  played: false,
  audible: true,
  controls: false,
  background: false,
  faded: false,
  empty: false,
};
const look = (other: Partial<Look> = {}): number => scoreOf({ ...FILM, ...other });
const small = { area: 320 * 180, visible: 320 * 180 };
const wide = { area: 1280 * 720, visible: 1280 * 720 };

describe("the score of a video", () => {
  it.each<[string, Partial<Look>, Partial<Look>]>([
    ["the larger one", {}, small],
    ["the one that plays, though another is larger", { ...small, playing: true }, {}],
    ["the one in view, though another plays out of it", {}, { visible: 0, playing: true }],
    ["the one with sound of two that play", { playing: true }, { playing: true, audible: false }],
    ["the one that was played", { played: true }, {}],
    ["the one with controls", { controls: true }, {}],
    [
      "the small one before a page's moving background",
      small,
      { ...wide, playing: true, audible: false, background: true },
    ],
    ["the one that is seen", small, { faded: true }],
    ["the one that has something to show", {}, { empty: true }],
    [
      "the film that stands, not a silent teaser beside it",
      { ...wide, played: true },
      { ...small, playing: true, audible: false },
    ],
    ["most of one, not a bit of another", {}, { visible: 640 * 120 }],
  ])("is highest for %s", (_, better, worse) => expect(look(better)).toBeGreaterThan(look(worse)));

  it("is 0 for what takes no room, and more for all else", () => {
    expect(look({ area: 0, visible: 0, playing: true })).toBe(0);
    expect(look({ visible: 0, background: true, faded: true, empty: true })).toBeGreaterThan(0);
  });
});

describe("the choice", () => {
  const [one, other] = [{ score: 100 }, { score: 140 }];

  it("is the best", () => expect(choose([one, other], () => false)).toBe(other));
  it("does not flutter", () => expect(choose([one, other], (it) => it === one)).toBe(one));
  it("changes for what is clearly better", () => {
    const best = { score: 151 };
    expect(choose([one, best], (it) => it === one)).toBe(best);
  });
  it("is none of none, and none of those that take no room", () => {
    expect(choose([], () => true)).toBeNull();
    expect(choose([{ score: 0 }], () => true)).toBeNull();
  });
});

it("a score is another one if it is clearly more or less, or begins or ends", () => {
  expect(isOtherScore(100, 120)).toBe(false);
  expect(isOtherScore(100, 200)).toBe(true);
  expect(isOtherScore(0, 0)).toBe(false);
  expect(isOtherScore(0, 1)).toBe(true);
});
