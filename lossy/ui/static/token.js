/** The signed-in user's token, kept in this origin's storage; and the one way to ask REST with it. */

const KEY = "lossy.token";

export const token = {
  get: () => localStorage.getItem(KEY),
  set: (value) => localStorage.setItem(KEY, value),
  clear: () => localStorage.removeItem(KEY),
  /** Call back when another tab signs in or out. */
  watch(listener) {
    const heard = (event) => event.key === KEY && listener(event.newValue);
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  },
};

/** What the server said no to, in words for people. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Ask `/api/…`; throws `Refused`, with code `offline` when nothing answers. */
export async function api(method, path, body) {
  const headers = { "content-type": "application/json" };
  if (token.get()) headers.authorization = `Bearer ${token.get()}`;
  const options = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
  const response = await fetch(`/api/${path}`, options).catch(() => null);
  if (!response) throw new Refused("offline", "Lossy does not answer. Check that it runs, then try again.");
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { code = "error", message = `The server answered ${response.status}. Try again.` } = answer.error ?? {};
  throw new Refused(code, message);
}
