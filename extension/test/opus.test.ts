import { Chunker, Outbox } from "lossy/chunks.js";
import { encodingFor, framed, leadOf } from "lossy/opus.js";
import { describe, expect, it } from "vitest";

const BOTH = ["pcm16", "opus"];

describe("how audio travels", () => {
  it.each(["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])("goes as samples to %s", (hostname) => {
    expect(encodingFor(hostname, BOTH, true)).toBe("pcm16");
  });

  it("goes as Opus to a distant server that knows it, if the browser does", () => {
    expect(encodingFor("lossy.example.org", BOTH, true)).toBe("opus");
    expect(encodingFor("127.0.0.1.example.org", BOTH, true)).toBe("opus");
    expect(encodingFor("lossy.example.org", ["pcm16"], true)).toBe("pcm16");
    expect(encodingFor("lossy.example.org", undefined, true)).toBe("pcm16");
    expect(encodingFor("lossy.example.org", BOTH, false)).toBe("pcm16");
  });

  it("frames each packet by its length", () => {
    const bytes = new Uint8Array(framed([new Uint8Array([7]), new Uint8Array(258).fill(9)]));
    expect([...bytes.slice(0, 6)]).toEqual([0, 1, 7, 1, 2, 9]);
    expect(bytes.length).toBe(2 + 1 + 2 + 258);
  });

  it("leads with whole packets, 80 ms at most", () => {
    expect([0, 100, 320, 700, 1600].map((length) => leadOf(new Int16Array(length)).length)).toEqual([
      0, 0, 320, 640, 1280,
    ]);
    expect([...leadOf(Int16Array.from({ length: 1600 }, (_, n) => n)).slice(0, 2)]).toEqual([320, 321]);
  });

  it("keeps with each chunk what was before it, also for another recording", () => {
    const chunker = new Chunker();
    const outbox = new Outbox();
    for (const value of [1, 2]) outbox.add(chunker.take(new Int16Array(1600).fill(value), 1e9 + value));
    for (const box of [outbox, outbox.renumbered()]) {
      const [first, second] = box.take();
      expect(first.before.length).toBe(0);
      expect([second.before.length, second.before[0]]).toEqual([1280, 1]);
    }
  });
});
