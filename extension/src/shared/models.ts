/** The models that this browser hears with: fetched from the server once, checked, and kept by their checksum. */
import type { ModelFiles } from "../hearing/messages.ts";
import type { WebModel, WebModels } from "./wire.ts";

const KEPT = "lossy-models";
/** The browser keeps nothing by other names than of http; nobody is ever asked for these. */
const NAMES = "https://models.lossy.invalid";
const ANSWER_WITHIN_MS = 10_000;
/** Without a single byte for so long, the server is taken for gone. */
const SILENT_WITHIN_MS = 30_000;

export interface Access {
  server: string;
  token: string;
}
export interface Model {
  name: string;
  files: ModelFiles;
}

/** Get a model's files, told how much of it is here, 0 to 1; throws an `Error` in the user's words. */
export async function getModel(
  access: Access,
  kind: WebModel["kind"],
  tell: (progress: number) => void = () => {},
): Promise<Model> {
  const model = await describe(access, kind);
  const kept = await caches.open(KEPT);
  const files: ModelFiles = new Map();
  const all = model.files.reduce((total, file) => total + file.size_bytes, 0);
  let here = 0;
  for (const file of model.files) {
    const key = `${NAMES}/${file.sha256}`;
    const address = `${access.server}/api/models/${kind}/${file.path}`;
    const known = await (await kept.match(key))?.arrayBuffer();
    const isWhole = known !== undefined && (await sum(known)) === file.sha256;
    const bytes = isWhole ? known : await fetchFile(access, address, file, (received) => tell((here + received) / all));
    if (!isWhole) await kept.put(key, new Response(bytes));
    here += file.size_bytes;
    tell(here / all);
    files.set(file.path, bytes);
  }
  return { name: model.name, files };
}

/** What the server says of a model; what it said last where it can't be asked. */
async function describe(access: Access, kind: WebModel["kind"]): Promise<WebModel> {
  const kept = await caches.open(KEPT);
  const key = `${NAMES}/list/${encodeURIComponent(access.server)}`;
  const response = await ask(access, `${access.server}/api/models`, AbortSignal.timeout(ANSWER_WITHIN_MS));
  if (response?.ok) await kept.put(key, response.clone());
  const told = response?.ok ? response : await kept.match(key);
  if (!told) throw new Error("The speech model is on your Lossy server, which does not answer.");
  const model = ((await told.json()) as WebModels).models.find((one) => one.kind === kind);
  if (!model) throw new Error("Your Lossy server has no speech model for browsers.");
  return model;
}

async function fetchFile(
  access: Access,
  address: string,
  { path, sha256, size_bytes }: WebModel["files"][number],
  tell: (received: number) => void,
): Promise<ArrayBuffer> {
  const patience = new AbortController();
  let timer = setTimeout(() => patience.abort(), SILENT_WITHIN_MS);
  try {
    const response = await ask(access, address, patience.signal);
    if (!response?.ok || !response.body) throw new Error("The speech model did not come from your Lossy server.");
    const bytes = new Uint8Array(size_bytes);
    let received = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => patience.abort(), SILENT_WITHIN_MS);
      if (received + part.length > size_bytes)
        throw new Error(`${path} of the speech model is longer than it should be.`);
      bytes.set(part, received);
      received += part.length;
      tell(received);
    }
    if (received !== size_bytes || (await sum(bytes.buffer)) !== sha256)
      throw new Error(`${path} of the speech model came damaged.`);
    return bytes.buffer;
  } finally {
    clearTimeout(timer);
  }
}

async function sum(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const ask = ({ token }: Access, address: string, signal: AbortSignal) =>
  fetch(address, { headers: { authorization: `Bearer ${token}` }, signal }).catch(() => null);
