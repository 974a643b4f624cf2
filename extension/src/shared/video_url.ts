/**
 * Which video a page's address names, by the table that the server reads too: `lossy/video_platforms.json`. Both say
 * the same of every address in `tests/golden/video_urls.json`.
 */
import table from "../../../lossy/video_platforms.json";

/** A video is the same one by platform and id; `url` opens it. */
export interface VideoIdentity {
  platform: string;
  id: string;
  url: string;
}

interface Row {
  platform: string;
  host: RegExp;
  path: RegExp;
  query: [string, RegExp][];
  shortened: number;
  id: string;
  url: string;
}

interface Page {
  scheme: string;
  host: string;
  place: string;
  path: string;
  query: [string, string][];
  route: string;
}

const MAX_URL_CHARACTERS = 2048;
const SHORT_DIGITS = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
const SHORT_LENGTH = 22;
const UUID_LENGTH = 36;
const whole = (pattern: string, flags = "") => new RegExp(`^(?:${pattern})$`, flags);
const TRACKING = whole(table.tracking, "i");
const SIGNING = whole(table.signing, "i");
const ROWS: Row[] = table.rows.map((row) => ({
  ...row,
  host: whole(row.host),
  path: whole(row.path),
  query: Object.entries(row.query ?? {}).map(([name, pattern]) => [name, whole(pattern as string)]),
  shortened: row.shortened ?? 0,
}));

/** Tell which video an http(s) address names; null for what is no such address. */
export function identifyUrl(address: string): VideoIdentity | null {
  const page = readPage(address.trim());
  if (!page) return null;
  for (const row of ROWS) {
    const found = match(row, page);
    if (found) return found;
  }
  const url = written(page, page.query);
  return { platform: "web", id: url, url };
}

/** Whether two addresses name the same video. */
export function isSameVideo(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [identifyUrl(one), identifyUrl(other)];
  return first !== null && first.platform === second?.platform && first.id === second.id;
}

function readPage(address: string): Page | null {
  if (address.length > MAX_URL_CHARACTERS || /\s/.test(address) || !URL.canParse(address)) return null;
  const { protocol, hostname, host, pathname, searchParams, hash } = new URL(address);
  if (!["http:", "https:"].includes(protocol)) return null;
  const query = [...searchParams].filter(([name]) => !TRACKING.test(name)).sort(inOrder);
  const route = /^#!?\/./.test(hash) ? hash.slice(1) : "";
  return {
    scheme: protocol.slice(0, -1),
    host: hostname.replace(/^\[|\]$/g, ""),
    place: host,
    path: pathname,
    query,
    route,
  };
}

function match(row: Row, page: Page): VideoIdentity | null {
  const values = new Map(page.query);
  const matches = [row.host.exec(page.host), row.path.exec(page.path)];
  for (const [name, pattern] of row.query) matches.push(pattern.exec(values.get(name) ?? ""));
  if (matches.includes(null)) return null;
  const caught = matches.flatMap((found) => [...(found ?? [])].slice(1));
  if (row.shortened) caught[row.shortened - 1] = short(caught[row.shortened - 1] ?? "");
  const fill = (template: string) => template.replace(/\{(\w+)\}/g, (_, name) => part(name, page, caught));
  return { platform: row.platform, id: fill(row.id), url: fill(row.url) };
}

function part(name: string, page: Page, caught: string[]): string {
  if (name === "scheme" || name === "place") return page[name];
  if (name === "page") return written(page, page.query);
  if (name === "unsigned")
    return written(
      page,
      page.query.filter(([name]) => !SIGNING.test(name)),
    );
  return caught[Number(name) - 1] ?? "";
}

function written({ scheme, place, path, route }: Page, query: [string, string][]): string {
  const pairs = query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join("&");
  return `${scheme}://${place}${path}${pairs && `?${pairs}`}${route && `#${route}`}`;
}

/** As Python's `quote_plus`. */
const escaped = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");

const inOrder = ([name, value]: [string, string], [other, otherValue]: [string, string]) =>
  compare(name, other) || compare(value, otherValue);

const compare = (one: string, other: string) => Number(one > other) - Number(one < other);

/** Write a UUID in base 58, as PeerTube does in its addresses. */
function short(text: string): string {
  if (text.length !== UUID_LENGTH) return text;
  let digits = "";
  for (let rest = BigInt(`0x${text.replaceAll("-", "")}`); rest; rest /= 58n)
    digits = SHORT_DIGITS[Number(rest % 58n)] + digits;
  return digits.padStart(SHORT_LENGTH, "1");
}
