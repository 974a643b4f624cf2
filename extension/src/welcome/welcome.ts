/** The page of the first run: what is heard and sent, the server, the microphone, and a sample that really works. */
import { beginAccount, showAccount } from "../options/account.ts";
import { showChoices } from "../options/choices.ts";
import { element } from "../options/dom.ts";
import { beginMicrophone } from "../options/microphone.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { Standing } from "../shared/messages.ts";
import { Sample } from "./sample.ts";

let standing: Standing | undefined;
let sample: Sample | undefined;

async function look(permission: PermissionState): Promise<void> {
  const answer = await chromeApi.send({ to: "worker", type: "ask_standing", window: await chromeApi.thisWindow() });
  if (!answer || "refused" in answer) return;
  const isOther = standing?.server !== answer.server || standing.email !== answer.email;
  standing = answer;
  showAccount(standing);
  element("server-name").textContent = standing.server;
  element("account").toggleAttribute("data-done", standing.email !== null);
  element("microphone").toggleAttribute("data-done", permission === "granted");
  if (isOther) await showChoices(standing);
  showSample(standing.email !== null && permission === "granted", standing.server, isOther);
}

function showSample(isReady: boolean, server: string, isOther: boolean): void {
  element("sample-waits").hidden = isReady;
  element("sample-works").hidden = !isReady;
  if (sample && !isReady) {
    sample.end();
    sample = undefined;
  } else if (isReady && !sample) sample = new Sample(server);
  else if (isOther) sample?.moveTo(server);
}

const permission = await navigator.permissions.query({ name: "microphone" as PermissionName });
const again = () => look(permission.state);
permission.addEventListener("change", () => void again());
chromeApi.hear("pages", (message) => (message.type === "standing_changed" ? again() : null));
beginAccount(() => standing as Standing, again);
await again();
await beginMicrophone(null);
