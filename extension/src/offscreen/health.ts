/** How this browser fares, told to its server now and then where the account allows it: counts and times, no words. */
import type { Connection } from "lossy/connection.js";
import type { ClientHealth } from "../shared/wire.ts";
import type { Choices } from "./choices.ts";

const REPORT_EVERY_MS = 60_000;
const MOST_TIMES = 200;

export class Health {
  #reconnects = 0;
  #audioGaps = 0;
  #droppedFrames = 0;
  #inferences: number[] = [];
  #wasConnected = false;

  constructor(
    private readonly connection: Connection,
    private readonly choices: Pick<Choices, "reportHealth">,
  ) {
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace !== "/user" || !connected) return;
      if (this.#wasConnected) this.#reconnects += 1;
      this.#wasConnected = true;
    });
    connection.receive(({ event }: { event: string }) => {
      if (event === "audio_gap") this.#audioGaps += 1;
    });
    setInterval(() => void this.report(), REPORT_EVERY_MS);
  }

  droppedFrame(): void {
    this.#droppedFrames += 1;
  }

  /** A remark took so long to be recognised here. */
  recognised(seconds: number): void {
    this.#inferences.push(seconds);
    this.#inferences.splice(0, this.#inferences.length - MOST_TIMES);
  }

  /** Tell what came together since the last time; what can't be told now is told with the next. */
  async report(): Promise<void> {
    if (!this.choices.reportHealth) return this.#forget();
    const report: Required<ClientHealth> = {
      reconnects: this.#reconnects,
      audio_gaps: this.#audioGaps,
      dropped_frames: this.#droppedFrames,
      inference_seconds: [...this.#inferences],
    };
    const { inference_seconds, ...counts } = report;
    if (!inference_seconds.length && Object.values(counts).every((count) => count === 0)) return;
    const isTold = await this.connection.request("/user", "report_health", report).then(
      () => true,
      () => false,
    );
    if (!isTold) return;
    this.#reconnects -= counts.reconnects;
    this.#audioGaps -= counts.audio_gaps;
    this.#droppedFrames -= counts.dropped_frames;
    this.#inferences.splice(0, inference_seconds.length);
  }

  #forget(): void {
    [this.#reconnects, this.#audioGaps, this.#droppedFrames, this.#inferences] = [0, 0, 0, []];
  }
}
