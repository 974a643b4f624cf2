/** Sends a remark that was kept to the account's server. */
import type { SignedIn } from "../shared/messages.ts";
import type { Remark } from "../shared/wire.ts";
import type { Sent } from "./outbox.ts";

const ANSWER_WITHIN_MS = 60_000;
/** What the server says no to for good; anything else may pass. */
const FINAL = new Set([400, 403, 404, 409, 413, 422]);

export async function sendRemark({ server, token }: SignedIn, remark: Remark): Promise<Sent> {
  const response = await fetch(`${server}/api/remarks`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(remark),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch(() => null);
  if (response?.ok) return { outcome: "taken" };
  if (!response || !FINAL.has(response.status)) return { outcome: "later" };
  const told = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  return { outcome: "refused", message: told?.error?.message ?? `The server answered ${response.status}.` };
}
