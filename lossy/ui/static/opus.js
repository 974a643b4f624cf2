/**
 * Chunks as Opus, each encoded by itself after the end of the one before, so that it can be decoded wherever a server
 * starts again. Packets are written one after the other, each after its length in two bytes.
 */
const SAMPLE_RATE = 16_000;
const FRAME_SAMPLES = 320;
const LEAD_SAMPLES = 1280;
const CONFIG = {
  codec: "opus",
  sampleRate: SAMPLE_RATE,
  numberOfChannels: 1,
  bitrate: 24_000,
  opus: { application: "voip", frameDuration: 20_000 },
};
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** How audio travels to a server: as samples where that costs nothing, or where one side knows nothing else. */
export function encodingFor(hostname, offered = [], canEncode = "AudioEncoder" in globalThis) {
  return !LOOPBACK.test(hostname) && offered.includes("opus") && canEncode ? "opus" : "pcm16";
}

/** The end of the samples before a chunk that is to be its lead: whole packets of it. */
export function leadOf(said) {
  const length = Math.min(LEAD_SAMPLES, said.length - (said.length % FRAME_SAMPLES));
  return said.slice(said.length - length);
}

/** One packet after the other, each after its length. */
export function framed(packets) {
  const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + 2 + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    new DataView(bytes.buffer).setUint16(at, packet.length);
    bytes.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return bytes.buffer;
}

/** Encode samples after their lead; both are Int16Array. Throws where this browser can't. */
export async function encodeOpus(lead, samples) {
  const whole = new Int16Array(Math.ceil((lead.length + samples.length) / FRAME_SAMPLES) * FRAME_SAMPLES);
  whole.set(lead);
  whole.set(samples, lead.length);
  const packets = [];
  let problem = null;
  const encoder = new AudioEncoder({
    output(chunk) {
      const packet = new Uint8Array(chunk.byteLength);
      chunk.copyTo(packet);
      packets.push(packet);
    },
    error: (error) => (problem = error),
  });
  encoder.configure(CONFIG);
  const shape = { format: "s16", sampleRate: SAMPLE_RATE, numberOfChannels: 1, numberOfFrames: FRAME_SAMPLES };
  for (let at = 0; at < whole.length; at += FRAME_SAMPLES) {
    const data = whole.slice(at, at + FRAME_SAMPLES);
    const frame = new AudioData({ ...shape, timestamp: (at / SAMPLE_RATE) * 1e6, data });
    encoder.encode(frame);
    frame.close();
  }
  await encoder.flush();
  encoder.close();
  if (problem) throw problem;
  return framed(packets);
}
