import type { Connection } from "lossy/connection.js";
import { describe, expect, it, vi } from "vitest";
import { Remarks, type Words } from "../src/offscreen/remarks.ts";

type Refusal = "offline" | "conflict" | "unavailable" | "invalid_input";
interface Sent {
  event: string;
  body: { recording: string; stable?: string; action?: string };
}

/** A server at the other end of the wire, that may be away or say no. */
class Server {
  sent: Sent[] = [];
  refuses: Refusal[] = [];
  isClosed = false;
  #changed: (news: { namespace: string; connected: boolean }) => void = () => {};

  on(listener: (news: { namespace: string; connected: boolean }) => void): void {
    this.#changed = listener;
  }

  async request(_namespace: string, event: string, body: Sent["body"]): Promise<object> {
    const code = event === "open_recording" ? undefined : this.refuses.shift();
    if (code) throw Object.assign(new Error(`no: ${code}`), { code });
    this.sent.push({ event, body });
    return event === "open_recording" ? { next_seq: 0, credit_bytes: 1, closed: this.isClosed } : { ok: true };
  }

  reconnect(): void {
    this.#changed({ namespace: "/audio", connected: false });
    this.#changed({ namespace: "/audio", connected: true });
  }

  get words(): (string | undefined)[] {
    return this.sent.filter(({ event }) => event === "transcript").map(({ body }) => body.stable);
  }

  get recordings(): string[] {
    return this.sent.filter(({ event }) => event === "open_recording").map(({ body }) => body.recording);
  }
}

async function begin(mode: "one_note" | "hands_free" = "hands_free") {
  const server = new Server();
  const told = { over: vi.fn(), refused: vi.fn(), ended: vi.fn() };
  const remarks = new Remarks(server as unknown as Connection, told);
  await remarks.begin({ session: "session-1", player: "p", mode });
  return { server, told, remarks };
}

const words = (stable: string): Words => ({
  first_sample: 0,
  samples: 1,
  captured_at: 2e9,
  stable,
  is_final: true,
  confidence: 1,
  model: "demo",
});

describe("finished remarks", () => {
  it("go in their order, and the recording ends after the last", async () => {
    const { server, told, remarks } = await begin();
    for (const text of ["one", "two", "three"]) remarks.handOver(words(text));
    void remarks.end("stop");
    await vi.waitFor(() => expect(told.ended).toHaveBeenCalledOnce());
    expect(server.words).toEqual(["one", "two", "three"]);
    expect(server.sent.at(-1)).toMatchObject({ event: "control_recording", body: { action: "stop" } });
    expect(remarks.id).toBeNull();
  });

  it("wait for a server that is away", async () => {
    const { server, remarks } = await begin();
    server.refuses = ["offline"];
    remarks.handOver(words("one"));
    remarks.handOver(words("two"));
    await vi.waitFor(() => expect(server.refuses).toEqual([]));
    expect(remarks.isEmpty).toBe(false);
    server.reconnect();
    await vi.waitFor(() => expect(remarks.isEmpty).toBe(true));
    expect(server.words).toEqual(["one", "two"]);
    expect(new Set(server.recordings).size).toBe(1);
  });

  it.each([
    ["was closed while the server was away", "offline"],
    ["is over", "conflict"],
  ] as const)("go into another recording where theirs %s", async (_, refusal) => {
    const { server, remarks } = await begin("one_note");
    server.refuses = [refusal];
    server.isClosed = refusal === "offline";
    remarks.handOver(words("one"));
    await vi.waitFor(() => expect(server.refuses).toEqual([]));
    if (refusal === "offline") {
      server.reconnect();
      server.isClosed = false;
    }
    await vi.waitFor(() => expect(server.words).toEqual(["one"]));
    expect(new Set(server.recordings).size).toBe(2);
    const last = server.sent.find(({ event }) => event === "transcript");
    expect(last?.body.recording).toBe(server.recordings.at(-1));
  });

  it("are sent again when the server was only busy", async () => {
    vi.useFakeTimers();
    const { server, remarks } = await begin();
    server.refuses = ["unavailable"];
    remarks.handOver(words("one"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.words).toEqual(["one"]);
    vi.useRealTimers();
  });

  it("are not sent when they were cancelled", async () => {
    const { server, told, remarks } = await begin();
    server.refuses = ["offline"];
    remarks.handOver(words("one"));
    await vi.waitFor(() => expect(server.refuses).toEqual([]));
    void remarks.end("cancel");
    server.reconnect();
    await vi.waitFor(() => expect(told.ended).toHaveBeenCalled());
    expect(server.words).toEqual([]);
  });

  it("are followed by no words that were only to be shown", async () => {
    const { server, remarks } = await begin();
    remarks.handOver(words("one"));
    remarks.show({ ...words("on"), is_final: false });
    await vi.waitFor(() => expect(remarks.isEmpty).toBe(true));
    expect(server.words).toEqual(["one"]);
  });
});
