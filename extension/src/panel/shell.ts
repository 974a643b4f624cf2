/**
 * The local shell of side panel and popup. It shows a page of our server in a frame when the server answers and
 * somebody is signed in, and otherwise says what is the matter; it hands commands and states across the bridge.
 */
import type { FromFrame, Shown } from "../shared/bridge.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import { askHealth } from "../shared/health.ts";
import type { Microphone, Standing } from "../shared/messages.ts";
import type { Playback } from "../shared/wire.ts";
import { Frame } from "./frame.ts";
import { showView, type View } from "./views.ts";

const ASK_AGAIN_MS = 2_000;
const place = document.documentElement.dataset.place === "popup" ? "popup" : "panel";
const view = document.querySelector<HTMLElement>("#view") as HTMLElement;

class Shell {
  #window = -1;
  #standing: Standing | null = null;
  #frame: Frame | null = null;
  #framed = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = "";
  #asked = 0;
  /** The microphone, if it was heard of while the worker was asked how things stand: that is the newer word. */
  #heardMeanwhile: Microphone | null = null;

  async begin(): Promise<void> {
    this.#show({ kind: "connecting" });
    this.#window = await chromeApi.thisWindow();
    chromeApi.hear("pages", (message) => {
      if (message.type === "standing_changed") void this.look();
      else if (message.type === "show_note") void this.#showNote();
      else if (message.type === "level") this.#frame?.send({ type: "level", level: message.level });
    });
    chromeApi.overhear((message, { tab }) => {
      // The offscreen document is in no tab; a page of others that says so is not heard.
      if (message.type === "microphone" && tab === null) this.#heardMicrophone(message.microphone);
      if (message.type === "playback" && tab !== null && tab === this.#standing?.tab) this.#playback(message.reports);
    });
    // Opening the popup is the reviewer's word that Lossy may look at this page.
    if (place === "popup") await chromeApi.send({ to: "worker", type: "look_here", window: this.#window });
    await this.look();
  }

  /** Look again how things stand; what is shown follows. */
  look = async (): Promise<void> => {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    this.#heardMeanwhile = null;
    const standing = await chromeApi.send({ to: "worker", type: "ask_standing", window: this.#window });
    if (asked !== this.#asked) return; // whoever asked later hears what is newer
    if (!standing || "refused" in standing) return this.#again();
    if (this.#heardMeanwhile) standing.microphone = this.#heardMeanwhile;
    this.#standing = standing;
    if (!standing.email) return this.#show({ kind: "signed_out", notice: standing.microphone.problem });
    if (this.#frame && this.#framed === standing.server) return this.#tell();
    const reached = await askHealth(standing.server);
    if (standing !== this.#standing) return;
    if (reached === "ok") return this.#open(standing.server);
    this.#show({ kind: reached, notice: noticeOf(standing), speaks: speaksOf(standing) });
    this.#again();
  };

  #again(): void {
    this.#timer = setTimeout(this.look, ASK_AGAIN_MS);
  }

  #open(server: string): void {
    this.#close();
    const silent = () => this.#show({ kind: "no_start" });
    this.#frame = new Frame(`${server}/${place}`, "Lossy", { heard: (message) => void this.#heard(message), silent });
    this.#framed = server;
    document.body.append(this.#frame.element);
  }

  #close(): void {
    this.#frame?.close();
    this.#frame = null;
    this.#framed = "";
  }

  #show(shown: Omit<View, "server">): void {
    this.#close();
    const server = this.#standing?.server ?? "";
    view.hidden = false;
    showView(
      view,
      { ...shown, server },
      {
        retry: () => void this.look(),
        options: () => void chromeApi.openOptions(),
        press: () => void this.#press(this.#standing?.microphone.mode ?? "one_note"),
      },
    );
  }

  async #heard(message: FromFrame): Promise<void> {
    const window = this.#window;
    switch (message.type) {
      case "hello":
        view.hidden = true;
        this.#shown = "";
        this.#tell();
        void this.#showNote();
        return this.#ticket();
      case "ask_ticket":
        return this.#ticket();
      case "signed_out":
        return this.look();
      case "press":
        return this.#press(message.mode);
      case "pause":
      case "resume":
        await chromeApi.send({ to: "worker", type: message.type });
        return;
      case "seek":
        await chromeApi.send({ to: "worker", type: "seek", window, position: message.position });
        return;
      case "look_here":
        if (!(await chromeApi.send({ to: "worker", type: "look_here", window }))) await this.#askForSites();
        return this.look();
      case "open":
        return this.#openPage(message.what);
    }
  }

  /** The click that brought us here still counts; without it the options have the same question. */
  async #askForSites(): Promise<void> {
    await chromeApi.requestSites().catch(() => chromeApi.openOptions("#sites"));
  }

  async #press(mode: Microphone["mode"]): Promise<void> {
    const answer = await chromeApi.send({ to: "worker", type: "press", window: this.#window, mode });
    const problem = answer && "refused" in answer ? answer.refused.message : null;
    const { microphone } = this.#standing ?? {};
    if (problem && microphone) this.#microphone({ ...microphone, problem });
  }

  async #openPage(what: Extract<FromFrame, { type: "open" }>["what"]): Promise<void> {
    if (what === "panel") await chromeApi.openPanel(this.#window);
    else if (what === "dashboard") await chromeApi.openPage(`${this.#framed}/`);
    else await chromeApi.openOptions(what === "permission" ? "#microphone" : "");
    if (place === "popup") close();
  }

  async #ticket(): Promise<void> {
    const answer = await chromeApi.send({ to: "worker", type: "ask_ticket" });
    if (answer && "ticket" in answer) this.#frame?.send({ type: "ticket", ticket: answer.ticket });
    else if (answer?.refused.code === "not_signed_in") await this.look();
    else {
      const message = answer?.refused.message ?? "Lossy does not answer.";
      this.#frame?.send({ type: "ticket_refused", message });
    }
  }

  #tell(): void {
    const standing = this.#standing;
    if (!standing || !this.#frame) return;
    this.#microphone(standing.microphone);
    const shown = shownOf(standing);
    const told = JSON.stringify(shown);
    if (told === this.#shown) return;
    this.#shown = told;
    this.#frame.send({ type: "shown", shown });
    // The new page's position comes with its next report, at the latest in a second.
    this.#frame.send({ type: "playback", position: 0, rate: 1, playing: false, duration: durationOf(standing) });
  }

  /** Bring the note into sight that was pressed on the video, also where the panel was opened by that. */
  async #showNote(): Promise<void> {
    if (place !== "panel") return;
    const wanted = await chromeApi.session.read<{ tab: number; note: string } | null>("show_note");
    if (!wanted || wanted.tab !== this.#standing?.tab || !this.#frame) return;
    await chromeApi.session.write("show_note", null);
    this.#frame.send({ type: "show_note", note: wanted.note });
  }

  #heardMicrophone(microphone: Microphone): void {
    this.#heardMeanwhile = microphone;
    this.#microphone(microphone);
  }

  #microphone(microphone: Microphone): void {
    if (this.#standing) this.#standing.microphone = microphone;
    if (view.dataset.view === "offline" && this.#standing && !this.#frame)
      this.#show({ kind: "offline", notice: noticeOf(this.#standing), speaks: speaksOf(this.#standing) });
    const { state, problem, mode, tab } = microphone;
    this.#frame?.send({ type: "microphone", microphone: { state, problem, mode, here: tab === this.#standing?.tab } });
  }

  #playback(reports: Playback[]): void {
    const last = reports.at(-1);
    if (!last || !this.#standing) return;
    const { position, rate = 1, playing } = last;
    this.#frame?.send({ type: "playback", position, rate, playing, duration: durationOf(this.#standing) });
  }
}

const durationOf = (standing: Standing) => standing.video?.context.duration_seconds ?? 0;

const LISTENING: Record<Microphone["state"], string> = {
  off: "",
  opening: "Opening the microphone…",
  open: "Listening",
  paused: "Paused",
  blocked: "The microphone is blocked",
};

/** What waits here, and what the microphone has to say, while the server is away. */
function noticeOf({ waiting, microphone }: Standing): string | null {
  const notes = waiting === 1 ? "1 note waits here and goes" : `${waiting} notes wait here and go`;
  const kept = waiting ? `${notes} up when Lossy is back.` : null;
  return [kept, microphone.problem].filter(Boolean).join(" ") || null;
}

/** Without the server, what is said about a video may be understood by this browser itself. */
function speaksOf({ video, microphone, alone }: Standing): { isLive: boolean; state: string } | null {
  if (!video || !alone) return null;
  return { isLive: ["opening", "open", "paused"].includes(microphone.state), state: LISTENING[microphone.state] };
}

const WHY = { yes: "none", no: "not_allowed", never: "closed" } as const;

function shownOf({ video, reachable }: Standing): Shown {
  if (video?.video) return { video: video.video, title: video.title };
  if (video) return { video: null, why: "opening", title: video.title, problem: video.problem };
  return { video: null, why: WHY[reachable], title: "", problem: null };
}

void new Shell().begin();
