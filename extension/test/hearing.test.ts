import { describe, expect, it } from "vitest";
import { Agreement } from "../src/hearing/agreement.ts";
import { Breaker } from "../src/hearing/breaker.ts";
import { Tape } from "../src/hearing/tape.ts";
import { windows } from "../src/hearing/windows.ts";

const RATE = 16_000;

describe("words while they are spoken", () => {
  it("are stable once two decodes agree on them, and stay", () => {
    const agreement = new Agreement();
    expect(agreement.hear("the")).toEqual({ stable: "", unstable: "the" });
    expect(agreement.hear("The music")).toEqual({ stable: "The", unstable: "music" });
    expect(agreement.hear("the music, is")).toEqual({ stable: "The music,", unstable: "is" });
    expect(agreement.hear("a cat")).toEqual({ stable: "The music,", unstable: "" });
  });
});

describe("the tape", () => {
  const block = (from: number) => Int16Array.from({ length: 320 }, (_, at) => from + at);

  it("gives any stretch that it still has", () => {
    const tape = new Tape();
    for (let at = 0; at < 3200; at += 320) tape.take(block(at), 1000 + (at + 320) / RATE);
    expect([...tape.cut(315, 325)]).toEqual([315, 316, 317, 318, 319, 320, 321, 322, 323, 324]);
    tape.forget(700);
    expect(tape.cut(0, 960)[0]).toBe(640);
    expect(tape.cut(3190, 9999)).toHaveLength(10);
  });

  it("knows when a sample was recorded, though blocks come late", () => {
    const tape = new Tape();
    for (let number = 0; number < 50; number += 1) {
      const late = number % 7 ? 0.05 : 0;
      tape.take(block(0), 1000 + ((number + 1) * 320) / RATE + late);
    }
    expect(tape.capturedAt(320 * 25)).toBeCloseTo(1000.5, 6);
  });

  it("goes by the clock anew after a pause", () => {
    const tape = new Tape();
    tape.take(block(0), 1000.02);
    tape.forgetClock();
    tape.take(block(0), 1060.02);
    expect(tape.capturedAt(320)).toBeCloseTo(1060, 6);
  });
});

describe("long speech", () => {
  it("is cut where it is quietest, and nothing is lost", () => {
    const pcm = new Int16Array(50 * RATE).fill(1000);
    pcm.fill(0, 26 * RATE, 26.1 * RATE);
    const cut = windows(pcm);
    expect(cut.map((part) => part.length).reduce((sum, length) => sum + length)).toBe(pcm.length);
    expect(cut).toHaveLength(2);
    expect((cut[0]?.length ?? 0) / RATE).toBeCloseTo(26, 0);
    expect(Math.max(...cut.map((part) => part.length))).toBeLessThanOrEqual(28 * RATE);
  });

  it("stays whole where it is short", () => {
    expect(windows(new Int16Array(RATE))).toHaveLength(1);
  });
});

describe("the breaker", () => {
  it("lets twice try again within a minute, and anew when that is over", () => {
    let now = 0;
    const breaker = new Breaker(3, 60_000, () => now);
    expect([1, 2, 3].map(() => breaker.mayTryAgain())).toEqual([true, true, false]);
    now = 61_000;
    expect(breaker.mayTryAgain()).toBe(true);
  });

  it("forgets when somebody asks for it", () => {
    const breaker = new Breaker(2);
    breaker.mayTryAgain();
    breaker.reset();
    expect(breaker.mayTryAgain()).toBe(true);
  });
});
