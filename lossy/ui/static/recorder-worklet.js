/** Hands the microphone's samples over as PCM16 in blocks of 20 ms, with the loudness of each. */
const BLOCK_SAMPLES = 320;

class RecorderWorklet extends AudioWorkletProcessor {
  #block = new Int16Array(BLOCK_SAMPLES);
  #filled = 0;
  #power = 0;

  process([[samples]]) {
    for (const sample of samples ?? []) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.#power += clipped * clipped;
      this.#block[this.#filled] = clipped < 0 ? clipped * 0x8000 : clipped * 0x7fff;
      this.#filled += 1;
      if (this.#filled === BLOCK_SAMPLES) this.#hand();
    }
    return true;
  }

  #hand() {
    const pcm = this.#block.buffer;
    this.port.postMessage({ pcm, level: Math.sqrt(this.#power / BLOCK_SAMPLES) }, [pcm]);
    this.#block = new Int16Array(BLOCK_SAMPLES);
    [this.#filled, this.#power] = [0, 0];
  }
}

registerProcessor("lossy-recorder", RecorderWorklet);
