/** REST of the server, for the options page: what is refused is an `Error` in the user's words. */
import type { SignedIn, UserChoices } from "../shared/wire.ts";

const ANSWER_WITHIN_MS = 10_000;

export const signIn = (server: string, how: "sign-in" | "register", email: string, password: string) =>
  ask<SignedIn>(server, "POST", `auth/${how}`, null, { email, password });

export const readChoices = (server: string, token: string) => ask<UserChoices>(server, "GET", "settings", token);

export const changeChoices = (server: string, token: string, values: UserChoices["values"]) =>
  ask<UserChoices>(server, "PATCH", "settings", token, { values });

async function ask<T>(server: string, method: string, path: string, token: string | null, body?: object): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const options = { method, headers, signal, ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await fetch(`${server}/api/${path}`, options).catch(() => null);
  if (!response)
    throw new Error(
      `Nothing answers at ${server}. Start Lossy there, or connect to the address that it printed, in “Server” above.`,
    );
  const answer = (await response.json().catch(() => ({}))) as T & { error?: { message?: string } };
  if (response.ok) return answer;
  const wait = response.headers.get("retry-after");
  const later = wait ? ` Try again in ${wait} seconds.` : "";
  throw new Error((answer.error?.message ?? `The server answered ${response.status}.`) + later);
}
