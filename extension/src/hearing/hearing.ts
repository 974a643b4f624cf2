/** A worker with one model in it: Silero listens to a stream, Whisper makes words of what was cut out of one. */
import * as ort from "onnxruntime-web/jspi";
import type { FromHearing, ToHearing } from "./messages.ts";
import { Silero } from "./silero.ts";
import { Whisper } from "./whisper.ts";

// Not threads: they need an isolation that would shut out the panel's frame.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./", location.href).href;

let silero: Silero | null = null;
let stream = 0;
let whisper: Whisper | null = null;
let line: Promise<unknown> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<ToHearing>) => {
  line = line
    .then(() => take(data))
    .catch((error: Error) => {
      tell({ type: "failed", id: "id" in data ? data.id : null, message: error.message });
    });
});

async function take(message: ToHearing): Promise<void> {
  switch (message.type) {
    case "load_silero":
      silero = await Silero.load(onlyFile(message.files));
      return tell({ type: "done", id: message.id, heard: null });
    case "load_whisper":
      whisper = await Whisper.load(message.files, message.device);
      return tell({ type: "done", id: message.id, heard: null });
    case "listen":
      return listen(message.stream, message.pcm);
    case "transcribe":
      if (!whisper) throw new Error("There is no speech model here.");
      return tell({ type: "done", id: message.id, heard: await whisper.hear(message.pcm) });
  }
}

async function listen(to: number, pcm: Int16Array): Promise<void> {
  if (to !== stream) silero?.forget();
  stream = to;
  for (const probability of (await silero?.hear(pcm)) ?? []) tell({ type: "probability", stream, probability });
}

function onlyFile(files: Map<string, ArrayBuffer>): ArrayBuffer {
  const [file] = files.values();
  if (!file) throw new Error("The model has no file.");
  return file;
}

const tell = (message: FromHearing) => postMessage(message);
