import { describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../src/hearing/frame.ts";
import { type Edge, Gate, SENSITIVITIES } from "../src/hearing/gate.ts";

const frames = (seconds: number) => Math.round((seconds * 16_000) / FRAME_SAMPLES);
const seconds = (sample: number) => sample / 16_000;

/** What a gate tells of stretches of [probability, seconds]. */
function heard(gate: Gate, ...stretches: [number, number][]): Edge[] {
  const edges: Edge[] = [];
  for (const [probability, length] of stretches)
    for (let frame = 0; frame < frames(length); frame += 1) {
      const edge = gate.hear(probability);
      if (edge) edges.push(edge);
    }
  return edges;
}

describe("where speech begins and ends", () => {
  it("names the moment it began, with what was said just before it was certain", () => {
    const [began] = heard(new Gate(SENSITIVITIES.quiet), [0, 2], [0.9, 1]);
    expect(began?.edge).toBe("began");
    expect(seconds(began?.onset ?? 0)).toBeCloseTo(2, 1);
    expect(seconds(began?.start ?? 0)).toBeCloseTo(1.5, 1);
  });

  it("ends a little after the last speech, once it was silent long enough", () => {
    const [, ended] = heard(new Gate(SENSITIVITIES.quiet), [0, 1], [0.9, 2], [0, 2]);
    expect(ended).toMatchObject({ edge: "ended", isForced: false });
    if (ended?.edge !== "ended") throw new Error("no end");
    expect(seconds(ended.lastSpeech)).toBeCloseTo(3, 1);
    expect(seconds(ended.end)).toBeCloseTo(3.3, 1);
  });

  it("goes on over a short pause, and over frames that are less sure", () => {
    const edges = heard(new Gate(SENSITIVITIES.quiet), [0.9, 1], [0, 0.4], [0.9, 0.5], [0.4, 1], [0, 1]);
    expect(edges.map(({ edge }) => edge)).toEqual(["began", "ended"]);
  });

  it("takes a click for no speech, however often it comes", () => {
    const clicks = Array.from({ length: 200 }, (): [number, number][] => [
      [0.95, 0.1],
      [0.05, 0.3],
    ]);
    expect(heard(new Gate(SENSITIVITIES.quiet), ...clicks.flat())).toEqual([]);
  });

  it("gives the next utterance its pre-roll, but nothing of the one before", () => {
    const edges = heard(new Gate(SENSITIVITIES.quiet), [0.9, 1], [0, 0.7], [0.9, 1], [0, 1]);
    const [, first, second] = edges;
    if (first?.edge !== "ended" || second?.edge !== "began") throw new Error("other edges");
    expect(second.start).toBeGreaterThanOrEqual(first.end);
    expect(second.onset - second.start).toBeGreaterThan(0);
  });

  it("ends what never ends within a minute, and hears what comes after", () => {
    const edges = heard(new Gate(SENSITIVITIES.quiet), [0.9, 125]);
    expect(edges.map(({ edge }) => edge)).toEqual(["began", "ended", "began", "ended", "began"]);
    for (const edge of edges) if (edge.edge === "ended") expect(seconds(edge.end - edge.start)).toBeLessThan(60);
  });

  it("ends at once what is being said when no more comes", () => {
    const gate = new Gate(SENSITIVITIES.quiet);
    heard(gate, [0.9, 1]);
    expect(gate.flush()?.edge).toBe("ended");
    expect(gate.flush()).toBeNull();
  });

  it.each([
    [0.4, ["soft"]],
    [0.6, ["quiet", "soft"]],
    [0.9, ["quiet", "noisy", "soft"]],
  ])("at %d is heard by %j", (probability, by) => {
    const names = Object.entries(SENSITIVITIES).filter(([, one]) => heard(new Gate(one), [probability, 1]).length > 0);
    expect(names.map(([name]) => name)).toEqual(by);
  });
});
