/** The offscreen document: made when it is needed, once, and made again by whatever message finds it gone. */
import { chromeApi, RefusedError } from "../shared/chrome-api.ts";
import type { Credentials, OpenVideo, ToOffscreen } from "../shared/messages.ts";
import { account, forgetMicrophone, readState } from "./state.ts";

const INTERRUPTED = "The microphone was interrupted. What you said until then is kept.";
let making: Promise<void> | null = null;

/** Send to the offscreen document, which is made first if it is gone; refused when nobody is signed in. */
export async function tellOffscreen(message: ToOffscreen): Promise<unknown> {
  if (!(await ensureOffscreen())) throw new RefusedError("not_signed_in", "Sign in first.");
  return chromeApi.send(message);
}

/** Make the document if somebody is signed in; false if nobody is. */
export async function ensureOffscreen(): Promise<boolean> {
  if (!(await account.signIn())) return false;
  making ??= makeIfGone().finally(() => (making = null));
  await making;
  return true;
}

export async function closeOffscreen(): Promise<void> {
  await chromeApi.closeOffscreen();
  await forgetMicrophone();
}

/** What a new document asks for as its first word. */
export async function credentials(): Promise<Credentials | null> {
  const signIn = await account.signIn();
  if (!signIn) return null;
  const [state, active] = [await readState(), await chromeApi.activeTabs()];
  const interrupted = state.microphone.recording;
  if (interrupted) await forgetMicrophone(INTERRUPTED);
  const videos = active.flatMap((tab) => openVideo(state.tabs, tab) ?? []);
  return { server: await account.server(), ...signIn, device: await account.device(), videos, interrupted };
}

export function openVideo(tabs: Awaited<ReturnType<typeof readState>>["tabs"], tab: number): OpenVideo | null {
  const found = tabs[tab];
  return found ? { tab, context: found.context, player: found.player, session: found.session } : null;
}

async function makeIfGone(): Promise<void> {
  if (!(await chromeApi.hasOffscreen())) await chromeApi.makeOffscreen();
}
