/** A tab's frames and the video of each: one of them is spoken about. Pure changes of the worker's state. */
import type { Sender } from "../shared/chrome-api.ts";
import type { FrameVideo } from "../shared/messages.ts";
import { choose } from "../shared/score.ts";
import { identifyUrl } from "../shared/video_url.ts";
import type { VideoContext } from "../shared/wire.ts";
import type { State } from "./state.ts";

type Frames = Pick<State, "frames">;

/**
 * What the server is told of a frame's video. A player of a known platform is that platform's video wherever it is
 * shown; any other player in a frame is the video of the page around it. Null if the frame is not what it says.
 */
export function contextOf({ origin, frame, page, title }: Sender, context: VideoContext): VideoContext | null {
  const own = identifyUrl(context.url ?? "");
  if (!own || origin !== new URL(context.url ?? "").origin) return null;
  const around = frame === 0 || own.platform !== "web" || !page ? null : identifyUrl(page);
  return around ? { ...context, url: around.url, title: title ?? context.title } : { ...context, url: own.url };
}

/** Know what a frame has found. `isFirst` if others are known of which this one's page may be the successor. */
export function addFrame({ frames }: Frames, tab: number, one: FrameVideo): { isFirst: boolean } {
  const before = frames[tab] ?? [];
  const others = before.filter(({ document }) => document !== one.document);
  // A page that takes the place of another one ends it.
  const living = others.filter(({ frame }) => frame !== one.frame);
  frames[tab] = [...living, one];
  return { isFirst: others.length === before.length && living.length > 0 };
}

export function removeFrames({ frames }: Frames, tab: number, documents: string[]): void {
  const left = (frames[tab] ?? []).filter(({ document }) => !documents.includes(document));
  if (left.length) frames[tab] = left;
  else delete frames[tab];
}

/** The best video of a tab; the one that is spoken about stays unless another is clearly better. */
export function bestFrame({ frames, tabs }: Pick<State, "frames" | "tabs">, tab: number): FrameVideo | null {
  return choose(frames[tab] ?? [], ({ document }) => document === tabs[tab]?.document);
}
