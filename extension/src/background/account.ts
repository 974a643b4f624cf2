/** Who is signed in to which server, and the one-time tickets with which our framed pages show it. */

import { type Account, Outbox } from "../offscreen/outbox.ts";
import { chromeApi, RefusedError } from "../shared/chrome-api.ts";
import type { Leaving } from "../shared/messages.ts";
import { showBadge } from "./microphone.ts";
import { closeOffscreen, ensureOffscreen } from "./offscreen.ts";
import { account, changeState } from "./state.ts";

type Of<T> = Extract<Leaving, { type: T }>;

const ANSWER_WITHIN_MS = 10_000;
const KEPT_UNTIL_SIGN_IN = "What you said last is kept here. Sign in again, and it is sent.";
const UNSENT = "What was said last is not on the server yet.";

export async function signedIn({ server, token, email, anyway }: Of<"signed_in">): Promise<void> {
  const goesOn = await takesUpItsWords({ server, token, email });
  if (!goesOn) await finish(anyway);
  await chromeApi.local.write("server", server);
  await chromeApi.local.write("sign_in", { token, email });
  if (!goesOn) await closeOffscreen();
  await begin();
}

/** Forget the token, here and on the server. */
export async function signOut({ anyway }: Of<"sign_out">): Promise<void> {
  await finish(anyway);
  const [server, signIn] = [await account.server(), await account.signIn()];
  await chromeApi.local.remove("sign_in");
  await closeOffscreen();
  if (signIn) await wipeKept({ server, email: signIn.email });
  await begin();
  if (signIn) await ask(server, "auth/sign-out", signIn.token).catch(() => undefined);
}

/** The server does not know this token any more. What was said and not sent stays until its speaker signs in again. */
export async function forgetToken(token: string): Promise<void> {
  if ((await account.signIn())?.token !== token) return;
  await chromeApi.local.remove("sign_in");
  if (!(await holdsWords(KEPT_UNTIL_SIGN_IN))) await closeOffscreen();
  await begin();
}

export async function changeServer({ server, anyway }: Of<"change_server">): Promise<void> {
  if (server === (await account.server())) return;
  await finish(anyway);
  await chromeApi.local.write("server", server);
  await chromeApi.local.remove("sign_in");
  await closeOffscreen();
  await begin();
}

export async function ticket(): Promise<{ ticket: string }> {
  const signIn = await account.signIn();
  if (!signIn) throw new RefusedError("not_signed_in", "Sign in first.");
  const response = await ask(await account.server(), "tickets", signIn.token).catch(() => null);
  if (!response) throw new RefusedError("offline", "Lossy does not answer.");
  if (response.status === 401) {
    await forgetToken(signIn.token);
    throw new RefusedError("not_signed_in", "You were signed out. Sign in again.");
  }
  if (!response.ok) throw new RefusedError("error", `The server answered ${response.status}.`);
  const { ticket } = (await response.json()) as { ticket: string };
  return { ticket };
}

/** Begin with the server and the sign-in that are kept now. */
async function begin(): Promise<void> {
  await changeState((state) => {
    state.online = false;
    for (const video of Object.values(state.tabs)) Object.assign(video, { video: null, session: null, problem: null });
  });
  await ensureOffscreen();
  await showBadge();
  await chromeApi.send({ to: "pages", type: "standing_changed" });
}

/** What was kept for the server on disk goes with whoever said it. */
async function wipeKept(whose: Account): Promise<void> {
  await new Outbox(async () => ({ outcome: "later" })).wipe(whose).catch(() => undefined);
  await changeState((state) => Object.assign(state, { waiting: 0 }));
}

/** End listening; refuse to go on while words would be lost, unless the person gives them up. */
async function finish(anyway = false): Promise<void> {
  if (!anyway && (await holdsWords(UNSENT))) throw new RefusedError("unsent", UNSENT);
}

/** End listening, and tell whether words are left that the server does not have. */
async function holdsWords(problem: string): Promise<boolean> {
  if (!(await chromeApi.hasOffscreen())) return false;
  const answer = await chromeApi.send({ to: "offscreen", type: "finish", problem });
  return "unsent" in answer && answer.unsent;
}

/** Whether an offscreen document that still holds this person's words goes on with the new token. */
async function takesUpItsWords(signedIn: { server: string; token: string; email: string }): Promise<boolean> {
  if (!(await chromeApi.hasOffscreen())) return false;
  const answer = await chromeApi.send({ to: "offscreen", type: "sign_in_again", ...signedIn });
  return "taken" in answer && answer.taken;
}

function ask(server: string, path: string, token: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${server}/api/${path}`, { method: "POST", headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
}
