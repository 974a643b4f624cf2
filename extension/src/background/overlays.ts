/** What a reviewer does on the overlays of a video: only the frame that it is in may say so. */
import { chromeApi, type Sender } from "../shared/chrome-api.ts";
import type { FromContent } from "../shared/messages.ts";
import { tellOffscreen } from "./offscreen.ts";
import { readState, tellVideo } from "./state.ts";

type Typed = Extract<FromContent, { type: "typed" }>;
type Decided = Extract<FromContent, { type: "decide_note" }>;

/** Keep or scratch the note that is being made. */
export async function decide(tab: number, sender: Sender, { turn, action }: Decided): Promise<unknown> {
  return (await isChosen(tab, sender))
    ? tellOffscreen({ to: "offscreen", type: "decide_note", tab, turn, action })
    : null;
}

/** Show a note in the side panel; it opens at once, while the browser still holds the click for it. */
export async function showNote(tab: number, sender: Sender, note: string): Promise<null> {
  if (sender.window !== null) await chromeApi.openPanel(sender.window).catch(() => undefined);
  if (await isChosen(tab, sender)) {
    await chromeApi.session.write("show_note", { tab, note });
    await chromeApi.send({ to: "pages", type: "show_note", tab, note });
  }
  return null;
}

/** Keep a note that was typed on the video. */
export async function typed(tab: number, sender: Sender, { text, position }: Typed): Promise<unknown> {
  if (!(await isChosen(tab, sender))) return null;
  return tellOffscreen({ to: "offscreen", type: "typed", tab, text, position });
}

/** Let the reviewer type a note on the video in front; where there is none, the panel says so. */
export async function askNote(tab: number, window: number): Promise<void> {
  if ((await readState()).tabs[tab]) await tellVideo(tab, { to: "content", type: "ask_note" });
  else await chromeApi.openPanel(window).catch(() => undefined);
}

async function isChosen(tab: number, sender: Sender): Promise<boolean> {
  return (await readState()).tabs[tab]?.document === sender.document;
}
