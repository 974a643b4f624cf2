/** What a document says to a hearing worker and hears from it. A worker holds one model, and answers in order. */

/** The files of a model by their path in its folder. */
export type ModelFiles = Map<string, ArrayBuffer>;
/** What the arithmetic is done on. */
export type Device = "webgpu" | "wasm";

/** What the speech model made of some seconds. */
export interface Heard {
  text: string;
  /** Mean probability of the tokens, 0 to 1. */
  confidence: number;
  decodeSeconds: number;
}

export type ToHearing =
  | { type: "load_silero"; id: number; files: ModelFiles }
  | { type: "load_whisper"; id: number; files: ModelFiles; device: Device }
  /** Samples in their stream's order, each 512 of them answered with a probability; another stream begins anew. */
  | { type: "listen"; stream: number; pcm: Int16Array }
  | { type: "transcribe"; id: number; pcm: Int16Array };

export type FromHearing =
  | { type: "done"; id: number; heard: Heard | null }
  | { type: "failed"; id: number | null; message: string }
  | { type: "probability"; stream: number; probability: number };
