/**
 * Finished remarks on this machine's disk until the server has them for good: they outlive a lost connection, the
 * document, and the browser. Each carries the id of the note that it becomes, so that sending one twice makes one note.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Remark } from "../shared/wire.ts";

const AGAIN_MS = [2_000, 5_000, 15_000, 60_000];
const FULL = "This machine has no room left, so what you say now can't be kept. What was kept before is safe.";

/** Whose remark it is: only with that sign-in it is sent. */
export interface Account {
  server: string;
  email: string;
}

interface Kept {
  remark: Remark;
  account: string;
  /** Why the server will not have it; it stays for its speaker to read. */
  problem: string | null;
}

interface Store extends DBSchema {
  remarks: { key: string; value: Kept; indexes: { account: string } };
  /** What an account chose, as the server told it last. */
  choices: { key: string; value: { account: string; values: Record<string, unknown> } };
}

/** What became of sending a remark. */
export type Sent = { outcome: "taken" } | { outcome: "refused"; message: string } | { outcome: "later" };

const nameOf = ({ server, email }: Account): string => `${email} at ${server}`;

export class Outbox {
  #open: Promise<IDBPDatabase<Store>> | null = null;
  #inHand = new Set<string>();
  #flushing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  /** `send` sends one to the account's server; `changed` is told how many wait. */
  constructor(
    private readonly send: (remark: Remark) => Promise<Sent>,
    private readonly changed: (waiting: number) => void = () => {},
  ) {}

  /** Keep a remark. While it is `inHand` somebody else sends it. Throws an `Error` in the user's words. */
  async keep(account: Account, remark: Remark, inHand: boolean): Promise<void> {
    if (inHand) this.#inHand.add(remark.id);
    try {
      await (await this.#store()).put("remarks", { remark, account: nameOf(account), problem: null });
    } catch {
      throw new Error(FULL);
    }
    await this.tell(account);
  }

  /** The server has it. */
  async drop(account: Account, id: string): Promise<void> {
    this.#inHand.delete(id);
    await (await this.#store()).delete("remarks", id);
    await this.tell(account);
  }

  /** Nobody else sends these any more. */
  letGo(ids: string[]): void {
    for (const id of ids) this.#inHand.delete(id);
  }

  /** How many wait to be sent. */
  async count(account: Account): Promise<number> {
    return (await this.#waiting(account)).length;
  }

  /** What the server would not have, with its reasons. */
  async refused(account: Account): Promise<{ text: string; problem: string }[]> {
    const all = await (await this.#store()).getAllFromIndex("remarks", "account", nameOf(account));
    return all.flatMap(({ remark, problem }) => (problem === null ? [] : [{ text: remark.text, problem }]));
  }

  /** Send what waits, in the order in which it was said; what can't be sent now is tried again later. */
  flush(account: Account): Promise<void> {
    clearTimeout(this.#timer);
    this.#flushing ??= this.#flush(account).finally(() => (this.#flushing = null));
    return this.#flushing;
  }

  /** Forget everything of an account. */
  async wipe(account: Account): Promise<void> {
    clearTimeout(this.#timer);
    const store = await this.#store();
    for (const id of await store.getAllKeysFromIndex("remarks", "account", nameOf(account)))
      await store.delete("remarks", id);
    await store.delete("choices", nameOf(account));
    await this.tell(account);
  }

  async keepChoices(account: Account, values: Record<string, unknown>): Promise<void> {
    await (await this.#store()).put("choices", { account: nameOf(account), values }).catch(() => null);
  }

  async choicesOf(account: Account): Promise<Record<string, unknown> | null> {
    return (await (await this.#store()).get("choices", nameOf(account)))?.values ?? null;
  }

  async #flush(account: Account): Promise<void> {
    for (const kept of await this.#waiting(account)) {
      const { id } = kept.remark;
      if (this.#inHand.has(id)) continue;
      const sent = await this.send(kept.remark);
      if (sent.outcome === "later") return this.#again(account);
      this.#failures = 0;
      if (sent.outcome === "taken") await this.drop(account, id);
      else await (await this.#store()).put("remarks", { ...kept, problem: sent.message });
    }
    await this.tell(account);
  }

  #again(account: Account): void {
    const wait = AGAIN_MS[Math.min(this.#failures, AGAIN_MS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.flush(account), wait);
  }

  async #waiting(account: Account): Promise<Kept[]> {
    const all = await (await this.#store()).getAllFromIndex("remarks", "account", nameOf(account));
    return all.filter(({ problem }) => problem === null).sort((a, b) => a.remark.said_at - b.remark.said_at);
  }

  /** Tell how many wait. */
  async tell(account: Account): Promise<void> {
    this.changed(await this.count(account));
  }

  #store(): Promise<IDBPDatabase<Store>> {
    this.#open ??= openDB<Store>("lossy", 1, {
      upgrade(database) {
        database.createObjectStore("remarks", { keyPath: "remark.id" }).createIndex("account", "account");
        database.createObjectStore("choices", { keyPath: "account" });
      },
    });
    return this.#open;
  }
}
