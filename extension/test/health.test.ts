import type { Connection } from "lossy/connection.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Health } from "../src/offscreen/health.ts";

type News = { namespace: string; connected: boolean };

describe("how this browser fares", () => {
  let told: object[];
  let isThere: boolean;
  let change: (news: News) => void;
  const choices = { reportHealth: true };
  const health = () =>
    new Health(
      {
        on: (listener: (news: News) => void) => (change = listener),
        receive: () => undefined,
        request: async (_namespace: string, _event: string, body: object) => {
          if (!isThere) throw new Error("offline");
          told.push(body);
        },
      } as unknown as Connection,
      choices,
    );

  beforeEach(() => {
    vi.useFakeTimers();
    [told, isThere, choices.reportHealth] = [[], true, true];
  });
  afterEach(() => vi.useRealTimers());

  it("is told once a minute, if there is something", async () => {
    const one = health();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
    change({ namespace: "/user", connected: true });
    change({ namespace: "/user", connected: false });
    change({ namespace: "/user", connected: true });
    one.droppedFrame();
    one.recognised(0.4);
    await vi.advanceTimersByTimeAsync(60_000);
    const counts = { reconnects: 1, audio_gaps: 0, dropped_frames: 1 };
    expect(told).toEqual([{ ...counts, inference_seconds: [0.4] }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.length).toBe(1);
  });
  it("is told later if nobody is there", async () => {
    const one = health();
    one.recognised(0.4);
    isThere = false;
    await one.report();
    isThere = true;
    one.recognised(0.5);
    await one.report();
    expect(told).toMatchObject([{ inference_seconds: [0.4, 0.5] }]);
  });
  it("is nobody's business unless the reviewer says so", async () => {
    choices.reportHealth = false;
    const one = health();
    one.recognised(0.4);
    await one.report();
    choices.reportHealth = true;
    await one.report();
    expect(told).toEqual([]);
  });
});
