/** The one file that touches `chrome.*`: what Lossy asks of the browser, by the names of what it is for. */
import type { AnswerOf, Message, Refused } from "./messages.ts";

/** Every site at once, in these words: with all addresses of two schemes Chrome gives no picture of a tab. */
const EVERYWHERE = { origins: ["<all_urls>"] };

type To = Message["to"];
type MessageTo<T extends To> = Extract<Message, { to: T }>;
/** Who sent a message: a frame of a tab's page, or a page of the extension. */
export interface Sender {
  tab: number | null;
  window: number | null;
  /** 0 is the page itself, all others are frames in it. */
  frame: number;
  /** Names what is loaded in the frame; another page there has another name. */
  document: string;
  origin: string | null;
  /** The address and title of the page around the frame, where Lossy may know them. */
  page: string | null;
  title: string | null;
}
type Handler<T extends To> = (message: MessageTo<T>, sender: Sender) => Promise<unknown> | unknown;

const ours = (message: unknown, to: To): boolean =>
  typeof message === "object" && message !== null && (message as { to?: unknown }).to === to;

function readSender({ tab, frameId, documentId, origin }: chrome.runtime.MessageSender): Sender {
  return {
    tab: tab?.id ?? null,
    window: tab?.windowId ?? null,
    frame: frameId ?? 0,
    document: documentId ?? "",
    origin: origin ?? null,
    page: tab?.url ?? null,
    title: tab?.title ?? null,
  };
}

/** A refusal that is given to whoever asked, in the user's words. */
export class RefusedError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const chromeApi = {
  /** Hear messages for `to`, only of this extension; what the handler throws becomes a refusal. */
  hear<T extends To>(to: T, handler: Handler<T>): void {
    chrome.runtime.onMessage.addListener((message: unknown, sender, answer) => {
      // Pages of others speak to the worker only: what a hostile renderer sends elsewhere is not heard.
      const foreign = sender.tab !== undefined && sender.origin !== chromeApi.ownOrigin();
      if (sender.id !== chrome.runtime.id || !ours(message, to) || (foreign && to !== "worker")) return false;
      Promise.resolve()
        .then(() => handler(message as MessageTo<T>, readSender(sender)))
        .then(
          (result) => answer(result ?? null),
          (error) => answer({ refused: { code: error.code ?? "error", message: error.message } } satisfies Refused),
        );
      return true;
    });
  },

  /** Overhear what others tell the worker, without answering. */
  overhear(listener: (message: MessageTo<"worker">, sender: Sender) => void): void {
    chrome.runtime.onMessage.addListener((message: unknown, sender) => {
      if (sender.id === chrome.runtime.id && ours(message, "worker"))
        listener(message as MessageTo<"worker">, readSender(sender));
      return false;
    });
  },

  /** Send to the worker, the offscreen document or open pages; refused when nobody was there to hear it. */
  async send<M extends Message>(message: M): Promise<AnswerOf<M> | Refused> {
    return chrome.runtime
      .sendMessage(message)
      .catch(({ message }: Error) => ({ refused: { code: "unheard", message } }));
  },

  /** Send to what is loaded in a frame of a tab, or without `document` to the page itself; undefined if Lossy is not there. */
  async sendToTab(tab: number, message: MessageTo<"content">, document?: string): Promise<unknown> {
    const to = document === undefined ? { frameId: 0 } : { documentId: document };
    return chrome.tabs.sendMessage(tab, message, to).catch(() => undefined);
  },
  /** Send to all frames of a tab; nobody answers. */
  sendToFrames: (tab: number, message: MessageTo<"content">): Promise<unknown> =>
    chrome.tabs.sendMessage(tab, message).catch(() => undefined),

  /** An element's shadow tree, closed ones too; for content scripts. */
  shadowRootOf: (element: HTMLElement): ShadowRoot | null => chrome.dom.openOrClosedShadowRoot(element),

  address: (path: string): string => chrome.runtime.getURL(path),
  ownOrigin: (): string => new URL(chrome.runtime.getURL("")).origin,
  /** Whether the extension was updated or removed under this page. */
  isOrphaned: (): boolean => !chrome.runtime?.id,

  /** Keep in this browser: the token never leaves the extension's own pages. */
  local: {
    guard: () => chrome.storage.local.setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" }),
    read: async <T>(key: string): Promise<T | undefined> => (await chrome.storage.local.get(key))[key] as T | undefined,
    write: (key: string, value: unknown) => chrome.storage.local.set({ [key]: value }),
    remove: (key: string) => chrome.storage.local.remove(key),
  },

  /** Keep until the browser is closed, also while the worker sleeps. */
  session: {
    read: async <T>(key: string): Promise<T | undefined> =>
      (await chrome.storage.session.get(key))[key] as T | undefined,
    write: (key: string, value: unknown) => chrome.storage.session.set({ [key]: value }),
  },

  async hasOffscreen(): Promise<boolean> {
    const found = await chrome.runtime.getContexts({ contextTypes: [chrome.runtime.ContextType.OFFSCREEN_DOCUMENT] });
    return found.length > 0;
  },
  makeOffscreen: () =>
    chrome.offscreen.createDocument({
      url: "offscreen.html",
      reasons: [chrome.offscreen.Reason.USER_MEDIA, chrome.offscreen.Reason.WORKERS],
      justification: "Records what you say while the microphone is open, and may recognise it.",
    }),
  closeOffscreen: () => chrome.offscreen.closeDocument().catch(() => undefined),

  /** What a tab shows, as JPEG in base64; null unless it is in front of its window, before and after. */
  async captureTab(tab: number): Promise<string | null> {
    const { active, windowId } = await chrome.tabs.get(tab);
    if (!active) return null;
    const picture = await chrome.tabs.captureVisibleTab(windowId, { format: "jpeg", quality: 90 });
    const isStillThere = (await chrome.tabs.get(tab)).active;
    return isStillThere ? picture.slice(picture.indexOf(",") + 1) : null;
  },

  async activeTab(window: number): Promise<number | null> {
    const [tab] = await chrome.tabs.query({ active: true, windowId: window });
    return tab?.id ?? null;
  },
  async activeTabs(): Promise<number[]> {
    return (await chrome.tabs.query({ active: true })).flatMap((tab) => tab.id ?? []);
  },
  async lastWindow(): Promise<number | null> {
    return (await chrome.windows.getLastFocused().catch(() => null))?.id ?? null;
  },
  async thisWindow(): Promise<number> {
    return (await chrome.windows.getCurrent()).id ?? -1;
  },
  onTabActivated: (heard: (tab: number) => void) => chrome.tabs.onActivated.addListener(({ tabId }) => heard(tabId)),
  onTabLoaded: (heard: (tab: number) => void) =>
    chrome.tabs.onUpdated.addListener((tab, change) => change.status === "complete" && heard(tab)),
  onTabClosed: (heard: (tab: number) => void) => chrome.tabs.onRemoved.addListener((tab) => heard(tab)),
  onWindowFocused: (heard: (window: number) => void) =>
    chrome.windows.onFocusChanged.addListener((window) => window !== chrome.windows.WINDOW_ID_NONE && heard(window)),
  onInstalled: (heard: () => void) =>
    chrome.runtime.onInstalled.addListener(({ reason }) => reason === "install" && heard()),
  onStart(heard: () => void): void {
    chrome.runtime.onStartup.addListener(heard);
    chrome.runtime.onInstalled.addListener(heard);
  },
  /** Make the entry of the menu that a right click on a page opens. */
  async makeMenu(): Promise<void> {
    await chrome.contextMenus.removeAll();
    chrome.contextMenus.create({ id: "note", title: "Note at this time", contexts: ["page", "video", "frame"] });
  },
  onMenu: (heard: (tab: number, window: number) => void) =>
    chrome.contextMenus.onClicked.addListener((_, tab) => tab?.id !== undefined && heard(tab.id, tab.windowId)),
  /** Hear of a shortcut, and of the window that it was pressed in; the browser holds it for a click. */
  onShortcut: (heard: (command: string, window: number | null) => void) =>
    chrome.commands.onCommand.addListener((command, tab) => heard(command, tab?.windowId ?? null)),
  onSitesChanged: (heard: () => void) => {
    chrome.permissions.onAdded.addListener(heard);
    chrome.permissions.onRemoved.addListener(heard);
  },

  /** Put the content script into a tab that is open already; false where the browser keeps extensions out. */
  async lookInto(tab: number): Promise<boolean> {
    const target = { tabId: tab, allFrames: true };
    return chrome.scripting.executeScript({ target, files: ["content.js"] }).then(
      () => true,
      () => false,
    );
  },
  async allTabs(): Promise<number[]> {
    return (await chrome.tabs.query({})).flatMap((tab) => tab.id ?? []);
  },
  requestSites: () => chrome.permissions.request(EVERYWHERE),
  hasSites: () => chrome.permissions.contains(EVERYWHERE),
  forgetSites: () => chrome.permissions.remove(EVERYWHERE),
  /** Run the content script on every site from now on, or on the declared ones alone. */
  async followSites(everywhere: boolean): Promise<void> {
    const id = "every-site";
    const registered = (await chrome.scripting.getRegisteredContentScripts({ ids: [id] })).length > 0;
    if (registered && !everywhere) await chrome.scripting.unregisterContentScripts({ ids: [id] });
    if (registered || !everywhere) return;
    await chrome.scripting.registerContentScripts([
      {
        id,
        js: ["content.js"],
        matches: ["http://*/*", "https://*/*"],
        runAt: "document_idle",
        allFrames: true,
        matchOriginAsFallback: true,
      },
    ]);
  },

  openPage: (url: string) => chrome.tabs.create({ url }).then(() => undefined),
  openOptions: (section = "") => chrome.tabs.create({ url: chrome.runtime.getURL(`options.html${section}`) }),
  /** Must be called while the browser still holds the click for it. */
  openPanel: (window: number) => chrome.sidePanel.open({ windowId: window }),
  async showBadge(text: string, title: string, listening: boolean): Promise<void> {
    await chrome.action.setBadgeText({ text });
    await chrome.action.setBadgeBackgroundColor({ color: "#e5533d" });
    await chrome.action.setTitle({ title });
    const suffix = listening ? "-listening" : "";
    const path = Object.fromEntries([16, 32, 48].map((size) => [size, `icons/${size}${suffix}.png`]));
    await chrome.action.setIcon({ path }).catch(() => undefined);
  },
};
