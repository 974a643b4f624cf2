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

  /** Whether it is there. */
  isThere = true;
  connected(): boolean {
    return this.isThere;
  }

  goAway(): void {
    this.isThere = false;
    this.#changed({ namespace: "/audio", connected: false });
  }

  comeBack(): void {
    this.isThere = true;
    this.#changed({ namespace: "/audio", connected: true });
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

async function begin(mode: "one_note" | "hands_free" = "hands_free", session: string | null = "session-1") {
  const server = new Server();
  const keeping = { keep: vi.fn(async () => {}), had: vi.fn(), letGo: vi.fn() };
  const told = { over: vi.fn(), refused: vi.fn(), ended: vi.fn() };
  const remarks = new Remarks(server as unknown as Connection, keeping, told);
  await remarks.begin({ session, player: "p", mode });
  return { server, told, keeping, remarks };
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

  it("are kept until the server has them", async () => {
    const { keeping, remarks } = await begin();
    remarks.handOver(words("one"));
    const [id] = keeping.keep.mock.calls[0] as unknown as [string];
    expect(keeping.keep).toHaveBeenCalledWith(id, words("one"), remarks.id, true);
    await vi.waitFor(() => expect(keeping.had).toHaveBeenCalledWith(id));
  });

  it("are left to the outbox when the server stays away, and the reviewer may speak again", async () => {
    vi.useFakeTimers();
    const { server, told, keeping, remarks } = await begin("one_note");
    const { id } = remarks;
    server.goAway();
    remarks.handOver(words("one"));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(told.ended).toHaveBeenCalledOnce();
    expect(remarks.id).toBeNull();
    expect(keeping.letGo).toHaveBeenCalledWith([(keeping.keep.mock.calls[0] as unknown as [string])[0]]);
    server.comeBack();
    await vi.advanceTimersByTimeAsync(0);
    expect(server.sent.at(-1)).toMatchObject({ body: { recording: id, action: "device_lost" } });
    expect(server.words).toEqual([]);
    vi.useRealTimers();
  });

  it("stay in hand over a short cut", async () => {
    vi.useFakeTimers();
    const { server, told, remarks } = await begin("one_note");
    server.goAway();
    remarks.handOver(words("one"));
    await vi.advanceTimersByTimeAsync(2_000);
    server.comeBack();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.words).toEqual(["one"]);
    expect(told.ended).not.toHaveBeenCalled();
    vi.useRealTimers();
  });

  it.each(["one_note", "hands_free"] as const)("need no server that knows the video: %s", async (mode) => {
    const { server, told, keeping, remarks } = await begin(mode, null);
    remarks.handOver(words("one"));
    expect(keeping.keep).toHaveBeenCalledWith(expect.any(String), words("one"), expect.any(String), false);
    expect(told.ended).toHaveBeenCalledTimes(mode === "one_note" ? 1 : 0);
    await remarks.end("stop");
    expect(remarks.id).toBeNull();
    expect(server.sent).toEqual([]);
  });

  it("are followed by no words that were only to be shown", async () => {
    const { server, remarks } = await begin();
    remarks.handOver(words("one"));
    remarks.show({ ...words("on"), is_final: false });
    await vi.waitFor(() => expect(remarks.isEmpty).toBe(true));
    expect(server.words).toEqual(["one"]);
  });
});
