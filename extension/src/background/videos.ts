/** Which video is in which tab, and which of them is in front of the reviewer. */
import { chromeApi, RefusedError, type Sender } from "../shared/chrome-api.ts";
import type { FrameVideo, FromContent, FromOffscreen } from "../shared/messages.ts";
import { addFrame, bestFrame, contextOf, removeFrames } from "./frames.ts";
import { ensureOffscreen, openVideo, tellOffscreen } from "./offscreen.ts";
import { account, changeState, readState, type State, tellVideo } from "./state.ts";

type Of<U, T> = Extract<U, { type: T }>;

const told = () => chromeApi.send({ to: "pages", type: "standing_changed" });

/** A frame found its main video, or another one. Pages of Lossy itself have their own microphone. */
export async function found(tab: number, sender: Sender, message: Of<FromContent, "video_found">) {
  const server = new URL(await account.server()).origin;
  if (sender.origin === server || (sender.page && new URL(sender.page).origin === server)) return { ignored: true };
  // Our own pages have a sample, which is what they say.
  const isOurs = sender.origin === chromeApi.ownOrigin();
  const context = isOurs ? message.context : contextOf(sender, message.context);
  if (!context) return null; // not what its page is, whoever says so
  const { player, score } = message;
  const { frame, document } = sender;
  const one: FrameVideo = { frame, document, player, score, context, address: message.context.url ?? "" };
  const { isFirst } = await settle(tab, (state) => addFrame(state, tab, one));
  if (isFirst) await forgetTheLost(tab, false);
  return { chosen: (await readState()).tabs[tab]?.document === document };
}

/** Frames have no video any more; or the reviewer `left` the page, for another one. */
export async function goneFrom(tab: number, documents: string[], left: boolean): Promise<null> {
  await settle(tab, (state) => removeFrames(state, tab, documents), left);
  return null;
}

/** The reviewer closed the tab. */
export async function left(tab: number): Promise<void> {
  await settle(tab, (state) => void delete state.frames[tab], true);
}

/** Change what is known of a tab's frames, choose among them, and tell everybody whom the choice concerns. */
async function settle<T>(tab: number, change: (state: State) => T, left = false): Promise<T> {
  const { result, before, now, isNew } = await changeState((state) => {
    const before = state.tabs[tab];
    const result = change(state);
    const best = bestFrame(state, tab);
    if (best) state.tabs[tab] = tabVideo(state, tab, best);
    else delete state.tabs[tab];
    const now = state.tabs[tab];
    const isNew =
      before?.document !== now?.document ||
      before?.player !== now?.player ||
      before?.context.url !== now?.context.url ||
      before?.context.duration_seconds !== now?.context.duration_seconds;
    return { result, before, now, isNew };
  });
  if (before && before.document !== now?.document)
    await chromeApi.sendToTab(tab, { to: "content", type: "chosen", chosen: false }, before.document);
  if (now) await showTo(tab, before?.document !== now.document);
  if (before && !now) await close(tab, left);
  else if (isNew) await bringForward(tab);
  return result;
}

function tabVideo(state: State, tab: number, { context, player, document }: FrameVideo) {
  const before = state.tabs[tab];
  const known = before?.context.url === context.url ? before : null;
  const { video = null, session = null } = known ?? {};
  return { context, player, document, video, session, title: context.title ?? "", problem: null };
}

/** The frame of the video knows that it is spoken about, and how the microphone stands. */
async function showTo(tab: number, isOther: boolean): Promise<void> {
  const { microphone, pauses } = await readState();
  if (isOther) await tellVideo(tab, { to: "content", type: "chosen", chosen: true });
  if (microphone.tab === tab) await tellVideo(tab, { to: "content", type: "microphone", microphone, pauses });
}

async function close(tab: number, left: boolean): Promise<void> {
  if (await chromeApi.hasOffscreen()) await chromeApi.send({ to: "offscreen", type: "close_video", tab, left });
  await told();
}

/** Frames end without a word: ask them all, and forget those that do not answer. */
async function forgetTheLost(tab: number, left: boolean): Promise<void> {
  const { frames } = await readState();
  const documents = (frames[tab] ?? []).map(({ document }) => document);
  const lost = await Promise.all(
    documents.map(async (document) => {
      const answer = await chromeApi.sendToTab(tab, { to: "content", type: "find_video" }, document);
      return answer === undefined || answer === false ? [document] : [];
    }),
  );
  if (lost.flat().length) await goneFrom(tab, lost.flat(), left);
}

/** A tab came to the front: its video, if it has one, is now the one that is spoken about. */
export async function bringForward(tab: number): Promise<void> {
  const isActive = (await chromeApi.activeTabs()).includes(tab);
  const video = isActive ? openVideo((await readState()).tabs, tab) : null;
  await told();
  if (video && (await ensureOffscreen())) await tellOffscreen({ to: "offscreen", type: "open_video", video });
}

/** A page was loaded: the frames of the one before are gone, and what it shows may be none for us. */
export async function loaded(tab: number): Promise<void> {
  const hasVideo = await chromeApi.sendToTab(tab, { to: "content", type: "find_video" });
  await forgetTheLost(tab, hasVideo !== true);
}

export async function opened(message: Of<FromOffscreen, "video_opened">): Promise<void> {
  await changeState((state) => {
    const known = state.tabs[message.tab];
    if (known?.player !== message.player) return;
    Object.assign(known, { video: message.video, session: message.session, title: message.title, problem: null });
  });
  await told();
}

export async function refused(message: Of<FromOffscreen, "video_refused">): Promise<void> {
  await changeState((state) => {
    const known = state.tabs[message.tab];
    if (known?.player === message.player) known.problem = message.message;
  });
  await told();
}

/** Give the playback of a tab to the server. Refused while that can't be done, so the page tells it again. */
export async function playback(tab: number, sender: Sender, message: Of<FromContent, "playback">): Promise<unknown> {
  const { tabs, frames } = await readState();
  const from = frames[tab]?.find(({ document }) => document === sender.document);
  const url = from?.context.url;
  if (!url || from.address !== message.url || tabs[tab]?.document !== sender.document)
    throw new RefusedError("offline", "This video is not the one that is spoken about.");
  return tellOffscreen({ to: "offscreen", type: "playback", tab, url, reports: message.reports });
}
