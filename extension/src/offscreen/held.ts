/** Audio that was not recognised here, as a source for a recorder: first what is held, then what the microphone hears. */
import type { Tape } from "../hearing/tape.ts";
import type { Line, OpenSource, Source } from "./source.ts";

const BLOCK_SAMPLES = 1600;

export interface Held {
  openSource: OpenSource;
  /** Whether nothing follows what is held. */
  isAll: boolean;
}

/** Hold the tape from a sample on, and from now on what comes on the line; the source is taken over. */
export function hold(tape: Tape, first: number, line: Line | null, source: Source | null): Held {
  const blocks: [Int16Array, number, number][] = [];
  for (let at = first; at < tape.length; at += BLOCK_SAMPLES) {
    const end = Math.min(at + BLOCK_SAMPLES, tape.length);
    blocks.push([tape.cut(at, end), 0, tape.capturedAt(end)]);
  }
  if (line) line.hear = (pcm, level, endedAt = Date.now() / 1000) => blocks.push([pcm, level, endedAt]);
  const openSource: OpenSource = async ({ onBlock, onLost }) => {
    for (const block of blocks) onBlock(...block);
    if (line) [line.hear, line.lost] = [onBlock, onLost];
    return source ?? { close() {}, pause() {}, resume() {} };
  };
  return { openSource, isAll: source === null };
}
