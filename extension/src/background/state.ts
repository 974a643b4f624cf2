/**
 * What the worker knows between two messages. It may be killed at any moment, so all of it is in the browser's own
 * storage, and every change reads it afresh, one after the other.
 */
import { chromeApi } from "../shared/chrome-api.ts";
import type { FrameVideo, Microphone, TabVideo, ToContent } from "../shared/messages.ts";

export const DEFAULT_SERVER = "http://127.0.0.1:4000";

export interface State {
  tabs: Record<number, TabVideo>;
  /** What the frames of each tab have found, of which `tabs` holds the best. */
  frames: Record<number, FrameVideo[]>;
  microphone: Microphone;
  /** Whether the video stands still while somebody speaks about it. */
  pauses: boolean;
  online: boolean;
  /** How many remarks wait on disk for the server, and whether more can be understood without it. */
  waiting: number;
  alone: boolean;
}

export interface SignIn {
  token: string;
  email: string;
}

const SILENT: Microphone = { state: "off", tab: null, problem: null, mode: "one_note", recording: null };
let line: Promise<unknown> = Promise.resolve();

/** Give the state after all changes that were asked for so far. */
export async function readState(): Promise<State> {
  await line;
  return stored();
}

async function stored(): Promise<State> {
  const kept = await chromeApi.session.read<Partial<State>>("state");
  return { tabs: {}, frames: {}, microphone: SILENT, pauses: false, online: false, waiting: 0, alone: false, ...kept };
}

/** Change the state in turn with all other changes; gives what `change` gives. */
export function changeState<T>(change: (state: State) => T): Promise<T> {
  const done = line.then(async () => {
    const state = await stored();
    const result = change(state);
    await chromeApi.session.write("state", state);
    return result;
  });
  line = done.catch(() => undefined);
  return done;
}

/** Tell the frame that a tab's video is in. */
export async function tellVideo(tab: number, message: ToContent): Promise<unknown> {
  const video = (await readState()).tabs[tab];
  return video && chromeApi.sendToTab(tab, message, video.document);
}

/** The offscreen document is gone and the microphone with it; gives how it was. The video's page shows it no more. */
export async function forgetMicrophone(problem: string | null = null): Promise<Microphone> {
  const before = await changeState((state) => {
    const old = state.microphone;
    state.microphone = { ...SILENT, mode: old.mode, tab: old.tab, problem };
    return old;
  });
  const { tab } = before;
  const message = { to: "content", type: "microphone", microphone: SILENT, pauses: false } as const;
  if (tab !== null) await tellVideo(tab, message);
  await chromeApi.send({ to: "pages", type: "standing_changed" });
  return before;
}

export const account = {
  server: async () => (await chromeApi.local.read<string>("server")) ?? DEFAULT_SERVER,
  signIn: () => chromeApi.local.read<SignIn>("sign_in"),
  device: async () => (await chromeApi.local.read<string>("device")) ?? null,
};
