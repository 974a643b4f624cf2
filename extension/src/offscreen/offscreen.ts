/** The offscreen document: the extension's only socket and its microphone. It exists while somebody is signed in. */
import { Connection } from "lossy/connection.js";
import { warmUp } from "lossy/sources.js";
import { io } from "socket.io-client";
import { Ears } from "../hearing/ears.ts";
import { SpeechModel } from "../hearing/speech_model.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { SignedIn, ToOffscreen } from "../shared/messages.ts";
import { getModel, type Model } from "../shared/models.ts";
import type { AnyEvent, UserChoices, WebModel } from "../shared/wire.ts";
import { Choices } from "./choices.ts";
import { Frames } from "./frames.ts";
import { Health } from "./health.ts";
import { Microphone } from "./microphone.ts";
import { Outbox } from "./outbox.ts";
import { Overlays } from "./overlays.ts";
import { sendRemark } from "./sending.ts";
import { Videos } from "./videos.ts";
import { tellWorker } from "./worker.ts";

const connection = new Connection();
const videos = new Videos(connection);
const outbox = new Outbox(
  async (remark) => (signedIn ? sendRemark(signedIn, remark) : { outcome: "later" }),
  (waiting) => void tellWorker({ to: "worker", type: "kept", waiting, alone: choices.isRecognisedHere }),
);
const choices = new Choices({ keep: (values) => void (signedIn && outbox.keepChoices(signedIn, values)) });
const health = new Health(connection, choices);
const ears = new Ears(() => getOurs("silero"));
const speechModel = new SpeechModel(
  (tell) => getOurs("whisper", tell),
  (recognition) => void chromeApi.send({ to: "pages", type: "recognition", recognition }),
  (seconds) => health.recognised(seconds),
);
const microphone = new Microphone(connection, videos, choices, ears, speechModel, {
  keep: async (remark, inHand) => {
    if (!signedIn) return;
    await outbox.keep(signedIn, remark, inHand);
    if (!inHand) sendKept();
  },
  had: (id) => void (signedIn && outbox.drop(signedIn, id)),
  letGo: (ids) => {
    outbox.letGo(ids);
    if (ids.length) sendKept();
  },
});

/** Who is signed in, and where. */
let signedIn: SignedIn | null = null;
const frames = new Frames(
  connection,
  videos,
  choices,
  readChoices,
  (session) => microphone.isAbout(session),
  () => health.droppedFrame(),
);

new Overlays(connection, videos);
videos.onEntered((tab) => void microphone.entered(tab));
videos.onRefused((tab, problem) => microphone.refused(tab, problem));
microphone.onSpeech((session) => void frames.take(session));
const ready = begin();
chromeApi.hear("offscreen", async (message) => {
  await ready;
  return take(message);
});
addEventListener("pagehide", () => microphone.leave());

async function begin(): Promise<void> {
  const credentials = await tellWorker({ to: "worker", type: "ask_credentials" });
  if (!credentials || "refused" in credentials) return;
  microphone.device = credentials.device;
  for (const video of credentials.videos) await videos.open(video);
  signedIn = credentials;
  const chosen = await outbox.choicesOf(credentials).catch(() => null);
  if (chosen) choices.take(chosen as UserChoices["values"]);
  if (choices.isRecognisedHere) warmUpHearing();
  follow(credentials.interrupted);
  connect(credentials);
  // Where the browser has no audio at all, the press says so in words.
  warmUp().catch(() => null);
}

function connect({ server }: SignedIn): void {
  connection.open({ io, server, readToken: () => signedIn?.token ?? null, client: "extension/0.1" });
}

/** Do what the connection's changes ask for; `left` is a recording that an earlier document left open. */
function follow(left: string | null): void {
  connection.on(({ namespace, connected, refusal }: { namespace: string; connected: boolean; refusal?: string }) => {
    const { online } = connection;
    void tellWorker({ to: "worker", type: "online", online }, () => connection.online === online);
    if (refusal && signedIn) void checkToken(signedIn);
    if (connected && namespace === "/user") {
      void readChoices();
      sendKept();
    }
    if (connected && namespace === "/audio" && left) {
      const recording = left;
      left = null;
      // It may have ended by itself meanwhile, which is as good.
      connection.request("/audio", "control_recording", { recording, action: "device_lost" }).catch(() => null);
    }
  });
  connection.receive(({ event, body }: { event: string; body: AnyEvent }) => {
    if (event !== "event" || body.type !== "player_steered") return;
    const { player, action, position = null } = body;
    void tellWorker({ to: "worker", type: "steer_player", player, action, position });
  });
}

/** What the account chose holds from the next recording on; what that needs is loaded before. */
async function readChoices(): Promise<void> {
  if (!signedIn) return;
  await choices.read(signedIn.server, signedIn.token);
  await microphone.chosen();
  // What is the matter with them, the options page and the next press say.
  if (choices.isRecognisedHere) warmUpHearing();
  else if (!microphone.isLive && !microphone.holdsWords) speechModel.close();
}

function warmUpHearing(): void {
  if (signedIn) outbox.tell(signedIn).catch(() => null);
  for (const model of [ears, speechModel]) model.warmUp().catch(() => null);
}

/** Send what was kept while no server was there. */
function sendKept(): void {
  if (signedIn && connection.connected("/user")) outbox.flush(signedIn).catch(() => null);
}

async function getOurs(kind: WebModel["kind"], tell?: (progress: number) => void): Promise<Model> {
  if (!signedIn) throw new Error("Sign in first.");
  return getModel(signedIn, kind, tell);
}

/** The server said no: if it is because of the token, the sign-in is over. */
async function checkToken({ server, token }: SignedIn): Promise<void> {
  const response = await fetch(`${server}/api/me`, { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  if (response?.status !== 401 || signedIn?.token !== token) return;
  connection.close();
  await tellWorker({ to: "worker", type: "token_refused", token });
}

/** Go on with a new token where the same person's words still wait to be sent. */
function signInAgain(again: SignedIn): { taken: boolean } {
  const isSame = again.server === signedIn?.server && again.email === signedIn.email;
  if (!isSame || !microphone.holdsWords) return { taken: false };
  signedIn = again;
  connection.close();
  connect(again);
  return { taken: true };
}

/** End listening, and tell whether there are words that the server does not have, here or on disk. */
async function holdsWords(problem: string): Promise<boolean> {
  const isUnsent = await microphone.finish(problem);
  if (!signedIn) return isUnsent;
  if (connection.connected("/user")) await outbox.flush(signedIn).catch(() => null);
  return isUnsent || (await outbox.count(signedIn)) > 0;
}

/** Scratch the newest note that is not firm yet; where there is none, nothing is to be done. */
async function cancelLast(tab: number): Promise<void> {
  const session = videos.get(tab)?.session;
  if (session) await connection.request("/user", "control_turn", { session, action: "cancel" }).catch(() => null);
}

/** Keep a note that was typed; it goes up at once, or once there is a server. */
async function keepTyped({ tab, text, position }: Extract<ToOffscreen, { type: "typed" }>): Promise<void> {
  const video = videos.get(tab);
  if (!video || !signedIn) throw new Error("This video is not open any more.");
  const id = crypto.randomUUID().replaceAll("-", "");
  const place = { video: video.context, position, rate: 0, said_at: Date.now() / 1000 };
  const typed = { confidence: 1, model: "", recording: null, first_sample: null };
  await outbox.keep(signedIn, { id, text, ...place, ...typed }, false);
  sendKept();
}

/** Keep or scratch a note while that can be done; by then it may have been. */
async function decide({ tab, turn, action }: Extract<ToOffscreen, { type: "decide_note" }>): Promise<void> {
  const session = videos.get(tab)?.session;
  if (session) await connection.request("/user", "control_turn", { session, action, turn }).catch(() => null);
}

async function take(message: ToOffscreen): Promise<unknown> {
  switch (message.type) {
    case "open_video":
      return videos.open(message.video);
    case "close_video":
      videos.close(message.tab);
      return microphone.gone(message.tab, message.left);
    case "playback":
      return videos.report(message.tab, message.url, message.reports);
    case "press":
      return microphone.press(message.tab, message.mode);
    case "cancel_last":
      return cancelLast(message.tab);
    case "typed":
      return keepTyped(message);
    case "decide_note":
      return decide(message);
    case "pause":
      return microphone.pause();
    case "resume":
      return microphone.resume();
    case "finish":
      return { unsent: await holdsWords(message.problem) };
    case "sign_in_again":
      return signInAgain(message);
    case "choices_changed":
      return readChoices();
    case "ask_recognition":
      return speechModel.recognition;
    case "choose_device":
      microphone.device = message.device;
      return null;
  }
}
