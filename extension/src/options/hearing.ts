/** The section of recognition: where speech becomes words, what counts as speech, and a meter that shows both. */
import { Ears } from "../hearing/ears.ts";
import { Gate, SENSITIVITIES, type SensitivityName } from "../hearing/gate.ts";
import type { Recognition } from "../hearing/speech_model.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { Standing } from "../shared/messages.ts";
import { getModel } from "../shared/models.ts";
import type { UserChoices } from "../shared/wire.ts";
import { attempt, element, say } from "./dom.ts";
import { changeChoices, readChoices } from "./server_api.ts";

const DEVICES = { webgpu: "the graphics card", wasm: "the processor" };
const HERE = "browser";

/** Shows how much the microphone sounds like speech, and what Lossy takes for it. */
export class SpeechMeter {
  #ears = new Ears(async () => {
    const access = await signedIn();
    if (!access) throw new Error("Sign in, and the meter shows what Lossy takes for speech.");
    return getModel(access, "silero");
  });
  #gate: Gate | null = null;

  begin(): void {
    this.#gate = new Gate(SENSITIVITIES[chosenSensitivity()]);
    this.#ears.begin({
      heard: (probability) => this.#show(probability),
      broken: ({ message }) => say("microphone-said", message),
    });
  }

  /** Go by another sensitivity, if it is shown. */
  change(): void {
    if (this.#gate) this.begin();
  }

  take = (pcm: Int16Array): void => this.#ears.take(pcm);

  end(): void {
    this.#gate = null;
    this.#ears.end();
    this.#draw(0, false);
  }

  #show(probability: number): void {
    if (!this.#gate) return;
    this.#gate.hear(probability);
    this.#draw(probability, this.#gate.isSpeaking);
  }

  #draw(probability: number, isSpeaking: boolean): void {
    element("speech").style.width = `${(100 * probability).toFixed(0)}%`;
    element("speech-meter").dataset.speaking = String(isSpeaking);
  }
}

export async function showHearing({ email }: Standing, meter: SpeechMeter): Promise<void> {
  const access = email ? await signedIn() : null;
  element("hearing").hidden = true;
  if (!access) return;
  await attempt("hearing-said", null, async () => {
    const { values } = await readChoices(access.server, access.token);
    const change = async (changed: UserChoices["values"]) => {
      await changeChoices(access.server, access.token, changed);
      await chromeApi.send({ to: "worker", type: "choices_changed" });
    };
    const engine = element<HTMLSelectElement>("engine");
    engine.value = values.engine === HERE ? HERE : "server";
    engine.onchange = () =>
      void attempt("hearing-said", null, async () => {
        await change({ engine: engine.value === HERE ? HERE : "auto" });
        showPlace();
      });
    const sensitivity = element<HTMLSelectElement>("sensitivity");
    sensitivity.value = String(values.sensitivity ?? "quiet");
    sensitivity.onchange = () => {
      showThreshold();
      meter.change();
      void attempt("hearing-said", null, () => change({ sensitivity: sensitivity.value }));
    };
    const fallback = element<HTMLButtonElement>("audio-fallback");
    fallback.ariaChecked = String(values.audio_fallback === true);
    fallback.onclick = () =>
      void attempt("hearing-said", fallback, async () => {
        const wanted = fallback.ariaChecked !== "true";
        await change({ audio_fallback: wanted });
        fallback.ariaChecked = String(wanted);
      });
    showPlace();
    showThreshold();
    element("hearing").hidden = false;
    const told = await chromeApi.send({ to: "worker", type: "ask_recognition" });
    if (told && !("refused" in told)) showRecognition(told);
  });
}

/** How far recognition in this browser is. */
export function showRecognition({ state, progress, model, device, problem }: Recognition): void {
  const bar = element("model-progress");
  bar.hidden = state !== "fetching";
  (bar.firstElementChild as HTMLElement).style.width = `${(100 * progress).toFixed(0)}%`;
  if (state === "fetching") say("hearing-said", `Fetching the speech model… ${(100 * progress).toFixed(0)} %`);
  else if (state === "ready" && device) say("hearing-said", `Ready: “${model}” on ${DEVICES[device]}.`, "ok");
  else if (state === "failed") say("hearing-said", `This browser can’t do it now. ${problem ?? ""}`, "bad");
  else say("hearing-said", "");
}

function showPlace(): void {
  element("fallback-row").hidden = element<HTMLSelectElement>("engine").value !== HERE;
}

function showThreshold(): void {
  element("speech-meter").style.setProperty("--threshold", String(SENSITIVITIES[chosenSensitivity()].start));
}

function chosenSensitivity(): SensitivityName {
  const chosen = element<HTMLSelectElement>("sensitivity").value;
  return chosen in SENSITIVITIES ? (chosen as SensitivityName) : "quiet";
}

async function signedIn(): Promise<{ server: string; token: string } | null> {
  const kept = await chromeApi.local.read<{ token: string }>("sign_in");
  const answer = await chromeApi.send({ to: "worker", type: "ask_standing", window: await chromeApi.thisWindow() });
  return kept && answer && !("refused" in answer) ? { server: answer.server, token: kept.token } : null;
}
