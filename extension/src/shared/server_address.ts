/** The address of a Lossy server, as a person types it. */

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/** Give the origin that is meant; throws an `Error` in the user's words. Only https, or http on this machine. */
export function readServerAddress(typed: string): string {
  const text = typed.trim();
  if (!text) throw new Error("Type the address that Lossy printed when it started, such as http://127.0.0.1:4000.");
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const isName = url?.hostname === "localhost" || /[.:]/.test(url?.hostname ?? "");
  if (!url || !isName || !["http:", "https:"].includes(url.protocol))
    throw new Error("A server’s address begins with https://, or http:// on this machine.");
  if (url.username || url.password) throw new Error("Leave name and password out of the address.");
  if (url.protocol === "http:" && !LOOPBACK.has(url.hostname))
    throw new Error("Your voice would travel unprotected. Use https:// for a server that is not on this machine.");
  return url.origin;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
