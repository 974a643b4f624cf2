/** The options page: server, account, microphone, sites. What it changes, the worker is told at once. */
import { chromeApi } from "../shared/chrome-api.ts";
import type { Standing } from "../shared/messages.ts";
import { beginAccount, showAccount } from "./account.ts";
import { showChoices } from "./choices.ts";
import { attempt, element } from "./dom.ts";
import { SpeechMeter, showHearing, showRecognition } from "./hearing.ts";
import { beginMicrophone } from "./microphone.ts";

let standing: Standing;
const meter = new SpeechMeter();

async function look(): Promise<void> {
  const answer = await chromeApi.send({ to: "worker", type: "ask_standing", window: await chromeApi.thisWindow() });
  if (!answer || "refused" in answer) return;
  const isOther = standing?.server !== answer.server || standing.email !== answer.email;
  standing = answer;
  showAccount(standing);
  if (isOther) await Promise.all([showChoices(standing), showHearing(standing, meter)]);
}

async function beginSites(): Promise<void> {
  const everySite = element<HTMLButtonElement>("every-site");
  everySite.ariaChecked = String(await chromeApi.hasSites());
  everySite.addEventListener("click", () => {
    const wanted = everySite.ariaChecked !== "true";
    void attempt("sites-said", everySite, async () => {
      await (wanted ? chromeApi.requestSites() : chromeApi.forgetSites());
      everySite.ariaChecked = String(await chromeApi.hasSites());
    });
  });
}

chromeApi.hear("pages", (message) => {
  if (message.type === "standing_changed") return look();
  if (message.type === "recognition") showRecognition(message.recognition);
});
beginAccount(() => standing, look);
void look();
void beginSites();
void beginMicrophone(meter).then(() => {
  if (location.hash === "#microphone") element("allow").focus();
});
