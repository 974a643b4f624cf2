/** Long speech in pieces that a Whisper model takes: 30 seconds at most, cut where it is quietest. */
const RATE = 16_000;
const LONGEST = 28 * RATE;
const LOOKED_AT = 4 * RATE;
const STEP = 0.02 * RATE;

export function windows(pcm: Int16Array): Int16Array[] {
  if (pcm.length <= LONGEST) return [pcm];
  const cut = quietest(pcm, LONGEST - LOOKED_AT, LONGEST);
  return [pcm.subarray(0, cut), ...windows(pcm.subarray(cut))];
}

function quietest(pcm: Int16Array, from: number, to: number): number {
  let [best, least] = [to, Number.POSITIVE_INFINITY];
  for (let at = from; at + STEP <= to; at += STEP) {
    const power = pcm.subarray(at, at + STEP).reduce((sum, sample) => sum + sample * sample, 0);
    if (power < least) [best, least] = [at + STEP / 2, power];
  }
  return best;
}
