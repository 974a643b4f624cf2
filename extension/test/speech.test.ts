import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PauseWhileSpeaking } from "../src/content/speech.ts";
import type { Microphone } from "../src/shared/messages.ts";

const microphone = (state: Microphone["state"], mode: Microphone["mode"]): Microphone => ({
  state,
  mode,
  tab: 1,
  problem: null,
  recording: null,
});

describe("the video stands still while somebody speaks", () => {
  let did: string[];
  let speaking: PauseWhileSpeaking;
  beforeEach(() => {
    vi.useFakeTimers();
    did = [];
    speaking = new PauseWhileSpeaking({
      pauseForSpeech: () => did.push("pause"),
      resumeAfterSpeech: () => did.push("resume"),
    });
  });
  afterEach(() => vi.useRealTimers());

  it("from the press to the end, for one note", () => {
    speaking.listen(microphone("opening", "one_note"), true);
    speaking.listen(microphone("open", "one_note"), true);
    speaking.hear("began");
    speaking.hear("ended");
    vi.advanceTimersByTime(600);
    expect(did).toEqual(["pause"]);
    speaking.listen(microphone("off", "one_note"), true);
    expect(did).toEqual(["pause", "resume"]);
  });
  it("from the first sound to half a second after the last, hands-free", () => {
    speaking.listen(microphone("open", "hands_free"), true);
    expect(did).toEqual([]);
    speaking.hear("began");
    speaking.hear("ended");
    vi.advanceTimersByTime(400);
    speaking.hear("began");
    speaking.hear("ended");
    vi.advanceTimersByTime(499);
    expect(did).toEqual(["pause", "pause"]);
    vi.advanceTimersByTime(1);
    expect(did).toEqual(["pause", "pause", "resume"]);
  });
  it.each(["one_note", "hands_free"] as const)("but not where the reviewer does not want it: %s", (mode) => {
    speaking.listen(microphone("opening", mode), false);
    speaking.listen(microphone("open", mode), false);
    speaking.hear("began");
    expect(did).toEqual([]);
  });
});
