/** The browser's one microphone, opened for the video of one tab at a time; the recorder is the dashboard's. */
import type { Connection } from "lossy/connection.js";
import { Recorder } from "lossy/recorder.js";
import { MICROPHONE_WORDS, openMicrophone } from "lossy/sources.js";
import { Breaker } from "../hearing/breaker.ts";
import type { Ears } from "../hearing/ears.ts";
import { Edges } from "../hearing/edges.ts";
import type { Edge } from "../hearing/gate.ts";
import type { SpeechModel } from "../hearing/speech_model.ts";
import { chromeApi } from "../shared/chrome-api.ts";
import type { Mode, OpenVideo, Microphone as Shown } from "../shared/messages.ts";
import type { MicrophoneState, Remark } from "../shared/wire.ts";
import type { Choices } from "./choices.ts";
import { type About, Dictation } from "./dictation.ts";
import type { Held } from "./held.ts";
import type { Positions } from "./positions.ts";
import type { Keeping, Words } from "./remarks.ts";
import type { OnBlock, OpenSource } from "./source.ts";
import type { Videos } from "./videos.ts";
import { tellWorker } from "./worker.ts";

const LEVEL_EVERY_MS = 80;
const WORDS = {
  ...MICROPHONE_WORDS,
  NotAllowedError: "Lossy may not use the microphone yet. Allow it in Lossy’s options, then press again.",
};
const ON_ITS_WAY = "What you said before is still on its way. Press again in a moment.";
const NO_ANSWER = "Lossy does not answer. Press again when it is back.";
const CONNECT_WITHIN_MS = 10_000;
const SETTLE_WITHIN_MS = 5_000;
const CONNECTING = "Connecting… The microphone opens in a moment.";

export class Microphone {
  device: string | null = null;
  /** Sends audio to the server… */
  #taping: Recorder;
  /** …or words that were recognised here. */
  #dictation: Dictation;
  /** The one of them that is in use. */
  #recorder: Recorder | Dictation;
  #edges: Edges;
  #breaker = new Breaker();
  #began: (session: string) => void = () => {};
  #tab: number | null = null;
  /** The video that is spoken about, as its tab showed it. */
  #about: { session: string | null; player: string } | null = null;
  /** What is needed to place a remark on it, while no server does. */
  #spokenAbout: (Pick<OpenVideo, "context"> & { positions: Positions }) | null = null;
  /** Whether no server was reached lately. */
  #isAway = false;
  #mode: Mode = "one_note";
  #pauses = false;
  /** The tab that was pressed for before the server knew its video. */
  #waiting: number | null = null;
  #waitingTimer: ReturnType<typeof setTimeout> | undefined;
  #untilSent = "";
  #shown = "";
  #levelAt = 0;

  constructor(
    private readonly connection: Connection,
    private readonly videos: Videos,
    private readonly choices: Choices,
    ears: Ears,
    model: SpeechModel,
    keeping: Pick<Keeping, "had" | "letGo"> & { keep: (remark: Remark, inHand: boolean) => Promise<void> },
  ) {
    this.#taping = new Recorder(connection);
    const keep: Keeping["keep"] = (id, words, recording, inHand) =>
      keeping.keep(this.#remark(id, words, recording), inHand);
    this.#dictation = new Dictation(
      connection,
      ears,
      model,
      { ...keeping, keep },
      {
        spoke: (edge) => this.#spoke(edge),
        mayFallBack: () => this.choices.audioFallback,
        fallBack: (held, about) => this.#fallBack(held, about),
      },
    );
    this.#edges = new Edges(ears, (edge) => this.#spoke(edge));
    this.#recorder = this.#taping;
    for (const recorder of [this.#taping, this.#dictation]) recorder.on(() => this.#moved(recorder));
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace === "/video") this.#isAway = !connected;
    });
    connection.receive(
      ({ event, body }: { event: string; body: { type?: string; state?: string; recording_id?: string } }) => {
        if (event === "event" && body.type === "microphone_changed")
          for (const recorder of [this.#taping, this.#dictation]) recorder.follow(body.state, body.recording_id);
      },
    );
  }

  get isLive(): boolean {
    return ["opening", "open", "paused"].includes(this.#recorder.state);
  }

  /** End listening; or, where the reviewer looks at another video by now, go on about that one. */
  async press(tab: number, mode: Mode): Promise<void> {
    const isElsewhere = this.isLive && this.#tab !== tab && this.videos.get(tab) !== undefined;
    if (this.isLive) await this.#recorder.stop();
    else if (this.#waiting !== null)
      return this.#wait(null); // the second press takes the first one back
    else if (!this.#recorder.id) {
      this.#breaker.reset();
      return this.#open(tab, mode);
    } else if (this.#dictation.hasGivenUp) return this.#dictation.tryAgain();
    else this.#say(ON_ITS_WAY);
    if (!isElsewhere) return;
    await this.#settled(SETTLE_WITHIN_MS);
    if (this.#recorder.id) this.#say(ON_ITS_WAY);
    else await this.#open(tab, mode);
  }

  pause = (): Promise<void> => this.#recorder.pause();
  resume = (): Promise<void> => this.#recorder.resume();

  /** A tab's video came to the front with a session: what waited for it begins, and open hands follow. */
  async entered(tab: number): Promise<void> {
    if (this.#waiting === tab) return this.#open(tab, this.#mode);
    if (tab !== this.videos.front) return;
    this.#wait(null);
    if (!this.isLive || this.#mode !== "hands_free" || this.#isAbout(tab)) return;
    await this.#recorder.stop();
    await this.#settled();
    if (this.videos.front !== null) await this.#open(this.videos.front, this.#mode);
  }

  /** The server wants nothing of a tab's video: what waited for it does not begin. */
  refused(tab: number, problem: string): void {
    if (this.#waiting === tab) this.#wait(null, problem);
  }

  /** The page took a tab's video away; or the reviewer left it, and no words are meant for it any more. */
  async gone(tab: number, left: boolean): Promise<void> {
    if (this.#waiting === tab) this.#wait(null);
    if (left && this.isLive && tab === this.#tab) await this.#recorder.stop();
  }

  /** Call back with the session when somebody begins to speak, where the browser itself hears that. */
  onSpeech(heard: (session: string) => void): void {
    this.#began = heard;
  }

  /** Whether it is open about this session. */
  isAbout(session: string): boolean {
    return Boolean(this.#recorder.id) && this.#about?.session === session;
  }

  /** The account chose otherwise: what this browser could not do may be allowed to the server now. */
  async chosen(): Promise<void> {
    if (this.choices.audioFallback && this.#dictation.hasGivenUp) await this.#dictation.tryAgain();
  }

  /** Whether there are words here that the server does not have. */
  get holdsWords(): boolean {
    return this.#taping.holdsWords || this.#dictation.holdsWords;
  }

  /** End listening, and wait for the last words to arrive; if they don't, say `problem` and give true. */
  async finish(problem: string): Promise<boolean> {
    this.#wait(null);
    if (this.isLive) await this.#recorder.stop();
    if (this.connection.connected("/audio")) await this.#settled(SETTLE_WITHIN_MS);
    if (this.holdsWords) this.#say(problem);
    return this.holdsWords;
  }

  /** Everything said goes out before the document is closed. */
  leave(): void {
    this.#recorder.leave();
  }

  async #open(tab: number, mode: Mode): Promise<void> {
    const video = this.videos.get(tab);
    [this.#tab, this.#mode] = [tab, mode];
    const isAlone = video !== undefined && !video.session && this.#isAway && this.choices.isRecognisedHere;
    this.#wait(video?.session || isAlone ? null : tab);
    if (!video || !(video.session || isAlone)) return;
    // Before that nobody knows whether audio may leave this browser.
    if (!this.choices.areKnown) await this.choices.readAgain();
    if (!this.choices.areKnown) return this.#say(NO_ANSWER);
    this.#about = { session: video.session, player: video.player };
    this.#spokenAbout = video;
    this.#pauses = this.choices.autoPause;
    const isHere = this.choices.isRecognisedHere;
    const constraints = { ...this.choices.constraints, ...(this.device ? { deviceId: this.device } : {}) };
    const openSource: OpenSource = ({ onBlock, onLost }) => {
      const lost = () => {
        onLost();
        if (mode === "hands_free") void this.#openAgain(tab);
      };
      return openMicrophone({ constraints, onBlock: this.#overheard(onBlock), onLost: lost, words: WORDS });
    };
    if (!isHere && mode === "hands_free") this.#edges.begin(this.choices.sensitivity);
    this.#dictation.sensitivity = this.choices.sensitivity;
    this.#recorder = isHere ? this.#dictation : this.#taping;
    this.#recorder.problem = null;
    const { session, player } = this.#about;
    if (isHere) await this.#dictation.open({ session, player, mode, openSource });
    else if (session) await this.#taping.open({ session, player, mode, openSource });
  }

  /** Write a remark as it is kept: on its video, where that stood as it began to be said. */
  #remark(id: string, words: Words, recording: string): Remark {
    const { context = { url: "" }, positions } = this.#spokenAbout ?? {};
    const { position, rate } = positions?.at(words.captured_at) ?? { position: 0, rate: 0 };
    const { stable: text, captured_at: said_at, confidence, model, first_sample } = words;
    return { id, video: context, text, position, rate, said_at, confidence, model, recording, first_sample };
  }

  /** Open hands stay open when a device goes and another takes its place; one that keeps going is left alone. */
  async #openAgain(tab: number): Promise<void> {
    await this.#settled();
    if (this.#breaker.mayTryAgain() && !this.isLive) await this.#open(tab, "hands_free");
  }

  #overheard =
    (onBlock: OnBlock): OnBlock =>
    (pcm, level) => {
      this.#edges.take(pcm);
      onBlock(pcm, level);
    };

  #moved(recorder: Recorder | Dictation): void {
    if (recorder !== this.#recorder) return;
    if (!recorder.id && recorder.problem === this.#untilSent) recorder.problem = null;
    if (!this.isLive) this.#edges.end();
    this.#show();
  }

  #spoke(edge: Edge["edge"]): void {
    if (edge === "began" && this.#about?.session) this.#began(this.#about.session);
    if (this.#tab !== null) void tellWorker({ to: "worker", type: "speech", tab: this.#tab, edge });
  }

  /** What this browser could not recognise goes to the server, and what is said after it. */
  async #fallBack({ openSource, isAll }: Held, about: About): Promise<void> {
    this.#recorder = this.#taping;
    const { session, player, mode } = about;
    if (session) await this.#taping.open({ session, player, mode, openSource });
    if (session && isAll) await this.#taping.stop();
  }

  #isAbout(tab: number): boolean {
    const video = this.videos.get(tab);
    return tab === this.#tab && video?.session === this.#about?.session && video?.player === this.#about?.player;
  }

  /** Wait for the server to know a tab's video, for a while; null to wait no more. */
  #wait(tab: number | null, problem: string | null = null): void {
    clearTimeout(this.#waitingTimer);
    const waited = this.#waiting !== null;
    this.#waiting = tab;
    if (problem) this.#recorder.problem = problem;
    if (tab !== null) this.#waitingTimer = setTimeout(() => this.#wait(null, NO_ANSWER), CONNECT_WITHIN_MS);
    if (waited || tab !== null) this.#show();
  }

  /** Wait until all that was said is on the server, or for so long. */
  #settled(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#recorder.id) return resolve();
      const settle = () => {
        stop();
        resolve();
      };
      const stop = this.#recorder.on(() => !this.#recorder.id && settle());
      if (withinMs !== undefined) setTimeout(settle, withinMs);
    });
  }

  /** Say what is the matter until all that was said is on the server. */
  #say(problem: string): void {
    [this.#recorder.problem, this.#untilSent] = [problem, problem];
    this.#show();
  }

  #show(): void {
    const { problem, id } = this.#recorder;
    const state = this.#recorder.state as MicrophoneState;
    const waiting = this.#waiting === null ? problem : CONNECTING;
    const microphone: Shown = { state, tab: this.#tab, problem: waiting, mode: this.#mode, recording: id };
    const shown = JSON.stringify(microphone);
    const isNews = shown !== this.#shown;
    this.#shown = shown;
    const message = { to: "worker", type: "microphone", microphone, pauses: this.#pauses } as const;
    if (isNews) void tellWorker(message, () => shown === this.#shown);
    this.#showLevel();
  }

  #showLevel(): void {
    if (performance.now() - this.#levelAt < LEVEL_EVERY_MS) return;
    this.#levelAt = performance.now();
    void chromeApi.send({ to: "pages", type: "level", level: this.#recorder.level });
  }
}
