/** Where audio comes from: a microphone, or a recorded narration in real time. Both give 16 kHz mono PCM16 blocks. */
import { Refused } from "./token.js";

export const SAMPLE_RATE = 16_000;
const BLOCK_SAMPLES = 320;

let graph = null;

/** Make the audio graph before it is needed: a press then waits for the device alone. */
export function warmUp() {
  graph ??= makeGraph().catch((error) => {
    graph = null;
    throw error;
  });
  return graph;
}

async function makeGraph() {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  await context.audioWorklet.addModule(new URL("recorder-worklet.js", import.meta.url));
  return context;
}

/**
 * Open the microphone. `onBlock(Int16Array, level)` is called every 20 ms, `onLost()` when the device goes away; `words`
 * says what to do, by the name of the browser's error.
 */
export async function openMicrophone({ constraints, onBlock, onLost, words = MICROPHONE_WORDS }) {
  const [context, stream] = await Promise.all([warmUp(), askForMicrophone(constraints, words)]);
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, "lossy-recorder", { numberOfOutputs: 0 });
  node.port.onmessage = ({ data }) => onBlock(new Int16Array(data.pcm), data.level);
  source.connect(node);
  for (const track of stream.getTracks()) track.addEventListener("ended", onLost);
  await context.resume();

  function close() {
    node.port.onmessage = null;
    source.disconnect();
    for (const track of stream.getTracks()) {
      track.removeEventListener("ended", onLost);
      track.stop();
    }
    context.suspend();
  }

  return { close, pause: () => context.suspend(), resume: () => context.resume() };
}

async function askForMicrophone(constraints, words) {
  if (!navigator.mediaDevices) {
    throw new Refused("blocked", "Browsers give the microphone only to https pages and to localhost.");
  }
  const wanted = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, ...constraints };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, ...wanted } });
  } catch (error) {
    throw new Refused("blocked", words[error.name] ?? `The microphone did not open (${error.name}).`);
  }
}

export const MICROPHONE_WORDS = {
  NotAllowedError: "The browser keeps the microphone from this page. Allow it beside the address, then press again.",
  NotFoundError: "No microphone was found. Connect one, then press again.",
  NotReadableError: "Another program holds the microphone. Close it there, then press again.",
};

/** Speak a recorded narration into the same blocks, as fast as it was spoken; `onStart` is the moment it begins. */
export async function openNarration({ url, onBlock, onStart, onEnded }) {
  const bytes = await (await fetch(url)).arrayBuffer();
  const voice = new Audio(URL.createObjectURL(new Blob([bytes], { type: "audio/wav" })));
  const decoder = new OfflineAudioContext(1, 1, SAMPLE_RATE);
  const samples = (await decoder.decodeAudioData(bytes)).getChannelData(0);
  let sent = 0;
  const startAt = performance.now();
  onStart();
  // Without a click on this page the browser keeps it silent; the notes come all the same.
  voice.play().catch(() => {});
  const timer = setInterval(() => {
    const due = Math.min(samples.length, Math.floor(((performance.now() - startAt) / 1000) * SAMPLE_RATE));
    for (; sent + BLOCK_SAMPLES <= due; sent += BLOCK_SAMPLES) onBlock(...block(samples, sent));
    if (sent + BLOCK_SAMPLES <= samples.length) return;
    clearInterval(timer);
    onEnded();
  }, 20);

  function close() {
    clearInterval(timer);
    voice.pause();
    URL.revokeObjectURL(voice.src);
  }

  return { close, pause: () => voice.pause(), resume: () => voice.play().catch(() => {}) };
}

function block(samples, start) {
  const pcm = new Int16Array(BLOCK_SAMPLES);
  let power = 0;
  for (let i = 0; i < BLOCK_SAMPLES; i += 1) {
    const sample = Math.max(-1, Math.min(1, samples[start + i]));
    power += sample * sample;
    pcm[i] = sample < 0 ? sample * 0x8000 : sample * 0x7fff;
  }
  return [pcm, Math.sqrt(power / BLOCK_SAMPLES)];
}
