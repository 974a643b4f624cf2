/** What the account chose for the microphone, read from the server whenever a connection begins. */
import { SENSITIVITIES, type Sensitivity, type SensitivityName } from "../hearing/gate.ts";
import type { UserChoices } from "../shared/wire.ts";

const ANSWER_WITHIN_MS = 10_000;

/** Where they are kept for times without a server. */
interface Kept {
  keep: (values: UserChoices["values"]) => void;
}

export class Choices {
  /** Whether the server told them yet. */
  areKnown = false;
  autoPause = true;
  keepFrames = false;
  /** Whether the server is told how this browser fares. */
  reportHealth = false;
  /** Whether this browser recognises what is said, and no audio leaves it. */
  isRecognisedHere = false;
  /** Whether audio may go to the server where this browser can't recognise it. */
  audioFallback = false;
  sensitivity: Sensitivity = SENSITIVITIES.quiet;
  constraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

  constructor(private readonly kept: Kept) {}

  /** Where they were asked for last, and with what. */
  #asked: [string, string] | null = null;

  async readAgain(): Promise<void> {
    if (this.#asked) await this.read(...this.#asked);
  }

  async read(server: string, token: string): Promise<void> {
    this.#asked = [server, token];
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(`${server}/api/settings`, { headers, signal }).catch(() => null);
    // Without an answer the last ones hold; the next connection asks again.
    if (!response?.ok) return;
    const { values } = (await response.json()) as UserChoices;
    this.kept.keep(values);
    this.take(values);
  }

  /** Hold these from now on. */
  take(values: UserChoices["values"]): void {
    this.reportHealth = values.report_health === true;
    this.keepFrames = values.keep_frames === true;
    this.areKnown = true;
    this.autoPause = values.auto_pause !== false;
    this.isRecognisedHere = values.engine === "browser";
    this.audioFallback = values.audio_fallback === true;
    this.sensitivity = SENSITIVITIES[values.sensitivity as SensitivityName] ?? SENSITIVITIES.quiet;
    this.constraints = {
      echoCancellation: values.echo_cancellation === true,
      noiseSuppression: values.noise_suppression === true,
      autoGainControl: values.auto_gain_control === true,
    };
  }
}
