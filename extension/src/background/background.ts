/** The service worker: a router that messages wake. It registers listeners and knows nothing between two of them. */
import { chromeApi, type Sender } from "../shared/chrome-api.ts";
import type { FromContent, FromOffscreen, FromPages, Standing } from "../shared/messages.ts";
import * as accounts from "./account.ts";
import { grab } from "./capture.ts";
import * as microphone from "./microphone.ts";
import { credentials, tellOffscreen } from "./offscreen.ts";
import * as overlays from "./overlays.ts";
import { account, readState, tellVideo } from "./state.ts";
import * as videos from "./videos.ts";

chromeApi.hear(
  "worker",
  (message, sender) => (sender.tab === null ? undefined : fromTab(message, sender.tab, sender)) ?? route(message),
);
chromeApi.onTabActivated((tab) => void videos.bringForward(tab));
chromeApi.onTabLoaded((tab) => void videos.loaded(tab));
chromeApi.onTabClosed((tab) => void videos.left(tab));
chromeApi.onWindowFocused((window) => void bringWindowForward(window));
chromeApi.onMenu((tab, window) => void overlays.askNote(tab, window));
chromeApi.onShortcut((command, window) => void byKey(command, window));
chromeApi.onSitesChanged(() => void followSites());
chromeApi.onStart(() => void start());
chromeApi.onInstalled(() => void chromeApi.openPage(chromeApi.address("welcome.html")));

type ToWorker = FromContent | FromPages | FromOffscreen;

/** What a tab's page may say. Null answers are answers too. */
function fromTab(message: ToWorker, tab: number, sender: Sender): Promise<unknown> | undefined {
  if (message.type === "video_found") return videos.found(tab, sender, message);
  if (message.type === "video_gone") return videos.goneFrom(tab, [sender.document], false);
  if (message.type === "playback") return videos.playback(tab, sender, message);
  if (message.type === "decide_note") return overlays.decide(tab, sender, message);
  if (message.type === "typed") return overlays.typed(tab, sender, message);
  if (message.type === "show_note") return overlays.showNote(tab, sender, message.note);
  // Pages of the extension in a tab, such as the options, speak as pages.
  return sender.origin === chromeApi.ownOrigin() ? undefined : Promise.resolve(null);
}

function route(message: ToWorker): Promise<unknown> | null {
  switch (message.type) {
    case "ask_standing":
      return standing(message.window);
    case "ask_ticket":
      return accounts.ticket();
    case "ask_credentials":
      return credentials();
    case "press":
      return microphone.press(message.window, message.mode);
    case "ask_recognition":
    case "pause":
    case "resume":
      return tellOffscreen({ to: "offscreen", type: message.type });
    case "seek":
      return microphone.seek(message.window, message.position);
    case "look_here":
      return lookHere(message.window);
    case "signed_in":
      return accounts.signedIn(message);
    case "sign_out":
      return accounts.signOut(message);
    case "token_refused":
      return accounts.forgetToken(message.token);
    case "change_server":
      return accounts.changeServer(message);
    case "change_device":
      return changeDevice(message.device);
    case "video_opened":
      return videos.opened(message);
    case "video_refused":
      return videos.refused(message);
    case "steer_player":
      return microphone.steerPlayer(message);
    case "microphone":
      return microphone.moved(message);
    case "speech":
      return microphone.speech(message);
    case "grab_frame":
      return grab(message);
    case "choices_changed":
      return tellOffscreen({ to: "offscreen", type: "choices_changed" });
    case "overlay":
      return tellVideo(message.tab, { to: "content", type: "overlay", change: message.change });
    case "kept":
      return microphone.kept(message);
    case "online":
      return microphone.online(message.online);
    default:
      return null;
  }
}

async function standing(window: number): Promise<Standing> {
  const [tab, state, signIn] = [await chromeApi.activeTab(window), await readState(), await account.signIn()];
  const video = tab === null ? null : (state.tabs[tab] ?? null);
  const isLookedAt = video !== null || tab === null || (await lookInto(tab));
  return {
    server: await account.server(),
    email: signIn?.email ?? null,
    tab,
    video,
    waiting: state.waiting,
    alone: state.alone,
    reachable: isLookedAt ? "yes" : (await chromeApi.hasSites()) ? "never" : "no",
    microphone: state.microphone,
  };
}

async function lookHere(window: number): Promise<boolean> {
  const tab = await chromeApi.activeTab(window);
  return tab !== null && lookInto(tab);
}

async function changeDevice(device: string | null): Promise<void> {
  await chromeApi.local.write("device", device);
  if (await chromeApi.hasOffscreen()) await chromeApi.send({ to: "offscreen", type: "choose_device", device });
}

/** Do what a shortcut stands for; `pressed` is the window, where the browser tells it. */
async function byKey(command: string, pressed: number | null): Promise<void> {
  // At once: a panel opens only while the browser holds the keys for a click.
  if (command === "panel" && pressed !== null) return chromeApi.openPanel(pressed);
  const window = pressed ?? (await chromeApi.lastWindow());
  if (window === null) return;
  if (command === "note") {
    const tab = await chromeApi.activeTab(window);
    if (tab !== null) await overlays.askNote(tab, window);
  } else if (command === "press") await microphone.press(window, (await readState()).microphone.mode);
  else if (command === "cancel") await microphone.cancelLast(window);
}

async function bringWindowForward(window: number): Promise<void> {
  const tab = await chromeApi.activeTab(window);
  if (tab !== null) await videos.bringForward(tab);
}

/** Be where Lossy may be now, in the tabs that are open already too. */
async function followSites(): Promise<void> {
  await chromeApi.followSites(await chromeApi.hasSites());
  await Promise.all((await chromeApi.allTabs()).map(lookInto));
}

async function start(): Promise<void> {
  await chromeApi.makeMenu();
  await microphone.begin();
  await followSites();
}

/** Have Lossy in a tab's page; false where it may not be, or the browser keeps it out. */
async function lookInto(tab: number): Promise<boolean> {
  await chromeApi.sendToFrames(tab, { to: "content", type: "find_video" });
  const answer = await chromeApi.sendToTab(tab, { to: "content", type: "find_video" });
  return answer !== undefined || chromeApi.lookInto(tab);
}
