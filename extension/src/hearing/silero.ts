/** Silero VAD (v6): the probability of speech in each frame of 512 samples, with the state that the stream has so far. */
import * as ort from "onnxruntime-web/jspi";
import { FRAME_SAMPLES } from "./frame.ts";

const CONTEXT_SAMPLES = 64;
const STATE = [1, 1, 128];

export class Silero {
  #h: ort.Tensor = emptyState();
  #c: ort.Tensor = emptyState();
  #input = new Float32Array(CONTEXT_SAMPLES + FRAME_SAMPLES);
  #filled = 0;

  private constructor(private readonly session: ort.InferenceSession) {}

  static async load(model: ArrayBuffer): Promise<Silero> {
    return new Silero(await ort.InferenceSession.create(model, { executionProviders: ["wasm"] }));
  }

  /** Forget the stream so far. */
  forget(): void {
    [this.#h, this.#c, this.#filled] = [emptyState(), emptyState(), 0];
    this.#input.fill(0);
  }

  /** Take samples of any length; gives the probabilities of the frames that they complete. */
  async hear(pcm: Int16Array): Promise<number[]> {
    const heard: number[] = [];
    for (const sample of pcm) {
      this.#input[CONTEXT_SAMPLES + this.#filled] = sample / 0x8000;
      this.#filled += 1;
      if (this.#filled === FRAME_SAMPLES) heard.push(await this.#frame());
    }
    return heard;
  }

  async #frame(): Promise<number> {
    const input = new ort.Tensor("float32", this.#input.slice(), [1, this.#input.length]);
    const { speech_probs, hn, cn } = await this.session.run({ input, h: this.#h, c: this.#c });
    if (!speech_probs || !hn || !cn) throw new Error("This is another Silero than Lossy knows.");
    [this.#h, this.#c] = [hn, cn];
    this.#input.copyWithin(0, FRAME_SAMPLES);
    this.#filled = 0;
    return Number(speech_probs.data[0]);
  }
}

const emptyState = () => new ort.Tensor("float32", new Float32Array(128), STATE);
