/** An open microphone, and the line on which its samples come: who hears them may change while it stays open. */
export interface Source {
  close(): void;
  pause(): void;
  resume(): void;
}

/** Takes a block of samples, how loud it is, and when it ended if that is not now. */
export type OnBlock = (pcm: Int16Array, level: number, endedAt?: number) => void;
export type OpenSource = (hear: { onBlock: OnBlock; onLost: () => void }) => Promise<Source>;

export class Line {
  constructor(
    public hear: OnBlock,
    public lost: () => void,
  ) {}

  onBlock: OnBlock = (...block) => this.hear(...block);
  onLost = (): void => this.lost();
}
