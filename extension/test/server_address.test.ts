import { describe, expect, it } from "vitest";
import { readServerAddress } from "../src/shared/server_address.ts";

describe("a server's address as it is typed", () => {
  it.each([
    ["http://127.0.0.1:4711/review", "http://127.0.0.1:4711"],
    [" localhost:4000 ", "http://localhost:4000"],
    ["https://lossy.example.org/", "https://lossy.example.org"],
  ])("%s means %s", (typed, origin) => expect(readServerAddress(typed)).toBe(origin));

  it.each([
    ["", "Type the address"],
    ["banana", "begins with https://"],
    ["ftp://example.org", "begins with https://"],
    ["http://example.org", "travel unprotected"],
    ["http://127.0.0.1.example.org", "travel unprotected"],
    ["https://ann:secret@example.org", "Leave name and password out"],
  ])("“%s” is refused in words", (typed, words) => expect(() => readServerAddress(typed)).toThrow(words));
});
