import { Playback } from "lossy/playback.js";
import { describe, expect, it, vi } from "vitest";

function filmAt(seconds: number) {
  const video = document.createElement("video");
  Object.defineProperty(video, "duration", { value: 100 });
  video.play = vi.fn(() => Promise.resolve());
  video.pause = vi.fn();
  video.currentTime = seconds;
  const playback = new Playback();
  playback.attach(video);
  return { video, playback };
}

describe("a player that is steered by voice", () => {
  it("goes where it is told, never beyond the end", () => {
    const { video, playback } = filmAt(5);
    playback.steer({ action: "seek", position: 42 });
    expect(video.currentTime).toBe(42);
    playback.steer({ action: "seek", position: 4200 });
    expect(video.currentTime).toBe(100);
  });

  it("plays and pauses", () => {
    const { video, playback } = filmAt(5);
    playback.steer({ action: "play", position: null });
    expect(video.play).toHaveBeenCalledOnce();
    playback.steer({ action: "pause", position: null });
    expect(video.pause).toHaveBeenCalledOnce();
  });

  it("stays paused after the speech if it was told to pause", () => {
    const { video, playback } = filmAt(5);
    playback.pausedByLossy = true;
    playback.steer({ action: "pause", position: null });
    playback.resumeAfterSpeech();
    expect(video.play).not.toHaveBeenCalled();
  });
});
