/** Which of many videos is the one that the page is about: a score for each, and a choice that does not flutter. */

/** What can be seen of a video from outside. Areas are in square CSS pixels. */
export interface Look {
  area: number;
  /** The part of it that is in the reviewer's window. */
  visible: number;
  playing: boolean;
  /** It ran at some time, so it is more than a thing to scroll past. */
  played: boolean;
  audible: boolean;
  controls: boolean;
  /** It runs by itself, without sound, over and over, and nothing stops it. */
  background: boolean;
  /** Its place is kept, and nothing is seen there. */
  faded: boolean;
  /** Nothing was loaded into it. */
  empty: boolean;
}

export interface Scored {
  score: number;
}

/** How much better another one must be to take the place of the one that is chosen. */
export const HOLD = 1.5;
const OUT_OF_SIGHT = 0.05;
const PLAYING = 5;
const AUDIBLE = 2;
const PLAYED = 1.5;
const CONTROLS = 1.5;
const BACKGROUND = 0.03;
const FADED = 0.2;
const EMPTY = 0.3;

/** Tell how much a video looks like the main one: its seen area, weighed; 0 for what takes no room. */
export function scoreOf(look: Look): number {
  let score = look.visible + OUT_OF_SIGHT * (look.area - look.visible);
  // A background always plays: that says nothing of it.
  if (look.playing && !look.background) score *= look.audible ? PLAYING * AUDIBLE : PLAYING;
  if (look.played && !look.background) score *= PLAYED;
  if (look.controls) score *= CONTROLS;
  if (look.background) score *= BACKGROUND;
  if (look.faded) score *= FADED;
  if (look.empty) score *= EMPTY;
  return score;
}

/** Choose the best; the one that is chosen already stays unless another is clearly better. Null if all have 0. */
export function choose<T extends Scored>(all: T[], chosen: (one: T) => boolean): T | null {
  let best: T | null = null;
  let most = 0;
  for (const one of all) {
    const score = one.score * (chosen(one) ? HOLD : 1);
    if (score > most) [best, most] = [one, score];
  }
  return best;
}

/** Whether a score is another one by more than moves all the time. */
export function isOtherScore(one: number, other: number): boolean {
  return one !== other && (one === 0 || other === 0 || Math.abs(Math.log2(one / other)) >= 0.5);
}
