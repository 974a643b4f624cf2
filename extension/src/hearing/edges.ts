/** When somebody begins and ends to speak, where no more than that is wanted of a stream. */
import type { Ears } from "./ears.ts";
import { type Edge, Gate, type Sensitivity } from "./gate.ts";

export class Edges {
  #gate: Gate | null = null;

  constructor(
    private readonly ears: Ears,
    private readonly spoke: (edge: Edge["edge"]) => void,
  ) {}

  begin(sensitivity: Sensitivity): void {
    const gate = new Gate(sensitivity);
    this.#gate = gate;
    const heard = (probability: number) => {
      const edge = gate.hear(probability);
      if (edge) this.spoke(edge.edge);
    };
    // Without ears the words come all the same: the server has its own.
    this.ears.begin({ heard, broken: () => this.end() });
  }

  take(pcm: Int16Array): void {
    if (this.#gate) this.ears.take(pcm);
  }

  end(): void {
    if (!this.#gate) return;
    const wasSpeaking = this.#gate.isSpeaking;
    this.#gate = null;
    this.ears.end();
    if (wasSpeaking) this.spoke("ended");
  }
}
