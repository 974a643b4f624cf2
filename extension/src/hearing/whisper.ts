/** Whisper by transformers.js, from files that are here already: it asks nobody for anything. */
import {
  env,
  LogitsProcessor,
  LogitsProcessorList,
  pipeline,
  type Recogniser,
  type Scores,
} from "@huggingface/transformers";
import type { Device, Heard, ModelFiles } from "./messages.ts";

const FOLDER = "speech";
const MAX_TOKENS_A_SECOND = 12;

export class Whisper {
  private constructor(private readonly recogniser: Recogniser) {}

  static async load(files: ModelFiles, device: Device): Promise<Whisper> {
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.useBrowserCache = false;
    env.localModelPath = "/models/";
    env.fetch = async (url) => {
      const name = new URL(String(url), location.href).pathname.split(`/models/${FOLDER}/`)[1] ?? "";
      const file = files.get(name);
      return new Response(file ?? null, { status: file ? 200 : 404 });
    };
    const recogniser = await pipeline("automatic-speech-recognition", FOLDER, {
      device,
      dtype: bestType(files, device),
    });
    return new Whisper(recogniser);
  }

  /** Recognise at most 30 seconds of 16 kHz samples. */
  async hear(pcm: Int16Array): Promise<Heard> {
    const began = performance.now();
    const surety = new Surety();
    const processors = new LogitsProcessorList();
    processors.push(surety);
    const { text } = await this.recogniser(
      Float32Array.from(pcm, (sample) => sample / 0x8000),
      {
        logits_processor: processors,
        max_new_tokens: Math.ceil(20 + (pcm.length / 16_000) * MAX_TOKENS_A_SECOND),
      },
    );
    return { text: text.trim(), confidence: surety.mean, decodeSeconds: (performance.now() - began) / 1000 };
  }
}

/** What suits the device best of what the folder has: a graphics card has no use for 8-bit integers. */
function bestType(files: ModelFiles, device: Device): string {
  const types = { q8: "_quantized", fp16: "_fp16", fp32: "" };
  const order = device === "webgpu" ? (["fp16", "fp32", "q8"] as const) : (["q8", "fp32", "fp16"] as const);
  const found = order.find((type) => files.has(`onnx/encoder_model${types[type]}.onnx`));
  if (!found) throw new Error("This speech model has no weights that a browser can use.");
  return found;
}

/** Looks on while tokens are chosen, and changes nothing. */
class Surety extends LogitsProcessor {
  #sum = 0;
  #tokens = 0;

  get mean(): number {
    return this.#tokens ? this.#sum / this.#tokens : 0;
  }

  override _call(_ids: bigint[][], scores: Scores): Scores {
    const values = scores.data;
    const best = values.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
    this.#sum += 1 / values.reduce((sum, value) => sum + Math.exp(value - best), 0);
    this.#tokens += 1;
    return scores;
  }
}
