import { describe, expect, it } from "vitest";
import { readFromFrame } from "../src/shared/bridge.ts";

describe("a command of the frame", () => {
  it.each([
    { type: "hello" },
    { type: "ask_ticket" },
    { type: "press", mode: "one_note" },
    { type: "seek", position: 12.5 },
    { type: "open", what: "options" },
  ])("is taken when it is one: $type", (message) => {
    expect(readFromFrame(message)).toEqual(message);
  });

  it.each([
    null,
    undefined,
    "hello",
    [],
    {},
    { type: "constructor" },
    { type: "__proto__" },
    { type: "press" },
    { type: "press", mode: "both" },
    { type: "press", mode: "one_note", tab: 3 },
    { type: "seek", position: "12" },
    { type: "seek", position: -1 },
    { type: "seek", position: Number.NaN },
    { type: "seek", position: Number.POSITIVE_INFINITY },
    { type: "open", what: "https://example.org" },
    { type: "sign_out" },
    { to: "worker", type: "ask_credentials" },
  ])("is dropped when it is not: %j", (message) => {
    expect(readFromFrame(message)).toBeNull();
  });
});
