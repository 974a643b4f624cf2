import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MainVideo } from "../src/content/main_video.ts";

const chrome = { dom: { openOrClosedShadowRoot: (element: Element) => element.shadowRoot } };
vi.stubGlobal("chrome", chrome);
vi.stubGlobal("requestIdleCallback", (work: () => void) => setTimeout(work));

interface Shown {
  width?: number;
  height?: number;
  top?: number;
  playing?: boolean;
  into?: ParentNode;
}

function addVideo(id: string, { width = 640, height = 360, top = 0, playing, into = document.body }: Shown = {}) {
  const video = document.createElement("video");
  video.id = id;
  video.getBoundingClientRect = () => new DOMRect(0, top, width, height);
  video.checkVisibility = () => true;
  Object.defineProperty(video, "played", { value: { length: 0 } });
  Object.defineProperty(video, "paused", { value: !playing });
  into.append(video);
  return video;
}

describe("the main video of a page", () => {
  const told: (string | null)[] = [];
  const mains: MainVideo[] = [];

  function follow(isHeld = () => false): MainVideo {
    const main = new MainVideo(
      (video) => told.push(video?.id ?? null),
      () => {},
      isHeld,
    );
    mains.push(main);
    main.start();
    return main;
  }

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    document.body.replaceChildren();
    document.elementsFromPoint = () => [];
    told.length = 0;
  });
  afterEach(() => {
    for (const main of mains.splice(0)) main.destroy();
    vi.useRealTimers();
  });

  it("is none where there is none, or none that takes room", () => {
    addVideo("hidden", { width: 0, height: 0 });
    expect(follow().video).toBeNull();
  });

  it("is another one when the page puts in another player", async () => {
    follow();
    const first = addVideo("first");
    await pass(5_000);
    first.remove();
    await pass(5_000);
    addVideo("second");
    await pass(5_000);
    expect(told).toEqual(["first", null, "second"]);
  });

  it("stays while another is only a little better", async () => {
    addVideo("film");
    const main = follow();
    addVideo("larger", { width: 700 });
    await pass(5_000);
    expect(main.video?.id).toBe("film");
    addVideo("much larger", { width: 1000, height: 560 });
    await pass(5_000);
    expect(main.video?.id).toBe("much larger");
  });

  it("stays while Lossy holds it", async () => {
    addVideo("film");
    const main = follow(() => true);
    addVideo("teaser", { playing: true, width: 320, height: 180 });
    await pass(5_000);
    expect(main.video?.id).toBe("film");
  });

  it("is found in a shadow tree in a shadow tree, and when that is made later", async () => {
    const main = follow();
    const outer = document.createElement("div");
    const inner = document.createElement("x-player");
    document.body.append(outer);
    await pass(5_000);
    document.elementsFromPoint = () => [outer];
    outer.attachShadow({ mode: "open" }).append(inner);
    addVideo("film", { into: inner.attachShadow({ mode: "open" }) });
    await pass(5_000);
    expect(main.video?.id).toBe("film");
  });

  it("is told of no more once it is over", async () => {
    const main = follow();
    addVideo("film");
    await pass(5_000);
    main.destroy();
    addVideo("later", { width: 1280, height: 720 });
    await pass(60_000);
    expect(told).toEqual(["film"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
