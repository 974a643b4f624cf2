import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox, type Sent } from "../src/offscreen/outbox.ts";
import { Positions } from "../src/offscreen/positions.ts";
import type { Remark } from "../src/shared/wire.ts";

const ANN = { server: "https://lossy.example", email: "ann@example.org" };
const BEN = { server: "https://lossy.example", email: "ben@example.org" };

const remark = (id: string, said_at: number): Remark => ({
  id: id.padEnd(32, "0"),
  video: { url: "https://films.example/one" },
  text: `Remark ${id}`,
  position: 1,
  rate: 0,
  said_at,
  confidence: 0.8,
  model: "demo",
  recording: null,
  first_sample: null,
});

describe("the outbox", () => {
  let sent: string[];
  let answers: Sent[];
  let waiting: number;
  const outbox = () =>
    new Outbox(
      async ({ text }) => {
        const answer = answers.shift() ?? { outcome: "taken" };
        if (answer.outcome !== "later") sent.push(text);
        return answer;
      },
      (count) => (waiting = count),
    );

  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    [sent, answers, waiting] = [[], [], -1];
  });
  afterEach(() => vi.useRealTimers());

  it("keeps remarks over a new document, and sends them in the order in which they were said", async () => {
    const before = outbox();
    await before.keep(ANN, remark("b", 2), false);
    await before.keep(ANN, remark("a", 1), false);
    expect(waiting).toBe(2);
    const after = outbox();
    await after.flush(ANN);
    expect(sent).toEqual(["Remark a", "Remark b"]);
    expect(await after.count(ANN)).toBe(0);
    expect(waiting).toBe(0);
  });
  it("sends nothing of somebody else, and keeps it", async () => {
    const one = outbox();
    await one.keep(ANN, remark("a", 1), false);
    await one.flush(BEN);
    expect(sent).toEqual([]);
    expect(await one.count(ANN)).toBe(1);
    await one.wipe(BEN);
    expect(await one.count(ANN)).toBe(1);
    await one.wipe(ANN);
    expect(await one.count(ANN)).toBe(0);
  });
  it("tries again what can't be sent now", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const one = outbox();
    await one.keep(ANN, remark("a", 1), false);
    answers = [{ outcome: "later" }];
    await one.flush(ANN);
    expect(await one.count(ANN)).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.waitFor(() => expect(sent).toEqual(["Remark a"]));
  });
  it("keeps what the server refuses, with its reason, and goes on with the next", async () => {
    const one = outbox();
    await one.keep(ANN, remark("a", 1), false);
    await one.keep(ANN, remark("b", 2), false);
    answers = [{ outcome: "refused", message: "The video is gone." }];
    await one.flush(ANN);
    expect(sent).toEqual(["Remark a", "Remark b"]);
    expect(await one.refused(ANN)).toEqual([{ text: "Remark a", problem: "The video is gone." }]);
    expect(await one.count(ANN)).toBe(0);
  });
  it("leaves to others what they have in hand", async () => {
    const one = outbox();
    const said = remark("a", 1);
    await one.keep(ANN, said, true);
    await one.flush(ANN);
    expect(sent).toEqual([]);
    one.letGo([said.id]);
    await one.flush(ANN);
    expect(sent).toEqual(["Remark a"]);
  });
  it("knows what an account chose last", async () => {
    await outbox().keepChoices(ANN, { engine: "browser" });
    expect(await outbox().choicesOf(ANN)).toEqual({ engine: "browser" });
    expect(await outbox().choicesOf(BEN)).toBeNull();
  });
});

describe("where a player stood", () => {
  const report = (at: number, position: number, playing: boolean, rate = 1) => ({ at, position, playing, rate });
  it("is reckoned from the last report before", () => {
    const positions = new Positions();
    positions.take([report(100, 10, true, 2), report(105, 20, false)]);
    expect(positions.at(103)).toEqual({ position: 16, rate: 2 });
    expect(positions.at(110)).toEqual({ position: 20, rate: 0 });
  });
  it("takes reports once, however often they are told", () => {
    const positions = new Positions();
    positions.take([report(100, 10, false)]);
    positions.take([report(100, 10, false), report(101, 12, false)]);
    expect(positions.at(102).position).toBe(12);
  });
  it("is its beginning where nobody told", () => {
    expect(new Positions().at(5)).toEqual({ position: 0, rate: 0 });
  });
});
