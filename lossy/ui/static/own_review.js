/** A review with its own sockets, microphone and player: the dashboard's. */
import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { NoteStore } from "./notes.js";
import { Playback } from "./playback.js";
import { guardReload } from "./reload_guard.js";
import { Recorder } from "./recorder.js";
import { openMicrophone, openNarration, warmUp } from "./sources.js";

export class OwnReview extends Emitter {
  connection = new Connection();
  recorder = new Recorder(this.connection);
  playback = new Playback();
  notes = new NoteStore();
  session = null;
  /** Tells this window's player from those of others. */
  player = crypto.randomUUID().replaceAll("-", "");
  problem = null;
  mode = "one_note";
  options = { autoPause: true, constraints: {} };
  /** The file that the reviewer chose, handed from the library to the player. */
  file = null;
  /** The browser asks for the microphone in this page itself. */
  canOpenPermission = false;
  #context = null;
  #held = false;
  /** What was asked for before there was a session. */
  #waiting = null;

  constructor() {
    super();
    this.connection.on(({ namespace, connected, refusal }) => {
      if (namespace === "/video" && connected) this.#enter();
      if (refusal) this.#tellProblem(refusal);
    });
    this.connection.receive(({ event, body }) => this.#hear(event, body));
    this.recorder.on((state) => this.#microphoneMoved(state));
  }

  /** Review a video: `context` is the protocol's VideoContext. */
  start(context, options) {
    this.#context = context;
    this.options = { ...this.options, ...options };
    this.session = null;
    this.connection.open();
    guardReload(globalThis.socket, this.recorder);
    // Where the browser has no audio at all, the press says so in words.
    warmUp().catch(() => null);
    if (this.connection.connected("/video")) this.#enter();
  }

  leave() {
    this.recorder.leave();
    this.#context = this.session = this.#waiting = null;
    this.playback.reportTo(null);
    this.connection.close();
  }

  /** The microphone's one button. */
  press() {
    if (["open", "opening", "paused"].includes(this.recorder.state)) return this.recorder.stop();
    return this.#record(this.mode, ({ onBlock, onLost }) =>
      openMicrophone({ constraints: this.options.constraints, onBlock, onLost }),
    );
  }

  /** The player learnt how long the video is; the server keeps it with the video. */
  tellDuration() {
    if (this.session) this.#enter();
  }

  /** Narrate as soon as there is a session to narrate into. */
  narrateOnceConnected(url) {
    if (this.session) return this.narrate(url);
    this.#waiting = () => this.narrate(url);
  }

  /** Speak a recorded narration into a hands-free recording while the video runs. */
  narrate(url) {
    const onStart = () => this.playback.playFrom(0);
    return this.#record("hands_free", ({ onBlock, onEnded }) => openNarration({ url, onBlock, onStart, onEnded }), false);
  }

  async #record(mode, openSource, mayPause = true) {
    if (!this.session) {
      this.#waiting = () => this.#record(mode, openSource, mayPause);
      return this.#tellProblem("Connecting… The microphone opens in a moment.");
    }
    this.#tellProblem(null);
    if (mayPause && mode === "one_note" && this.options.autoPause) {
      this.playback.pauseForSpeech();
      this.#held = true;
    }
    await this.recorder.open({ session: this.session, player: this.player, mode, openSource });
  }

  async #enter() {
    const context = this.#context;
    if (!context) return;
    try {
      const duration = this.playback.duration;
      const opened = await this.connection.request("/video", "video_context", {
        ...context,
        ...(duration ? { duration_seconds: duration } : {}),
      });
      if (context !== this.#context) return;
      this.session = opened.session;
      this.playback.reportTo((reports) =>
        this.connection.request("/video", "report_playback", { session: opened.session, reports, player: this.player }),
      );
      this.#tellProblem(null);
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.();
    } catch (error) {
      if (error.code !== "offline") this.#tellProblem(error.message);
    }
  }

  #hear(event, body) {
    if (event === "event" && body.type === "microphone_changed") this.recorder.follow(body.state, body.recording_id);
    if (event === "event" && body.type === "player_steered" && body.player === this.player) this.playback.steer(body);
    if (event === "refused") this.#tellProblem(body.message);
  }

  #microphoneMoved(state) {
    if (this.#held && (state === "off" || state === "blocked")) {
      this.#held = false;
      this.playback.resumeAfterSpeech();
    }
    this.tell(this);
  }

  #tellProblem(problem) {
    this.problem = problem;
    this.tell(this);
  }
}
