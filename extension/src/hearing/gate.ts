/**
 * Where speech begins and ends, by the probabilities of its frames. A start is told once enough frames are speech to be
 * certain, and names the sample where it began; the cut lies a little after the last speech. Pure: it counts samples.
 */
import { FRAME_SAMPLES } from "./frame.ts";

const RATE = 16_000;
const PRE_ROLL_SAMPLES = 0.5 * RATE;
const TAIL_SAMPLES = 0.3 * RATE;
const BLIP_GAP_SAMPLES = 0.16 * RATE;
const END_SILENCE_SAMPLES = 0.6 * RATE;
/** As long as a turn may be, less what surrounds it. */
const LONGEST_SAMPLES = 58 * RATE;

/** How sure to be that it is speech, and for how long at least. */
export interface Sensitivity {
  start: number;
  end: number;
  minimumSeconds: number;
}

/** Silero's own for a quiet room; surer of it in noise, quicker to believe somebody who speaks softly. */
export const SENSITIVITIES = {
  quiet: { start: 0.5, end: 0.35, minimumSeconds: 0.25 },
  noisy: { start: 0.75, end: 0.5, minimumSeconds: 0.35 },
  soft: { start: 0.3, end: 0.2, minimumSeconds: 0.2 },
} as const satisfies Record<string, Sensitivity>;
export type SensitivityName = keyof typeof SENSITIVITIES;

/** `onset` and `lastSpeech` are the speech itself, `start` and `end` what is cut out. */
export type Edge =
  | { edge: "began"; onset: number; start: number }
  | { edge: "ended"; onset: number; start: number; lastSpeech: number; end: number; isForced: boolean };

export class Gate {
  #at = 0;
  #previousEnd = 0;
  #onset: number | null = null;
  #lastSpeech = 0;
  #speechFrames = 0;
  #isSpeaking = false;

  constructor(private readonly sensitivity: Sensitivity) {}

  get isSpeaking(): boolean {
    return this.#isSpeaking;
  }

  /** The first sample that may still belong to an utterance. */
  get firstNeeded(): number {
    return this.#start(this.#onset ?? this.#at);
  }

  /** Take the probability of the next frame. */
  hear(probability: number): Edge | null {
    const begin = this.#at;
    this.#at += FRAME_SAMPLES;
    return this.#isSpeaking ? this.#goOn(probability) : this.#wait(probability, begin);
  }

  /** No more comes: what is being said ends here. */
  flush(): Edge | null {
    return this.#isSpeaking ? this.#end(this.#at, false) : null;
  }

  #wait(probability: number, begin: number): Edge | null {
    if (probability < this.sensitivity.start) {
      if (this.#at - this.#lastSpeech >= BLIP_GAP_SAMPLES) [this.#onset, this.#speechFrames] = [null, 0];
      return null;
    }
    this.#onset ??= begin;
    this.#lastSpeech = this.#at;
    this.#speechFrames += 1;
    if (this.#speechFrames * FRAME_SAMPLES < this.sensitivity.minimumSeconds * RATE) return null;
    this.#isSpeaking = true;
    return { edge: "began", onset: this.#onset, start: this.#start(this.#onset) };
  }

  #goOn(probability: number): Edge | null {
    if (probability >= this.sensitivity.end) this.#lastSpeech = this.#at;
    if (this.#at - this.#lastSpeech >= END_SILENCE_SAMPLES) return this.#end(this.#lastSpeech + TAIL_SAMPLES, false);
    return this.#at - (this.#onset ?? 0) >= LONGEST_SAMPLES ? this.#end(this.#at, true) : null;
  }

  #end(end: number, isForced: boolean): Edge {
    const onset = this.#onset ?? 0;
    const cut = Math.min(end, this.#at);
    const start = this.#start(onset);
    this.#previousEnd = cut;
    [this.#onset, this.#speechFrames, this.#isSpeaking] = [null, 0, false];
    return { edge: "ended", onset, start, lastSpeech: this.#lastSpeech, end: cut, isForced };
  }

  #start = (onset: number): number => Math.max(this.#previousEnd, onset - PRE_ROLL_SAMPLES);
}
