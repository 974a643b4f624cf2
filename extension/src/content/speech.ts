/**
 * The video stands still while somebody speaks about it. For one note that is from the press on, until the microphone
 * is off; with the microphone always open, from the first sound until a moment after the last.
 */
import type { Playback } from "lossy/playback.js";
import type { Microphone, SpeechEdge } from "../shared/messages.ts";

const RESUME_AFTER_MS = 500;

export class PauseWhileSpeaking {
  #pausesAtSpeech = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly playback: Pick<Playback, "pauseForSpeech" | "resumeAfterSpeech">) {}

  /** The microphone moved; `pauses` where the reviewer wants it so. */
  listen({ state, mode }: Microphone, pauses: boolean): void {
    this.#pausesAtSpeech = pauses && mode === "hands_free" && state === "open";
    if (pauses && mode === "one_note" && state === "opening") this.playback.pauseForSpeech();
    if (state === "off" || state === "blocked") this.#resume();
  }

  /** Somebody began to speak, or ended. */
  hear(edge: SpeechEdge["edge"]): void {
    if (!this.#pausesAtSpeech) return;
    clearTimeout(this.#timer);
    if (edge === "began") this.playback.pauseForSpeech();
    else this.#timer = setTimeout(() => this.#resume(), RESUME_AFTER_MS);
  }

  destroy(): void {
    clearTimeout(this.#timer);
  }

  #resume(): void {
    clearTimeout(this.#timer);
    this.playback.resumeAfterSpeech();
  }
}
