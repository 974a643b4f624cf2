/** Whether the server answers and speaks our version: asked before a frame is set, which else would hang for ever. */
import { type Health, PROTOCOL_VERSION } from "./wire.ts";

const ANSWER_WITHIN_MS = 5_000;

export type Reached = "ok" | "offline" | "server_older" | "server_newer";

export async function askHealth(server: string): Promise<Reached> {
  try {
    const response = await fetch(`${server}/api/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!response.ok) return "offline";
    const { protocol } = (await response.json()) as Partial<Health>;
    if (typeof protocol !== "number") return "offline"; // something else answers there
    if (protocol === PROTOCOL_VERSION) return "ok";
    return protocol < PROTOCOL_VERSION ? "server_older" : "server_newer";
  } catch {
    return "offline";
  }
}
