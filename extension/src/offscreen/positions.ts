/** Where a player stood lately, as its page tells it: also while no server can be told. */
import type { Playback } from "../shared/wire.ts";

const MOST = 300;

export interface Place {
  position: number;
  /** 0 while it stood still. */
  rate: number;
}

export class Positions {
  #reports: Playback[] = [];

  /** Take reports, which may be told again. */
  take(reports: Playback[]): void {
    const last = this.#reports.at(-1)?.at ?? 0;
    this.#reports.push(...reports.filter(({ at }) => at > last));
    this.#reports.splice(0, this.#reports.length - MOST);
  }

  /** Where it stood at a moment of the wall clock (s); where it stands first, before that. */
  at(moment: number): Place {
    const report = this.#reports.findLast(({ at }) => at <= moment) ?? this.#reports[0];
    if (!report) return { position: 0, rate: 0 };
    const { at, position, rate = 1, playing } = report;
    return playing ? { position: position + Math.max(0, moment - at) * rate, rate } : { position, rate: 0 };
  }
}
