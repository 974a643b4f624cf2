import { describe, expect, it } from "vitest";
import { OverlayNotes, opacityOf, placeOn } from "../src/content/overlay_notes.ts";
import type { OverlayNote } from "../src/shared/messages.ts";

const note = (id: string, more: Partial<OverlayNote> = {}): OverlayNote => ({
  id,
  turn: `turn-${id}`,
  start: 5,
  end: null,
  category: "audio",
  text: "The music is too loud",
  confidence: 0.8,
  status: "ghost",
  ...more,
});

describe("the notes of a video's overlays", () => {
  it("are ghosts to decide about, then marks on the time line", () => {
    const notes = new OverlayNotes();
    expect(notes.take({ put: [note("a")] }).kept).toBe(false);
    expect(notes.ghosts.map(({ id }) => id)).toEqual(["a"]);
    expect(notes.marks).toEqual([]);
    expect(notes.take({ put: [note("a", { status: "firmed" })] }).kept).toBe(true);
    expect(notes.ghosts).toEqual([]);
    expect(notes.marks.map(({ id }) => id)).toEqual(["a"]);
  });
  it("stand in the order of the video", () => {
    const notes = new OverlayNotes();
    notes.take({
      reset: [note("late", { start: 9, status: "posted" }), note("early", { start: 1, status: "failed" })],
    });
    expect(notes.marks.map(({ id }) => id)).toEqual(["early", "late"]);
  });
  it("are gone when they are scratched, merged away or deleted", () => {
    const notes = new OverlayNotes();
    notes.take({ put: [note("a"), note("b", { status: "firmed" }), note("c", { status: "firmed" })] });
    notes.take({ put: [note("a", { status: "cancelled" }), note("b", { status: "archived" })], drop: ["c"] });
    expect(notes.isEmpty).toBe(true);
  });
  it("begin anew with a reset", () => {
    const notes = new OverlayNotes();
    notes.take({ put: [note("a")] });
    notes.take({ reset: [note("b", { status: "firmed" })] });
    expect(notes.get("a")).toBeUndefined();
    expect(notes.get("b")?.status).toBe("firmed");
  });
  it("cover the video with few ghosts, the newest", () => {
    const notes = new OverlayNotes();
    notes.take({ put: ["a", "b", "c", "d"].map((id) => note(id)) });
    expect(notes.ghosts.map(({ id }) => id)).toEqual(["b", "c", "d"]);
  });
});

describe("how a note is shown", () => {
  it.each([
    [0, 0.55],
    [0.5, 0.775],
    [1, 1],
  ])("with confidence %f it has the opacity %f", (confidence, opacity) =>
    expect(opacityOf(note("a", { confidence }))).toBeCloseTo(opacity),
  );
  it.each([
    [0, 20, 0],
    [5, 20, 0.25],
    [20, 20, 1],
    [21, 20, null],
    [-1, 20, null],
    [5, Number.NaN, null],
    [5, 0, null],
  ])("at %f s of %f s it stands at %f", (seconds, duration, place) => expect(placeOn(seconds, duration)).toBe(place));
});
