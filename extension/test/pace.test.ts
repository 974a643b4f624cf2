import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Pace } from "../src/content/pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function paced(costMs: number) {
  let done = 0;
  const work = () => {
    done += 1;
    vi.setSystemTime(Date.now() + costMs);
    vi.spyOn(performance, "now").mockImplementation(() => Date.now());
  };
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
  const pace = new Pace(work, { leastMs: 250, mostMs: 4_000, times: () => 2_000 });
  return { pace, done: () => done };
}

it("does at once what is asked for once", () => {
  const { pace, done } = paced(0);
  pace.soon();
  expect(done()).toBe(1);
});

it("does a thousand wishes as one, when its time has come", () => {
  const { pace, done } = paced(0);
  for (let wish = 0; wish < 1000; wish += 1) pace.soon();
  vi.advanceTimersByTime(10_000);
  expect(done()).toBe(2);
});

it("waits longer for what is dear, but not for ever", () => {
  const { pace, done } = paced(1);
  pace.soon();
  pace.soon();
  vi.advanceTimersByTime(1_900);
  expect(done()).toBe(1);
  vi.advanceTimersByTime(200);
  expect(done()).toBe(2);
  const dear = paced(50);
  dear.pace.soon();
  dear.pace.soon();
  vi.advanceTimersByTime(4_000);
  expect(dear.done()).toBe(2);
});

it("does nothing once it is over", () => {
  const { pace, done } = paced(0);
  pace.soon();
  pace.soon();
  pace.destroy();
  pace.soon();
  vi.advanceTimersByTime(10_000);
  expect(done()).toBe(1);
});
