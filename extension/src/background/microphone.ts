/** The microphone's button and its state, passed on between pages, the offscreen document and the video's page. */
import { chromeApi, RefusedError } from "../shared/chrome-api.ts";
import type { FromOffscreen, FromPages, Microphone } from "../shared/messages.ts";
import { ensureOffscreen, tellOffscreen } from "./offscreen.ts";
import { account, changeState, readState, tellVideo } from "./state.ts";
import { bringForward } from "./videos.ts";

type Of<U, T> = Extract<U, { type: T }>;

export async function press(window: number, mode: Of<FromPages, "press">["mode"]): Promise<unknown> {
  const tab = await chromeApi.activeTab(window);
  const { tabs, microphone } = await readState();
  if (tab === null || (!tabs[tab] && !isLive(microphone)))
    throw new RefusedError("no_video", "There is no video on this page.");
  return tellOffscreen({ to: "offscreen", type: "press", tab, mode });
}

/** Scratch the note that is being made on the video in front, if there is one. */
export async function cancelLast(window: number): Promise<unknown> {
  const tab = await chromeApi.activeTab(window);
  return tab === null ? null : tellOffscreen({ to: "offscreen", type: "cancel_last", tab });
}

/** The state moved: the video's page shows it, the toolbar too. */
export async function moved({ microphone, pauses }: Of<FromOffscreen, "microphone">): Promise<void> {
  const before = await changeState((state) => {
    const old = state.microphone;
    state.microphone = microphone;
    state.pauses = pauses;
    return old;
  });
  if (before.tab !== null && before.tab !== microphone.tab) await hide(before.tab, microphone);
  if (microphone.tab !== null)
    await tellVideo(microphone.tab, { to: "content", type: "microphone", microphone, pauses });
  if (before.state !== microphone.state) await showBadge();
}

export async function seek(window: number, position: number): Promise<void> {
  const tab = await chromeApi.activeTab(window);
  if (tab !== null) await tellVideo(tab, { to: "content", type: "steer", action: "seek", position });
}

/** The reviewer told a player by voice what to do. */
export async function steerPlayer({ player, action, position }: Of<FromOffscreen, "steer_player">): Promise<void> {
  const { tabs } = await readState();
  for (const [tab, shown] of Object.entries(tabs))
    if (shown.player === player) await tellVideo(Number(tab), { to: "content", type: "steer", action, position });
}

/** The page of the video learns that somebody speaks about it. */
export async function speech({ tab, edge }: Of<FromOffscreen, "speech">): Promise<void> {
  await tellVideo(tab, { to: "content", type: "speech", edge });
}

/** Remarks wait on disk for the server, or none any more. */
export async function kept({ waiting, alone }: Of<FromOffscreen, "kept">): Promise<void> {
  await changeState((state) => Object.assign(state, { waiting, alone }));
  await chromeApi.send({ to: "pages", type: "standing_changed" });
}

export async function online(online: boolean): Promise<void> {
  await changeState((state) => Object.assign(state, { online }));
  await showBadge();
}

/** Look again which tab is in front, after the browser or the worker began. */
export async function begin(): Promise<void> {
  await chromeApi.local.guard();
  if (await ensureOffscreen()) for (const tab of await chromeApi.activeTabs()) await bringForward(tab);
  await showBadge();
}

const OPEN = {
  one_note: "Lossy: the microphone is open",
  hands_free: "Lossy: hands-free, the microphone stays open until you switch it off",
};

const isLive = (microphone: Microphone) => ["opening", "open", "paused"].includes(microphone.state);

const hide = (tab: number, microphone: Microphone) =>
  tellVideo(tab, {
    to: "content",
    type: "microphone",
    microphone: { ...microphone, state: "off" },
    pauses: false,
  });

export async function showBadge(): Promise<void> {
  const { microphone, online } = await readState();
  const signedIn = Boolean(await account.signIn());
  if (!signedIn) await chromeApi.showBadge("", "Lossy: sign in", false);
  else if (isLive(microphone)) await chromeApi.showBadge("●", OPEN[microphone.mode], true);
  else if (microphone.state === "blocked") await chromeApi.showBadge("!", "Lossy: the microphone is blocked", false);
  else await chromeApi.showBadge(online ? "" : "…", online ? "Lossy" : "Lossy: no connection to the server", false);
}
