import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Frame } from "../src/panel/frame.ts";

const SERVER = "http://127.0.0.1:4000";

describe("the frame", () => {
  const heard: unknown[] = [];
  let silences = 0;
  let frame: Frame;

  beforeEach(() => {
    vi.useFakeTimers();
    heard.length = silences = 0;
    const listeners = { heard: (message: unknown) => heard.push(message), silent: () => (silences += 1) };
    frame = new Frame(`${SERVER}/panel`, "Lossy", listeners);
  });

  afterEach(() => {
    frame.close();
    vi.useRealTimers();
  });

  function post(data: unknown, origin: string, source: unknown = frame.element.contentWindow): void {
    const event = new MessageEvent("message", { data, origin });
    Object.defineProperty(event, "source", { value: source });
    dispatchEvent(event);
  }

  it("hears its own page", () => {
    post({ type: "hello" }, SERVER);
    expect(heard).toEqual([{ type: "hello" }]);
  });

  it("hears no other origin, no other window and nothing that is not on the list", () => {
    post({ type: "hello" }, "http://127.0.0.1:4001");
    post({ type: "hello" }, "https://example.org");
    post({ type: "hello" }, SERVER, window.parent.document);
    post({ type: "ask_credentials", to: "worker" }, SERVER);
    expect(heard).toEqual([]);
  });

  it("says that the page did not begin, once, and only if it did not", () => {
    vi.advanceTimersByTime(10_000);
    expect(silences).toBe(1);
    const other = new Frame(`${SERVER}/popup`, "Lossy", { heard: () => {}, silent: () => (silences += 1) });
    const hello = new MessageEvent("message", { data: { type: "hello" }, origin: SERVER });
    Object.defineProperty(hello, "source", { value: other.element.contentWindow });
    dispatchEvent(hello);
    vi.advanceTimersByTime(60_000);
    expect(silences).toBe(1);
    other.close();
  });
});
