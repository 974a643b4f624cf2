/** What the account chose for the microphone, read from the server whenever a connection begins. */
import type { UserChoices } from "../shared/wire.ts";

const ANSWER_WITHIN_MS = 10_000;

export class Choices {
  autoPause = true;
  keepFrames = false;
  constraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

  async read(server: string, token: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(`${server}/api/settings`, { headers, signal }).catch(() => null);
    // Without an answer the last ones hold; the next connection asks again.
    if (!response?.ok) return;
    const { values } = (await response.json()) as UserChoices;
    this.keepFrames = values.keep_frames === true;
    this.autoPause = values.auto_pause !== false;
    this.constraints = {
      echoCancellation: values.echo_cancellation === true,
      noiseSuppression: values.noise_suppression === true,
      autoGainControl: values.auto_gain_control === true,
    };
  }
}
