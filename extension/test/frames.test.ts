import { beforeEach, describe, expect, it } from "vitest";
import { addFrame, bestFrame, contextOf, removeFrames } from "../src/background/frames.ts";
import type { State } from "../src/background/state.ts";
import type { FrameVideo } from "../src/shared/messages.ts";

const TAB = 7;
const PAGE = {
  window: 1,
  tab: TAB,
  frame: 0,
  document: "page",
  origin: "https://blog.example",
  page: null,
  title: null,
};
const FRAME = { ...PAGE, frame: 3, origin: "https://player.example", page: "https://blog.example/a?utm_source=x" };

describe("what the server is told of a frame's video", () => {
  it("is the page's address without what does not matter", () => {
    const told = contextOf(PAGE, { url: "https://blog.example/a?fbclid=1#t", title: "A" });
    expect(told).toEqual({ url: "https://blog.example/a", title: "A" });
  });
  it("is the page around the frame if nobody knows the player", () => {
    const told = contextOf({ ...FRAME, title: "Blog" }, { url: "https://player.example/p/1", title: "Player" });
    expect(told).toEqual({ url: "https://blog.example/a", title: "Blog" });
  });
  it("is the platform's video if the player is a platform's", () => {
    const sender = { ...FRAME, origin: "https://player.vimeo.com" };
    const told = contextOf(sender, { url: "https://player.vimeo.com/video/76979871", title: "Film" });
    expect(told).toEqual({ url: "https://vimeo.com/76979871", title: "Film" });
  });
  it("is the frame's address where the page around it is hidden from us", () => {
    const told = contextOf({ ...FRAME, page: null }, { url: "https://player.example/p/1", title: "Player" });
    expect(told?.url).toBe("https://player.example/p/1");
  });
  it.each(["https://elsewhere.example/", "about:blank", "", "nonsense"])("is nothing for %s", (url) =>
    expect(contextOf(PAGE, { url, title: "" })).toBeNull(),
  );
});

describe("a tab's frames", () => {
  let state: Pick<State, "frames" | "tabs">;
  const video = (document: string, frame: number, score: number): FrameVideo => ({
    ...{ document, frame, score, player: document, address: "https://e.org/" },
    context: { url: "https://e.org/" },
  });
  const best = () => bestFrame(state, TAB)?.document;
  const choose = (document: string) => {
    state.tabs[TAB] = { document } as State["tabs"][number];
  };

  beforeEach(() => {
    state = { frames: {}, tabs: {} };
  });

  it("have one best video, and keep it while another is only a little better", () => {
    addFrame(state, TAB, video("page", 0, 100));
    choose("page");
    addFrame(state, TAB, video("advert", 3, 140));
    expect(best()).toBe("page");
    addFrame(state, TAB, video("player", 4, 900));
    expect(best()).toBe("player");
    removeFrames(state, TAB, ["player", "advert"]);
    expect(best()).toBe("page");
    removeFrames(state, TAB, ["page"]);
    expect(best()).toBeUndefined();
    expect(state.frames).toEqual({});
  });

  it("end when another page takes the place", () => {
    addFrame(state, TAB, video("old", 0, 900));
    choose("old");
    expect(addFrame(state, TAB, video("new", 0, 10)).isFirst).toBe(false);
    expect(best()).toBe("new");
  });

  it("are asked whether they live when a new one comes beside them", () => {
    addFrame(state, TAB, video("old frame", 5, 900));
    expect(addFrame(state, TAB, video("new", 0, 10)).isFirst).toBe(true);
    expect(addFrame(state, TAB, video("new", 0, 20)).isFirst).toBe(false);
  });
});
