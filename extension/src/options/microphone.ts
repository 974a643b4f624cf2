/** The section of the microphone. This is a normal tab, where alone the browser asks the person for permission. */
import { chromeApi } from "../shared/chrome-api.ts";
import { attempt, element, say } from "./dom.ts";
import type { SpeechMeter } from "./hearing.ts";

const PERMISSION: Record<PermissionState, string> = {
  granted: "Lossy may use the microphone. It is open only while you record.",
  prompt: "The browser asks you once. Choose “Allow while visiting”, so that it does not ask at every note.",
  denied: "The browser keeps the microphone from Lossy. Allow it beside the address of this page, then load it again.",
};
const TWO_BARS = "Say something: the upper bar is how loud it is, the lower one how much like speech.";
const BAR_FULL_AT = 0.25;
let stream: MediaStream | null = null;
let speech: SpeechMeter | null = null;

/** `meterOfSpeech` where the page shows how much like speech it sounds, too. */
export async function beginMicrophone(meterOfSpeech: SpeechMeter | null): Promise<void> {
  speech = meterOfSpeech;
  const status = await navigator.permissions.query({ name: "microphone" as PermissionName });
  status.addEventListener("change", () => void showPermission(status.state));
  element<HTMLButtonElement>("allow").addEventListener("click", (event) => {
    void attempt("microphone-said", event.currentTarget as HTMLButtonElement, async () => {
      await listen(null);
      await showPermission("granted");
      await meter();
    });
  });
  element<HTMLButtonElement>("listen").addEventListener("click", (event) => {
    if (stream) return stopListening();
    void attempt("microphone-said", event.currentTarget as HTMLButtonElement, async () => {
      await listen(element<HTMLSelectElement>("device").value || null);
      await meter();
    });
  });
  element<HTMLSelectElement>("device").addEventListener("change", ({ currentTarget }) => {
    const device = (currentTarget as HTMLSelectElement).value || null;
    void chromeApi.send({ to: "worker", type: "change_device", device });
    if (stream) void attempt("microphone-said", null, () => listen(device).then(meter));
  });
  document.addEventListener("visibilitychange", () => document.hidden && stopListening());
  navigator.mediaDevices.addEventListener("devicechange", () => void listDevices());
  await showPermission(status.state);
}

async function showPermission(state: PermissionState): Promise<void> {
  say("permission", PERMISSION[state], state === "denied" ? "bad" : "");
  element("allow").hidden = state === "granted";
  element("device-row").hidden = state !== "granted";
  if (state === "granted") await listDevices();
}

async function listDevices(): Promise<void> {
  const [found, chosen] = [
    await navigator.mediaDevices.enumerateDevices(),
    await chromeApi.local.read<string>("device"),
  ];
  const inputs = found.filter((one) => one.kind === "audioinput" && one.deviceId !== "default" && one.deviceId);
  const options = inputs.map(
    ({ deviceId, label }) => new Option(label || "Microphone", deviceId, false, deviceId === chosen),
  );
  element<HTMLSelectElement>("device").replaceChildren(new Option("The system’s choice", ""), ...options);
  if (!inputs.length) say("microphone-said", "No microphone is connected.", "bad");
}

async function listen(device: string | null): Promise<void> {
  stopListening();
  const audio = device ? { deviceId: { exact: device } } : true;
  stream = await navigator.mediaDevices.getUserMedia({ audio }).catch((error: DOMException) => {
    throw new Error(refusal(error));
  });
}

function refusal({ name, message }: DOMException): string {
  if (name === "NotAllowedError" && message.includes("dismissed"))
    return "You closed the question. Press Allow again, and choose to allow it.";
  if (name === "NotAllowedError") return PERMISSION.denied;
  if (name === "NotFoundError") return "No microphone was found. Connect one, then try again.";
  if (name === "NotReadableError") return "Another program holds the microphone. Close it there, then try again.";
  return `The microphone did not open (${name}).`;
}

async function meter(): Promise<void> {
  if (!stream) return;
  const [context, mine] = [new AudioContext({ sampleRate: 16_000 }), stream];
  await context.audioWorklet.addModule("recorder-worklet.js");
  const node = new AudioWorkletNode(context, "lossy-recorder", { numberOfOutputs: 0 });
  element("listen").textContent = "Stop";
  say("microphone-said", speech ? TWO_BARS : "Say something: the bar moves with your voice.");
  speech?.begin();
  node.port.onmessage = ({ data }: MessageEvent<{ pcm: ArrayBuffer; level: number }>) => {
    if (stream !== mine) return void context.close();
    element("level").style.width = `${Math.min(100, (data.level / BAR_FULL_AT) * 100).toFixed(0)}%`;
    speech?.take(new Int16Array(data.pcm));
  };
  context.createMediaStreamSource(stream).connect(node);
}

export function stopListening(): void {
  if (stream) say("microphone-said", "");
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  speech?.end();
  element("level").style.width = "0";
  element("listen").textContent = "Test the microphone";
}
