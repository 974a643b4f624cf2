/** A review whose microphone and player are the extension's: it shows what the bridge tells, and passes commands on. */
import { bridge } from "./bridge.js";
import { Emitter } from "./emitter.js";
import { NoteStore } from "./notes.js";

const TELL_EVERY_MS = 250;
const AWAY = "Lossy is listening to the video of another tab.";

export class FramedReview extends Emitter {
  recorder = new FramedRecorder();
  playback = new FramedPlayback();
  notes = new NoteStore();
  session = null;
  problem = null;
  mode = "one_note";
  /** Where the microphone can be allowed: a page of the extension. */
  canOpenPermission = true;

  /** The microphone's one button. */
  press() {
    bridge.post({ type: "press", mode: this.mode });
  }

  openPermission() {
    bridge.post({ type: "open", what: "permission" });
  }

  /** Be told which note is to be brought into sight. */
  onShowNote(listener) {
    return bridge.follow("show_note", ({ note }) => listener(note));
  }

  /** The extension begins and ends by itself. */
  start() {}

  leave() {}
}

class FramedRecorder extends Emitter {
  state = "off";
  level = 0;
  problem = null;

  constructor() {
    super();
    bridge.follow("microphone", ({ microphone }) => this.#follow(microphone));
    bridge.follow("level", ({ level }) => this.#hear(level));
  }

  pause() {
    bridge.post({ type: "pause" });
  }

  resume() {
    bridge.post({ type: "resume" });
  }

  #hear(level) {
    if (this.state !== "open") return;
    this.level = level;
    this.tell(this.state);
  }

  #follow({ state, problem, here }) {
    const isElsewhere = !here && ["opening", "open", "paused"].includes(state);
    this.state = isElsewhere ? "off" : state;
    if (this.state !== "open") this.level = 0;
    this.problem = isElsewhere ? AWAY : problem;
    this.tell(this.state);
  }
}

class FramedPlayback extends Emitter {
  video = null;
  duration = 0;
  playing = false;
  #position = 0;
  #rate = 1;
  #toldAt = 0;
  #shown = null;

  constructor() {
    super();
    bridge.follow("shown", ({ shown }) => shown.video !== this.#shown && this.#begin(shown.video));
    bridge.follow("playback", (message) => this.#follow(message));
    setInterval(() => this.playing && this.tell(this), TELL_EVERY_MS);
  }

  /** Where the video stands by now: what was told last, carried on at its rate. */
  get position() {
    if (!this.playing) return this.#position;
    const position = this.#position + ((performance.now() - this.#toldAt) / 1000) * this.#rate;
    return this.duration ? Math.min(position, this.duration) : position;
  }

  seek(seconds) {
    const position = Math.max(0, Math.min(seconds, this.duration || seconds));
    this.#stand(position);
    bridge.post({ type: "seek", position });
    this.tell(this);
  }

  #follow({ position, rate, playing, duration }) {
    this.#stand(position);
    [this.#rate, this.playing, this.duration] = [rate, playing, duration];
    this.tell(this);
  }

  #begin(video) {
    this.#shown = video;
    this.#follow({ position: 0, rate: 1, playing: false, duration: 0 });
  }

  #stand(position) {
    [this.#position, this.#toldAt] = [position, performance.now()];
  }
}
