/** What Lossy uses of transformers.js; its own types are not among its exports for browsers. */
declare module "@huggingface/transformers" {
  export interface Scores {
    data: Float32Array;
  }
  export class LogitsProcessor {
    _call(ids: bigint[][], scores: Scores): Scores;
  }
  export class LogitsProcessorList {
    push(processor: LogitsProcessor): void;
  }
  export const env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    useBrowserCache: boolean;
    localModelPath: string;
    fetch: (url: string | URL) => Promise<Response>;
  };
  export type Recogniser = (
    samples: Float32Array,
    options: { logits_processor: LogitsProcessorList; max_new_tokens: number },
  ) => Promise<{ text: string }>;
  export function pipeline(
    task: "automatic-speech-recognition",
    folder: string,
    options: { device: string; dtype: string },
  ): Promise<Recogniser>;
}
