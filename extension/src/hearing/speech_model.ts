/** Whisper in a worker: loaded when it is first wanted, begun again when it dies, left alone when it keeps dying. */
import type { Model } from "../shared/models.ts";
import { Breaker } from "./breaker.ts";
import type { Device, Heard } from "./messages.ts";
import { windows } from "./windows.ts";
import { Work } from "./work.ts";

const LOAD_WITHIN_MS = 120_000;
const DECODE_WITHIN_MS = 30_000;

/** What is known of recognition in this browser; `progress` is of the model's way here. */
export interface Recognition {
  state: "off" | "fetching" | "ready" | "failed";
  progress: number;
  model: string;
  device: Device | null;
  problem: string | null;
}
export const NO_RECOGNITION: Recognition = { state: "off", progress: 0, model: "", device: null, problem: null };

export class SpeechModel {
  recognition = NO_RECOGNITION;
  #work: Promise<Work> | null = null;
  #breaker = new Breaker();
  /** Whether a graphics card failed here. */
  #avoidsGpu = false;

  constructor(
    private readonly getModel: (tell: (progress: number) => void) => Promise<Model>,
    private readonly changed: (recognition: Recognition) => void,
    /** How long samples took to be recognised. */
    private readonly took: (seconds: number) => void = () => {},
  ) {}

  /** Load the model before it is needed. */
  async warmUp(): Promise<void> {
    await this.#worker();
  }

  /** Recognise samples of any length; throws when this browser can't, after some tries. */
  async transcribe(pcm: Int16Array): Promise<Heard> {
    for (;;) {
      try {
        const heard = await this.#transcribe(pcm);
        this.took(heard.decodeSeconds);
        return heard;
      } catch (error) {
        this.#avoidsGpu ||= this.recognition.device === "webgpu";
        this.close();
        if (!this.#breaker.mayTryAgain()) {
          this.#show({ state: "failed", problem: (error as Error).message });
          throw error;
        }
      }
    }
  }

  /** Try again what was given up. */
  reset(): void {
    this.#breaker.reset();
  }

  /** Let go of the model; it is loaded again when it is wanted. */
  close(): void {
    this.#work?.then((work) => work.close()).catch(() => null);
    this.#work = null;
    this.#show(NO_RECOGNITION);
  }

  async #transcribe(pcm: Int16Array): Promise<Heard> {
    const work = await this.#worker();
    const parts: { heard: Heard; samples: number }[] = [];
    for (const window of windows(pcm)) {
      const heard = await work.ask({ type: "transcribe", pcm: window }, DECODE_WITHIN_MS);
      if (heard) parts.push({ heard, samples: window.length });
    }
    const all = parts.reduce((sum, part) => sum + part.samples, 0);
    return {
      text: parts
        .map(({ heard }) => heard.text)
        .join(" ")
        .trim(),
      confidence: parts.reduce((sum, { heard, samples }) => sum + heard.confidence * samples, 0) / Math.max(1, all),
      decodeSeconds: parts.reduce((sum, { heard }) => sum + heard.decodeSeconds, 0),
    };
  }

  #worker(): Promise<Work> {
    this.#work ??= this.#load().catch((error: Error) => {
      this.#work = null;
      this.#show({ state: "failed", problem: error.message });
      throw error;
    });
    return this.#work;
  }

  async #load(): Promise<Work> {
    this.#show({ ...NO_RECOGNITION, state: "fetching" });
    const { name, files } = await this.getModel((progress) => this.#show({ progress }));
    for (const device of await devices(files.keys(), this.#avoidsGpu)) {
      const work = new Work();
      const loaded = await work.ask({ type: "load_whisper", files, device }, LOAD_WITHIN_MS).then(
        () => true,
        (error: Error) => {
          work.close();
          if (device === "wasm") throw error;
          return false;
        },
      );
      if (!loaded) continue;
      this.#show({ state: "ready", model: name, device, problem: null });
      return work;
    }
    throw new Error("This browser is too old to recognise speech by itself.");
  }

  #show(change: Partial<Recognition>): void {
    this.recognition = { ...this.recognition, ...change };
    this.changed(this.recognition);
  }
}

/** What this browser can do the arithmetic on, the fastest first; weights of 8 bits gain nothing on a graphics card. */
async function devices(files: Iterable<string>, avoidsGpu: boolean): Promise<Device[]> {
  if (!("Suspending" in WebAssembly)) return [];
  const isForGpu = !avoidsGpu && [...files].some((path) => /encoder_model(_fp16)?\.onnx$/.test(path));
  return isForGpu && (await hasGpu()) ? ["webgpu", "wasm"] : ["wasm"];
}

/** Whether there is a graphics card, and not only a program that stands in for one: that is a hundred times slower. */
async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !adapter?.info?.isFallbackAdapter;
}

interface Adapter {
  info?: { isFallbackAdapter?: boolean };
}
