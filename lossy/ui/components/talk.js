/** The microphone and what it hears: one button, one line of state, one line of words that never jumps. */
import { TOPICS, timeCode } from "lossy/format.js";
import { watchOnline } from "lossy/online.js";
import { review } from "lossy/review.js";

const AT_WORK = { transcribing: "Writing it down", structuring: "Making a note", executing_tool: "Doing it", cancelling: "Scratching it", retrying: "Trying once more" };
const HINTS = {
  one_note: "Press, say what you see, and it becomes a note.",
  hands_free: "Press once, then speak whenever you see something.",
};

const NO_MICROPHONE = /^No microphone /;

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

export default {
  props: { initial: { type: Object, default: () => ({}) } },
  emits: ["turn", "mode"],
  template: `
    <section class="talk" :data-state="state" aria-label="Microphone">
      <button ref="mic" class="mic" type="button" :aria-pressed="live" :aria-label="live ? 'Stop the microphone' : 'Start the microphone'" :style="{ '--level': level }" @click="press">
        <svg class="icon" aria-hidden="true"><use :href="state === 'blocked' ? '#i-mic-off' : '#i-mic'" /></svg>
      </button>
      <div class="said">
        <div class="row state-row">
          <span class="state" role="status">{{ headline }}</span>
          <span v-if="live" class="tc muted" aria-hidden="true">{{ position }}</span>
          <span v-if="topic" :key="view.topic" class="topic" :title="topic.name"><span aria-hidden="true">{{ topic.emoji }}</span>{{ topic.name }}</span>
          <span class="grow"></span>
          <button v-if="state === 'open' && view.mode === 'hands_free'" class="icon-btn slim" type="button" aria-label="Pause listening" title="Pause listening" @click="recorder.pause()"><svg class="icon"><use href="#i-pause" /></svg></button>
          <button v-if="state === 'paused'" class="icon-btn slim" type="button" aria-label="Listen again" title="Listen again" @click="recorder.resume()"><svg class="icon"><use href="#i-mic" /></svg></button>
          <button v-if="!live && online && state !== 'blocked'" class="chip slim" type="button" :aria-pressed="view.mode === 'hands_free'" title="Leave the microphone open and speak whenever you like" @click="switchMode">Hands-free</button>
          <span class="kbd" title="Microphone">M</span>
        </div>
        <div ref="line" class="words" :class="{ hint: !words, long: long && words }" aria-live="polite"><template v-if="words"><span>{{ stable }}</span><span v-if="view.unstable" class="unstable">{{ (stable ? ' ' : '') + view.unstable }}</span></template><template v-else>{{ hint }}</template></div>
        <div v-if="state === 'blocked' && mayAllow && headline !== 'No microphone'" class="row failed"><button class="btn" type="button" @click="allow"><svg class="icon"><use href="#i-open" /></svg>Open the permission page</button></div>
        <div v-if="view.turn === 'error'" class="row failed">
          <button class="btn" type="button" @click="$emit('turn', { action: 'retry', turn_id: view.turn_id })">Try again</button>
          <button class="btn plain" type="button" @click="$emit('turn', { action: 'acknowledge', turn_id: view.turn_id })">Let it go</button>
        </div>
      </div>
    </section>`,
  data() {
    return { view: { microphone: "off", turn: "idle", stable: "", unstable: "", words: "", topic: null, message: null, mode: "one_note", ...this.initial }, local: "off", mayAllow: review.canOpenPermission, online: true, level: 0, position: "00:00.0", problem: null, long: false };
  },
  computed: {
    state() {
      return this.local === "off" ? this.view.microphone : this.local;
    },
    live() {
      return ["opening", "open", "paused"].includes(this.state);
    },
    elsewhere() {
      return this.live && this.local === "off";
    },
    headline() {
      const { turn } = this.view;
      if (this.state === "blocked") return NO_MICROPHONE.test(this.problem ?? "") ? "No microphone" : "Microphone blocked";
      if (!this.online && !this.live) return "Lossy does not answer";
      if (turn === "error") return "That did not work";
      if (AT_WORK[turn]) return AT_WORK[turn];
      if (turn === "confirming") return "Got it";
      if (this.elsewhere) return "Listening in another window";
      return { off: "Ready", opening: "Opening the microphone", open: "Listening", paused: "Paused" }[this.state];
    },
    topic() {
      return TOPICS[this.view.topic] ?? null;
    },
    stable() {
      return this.view.stable || this.view.words;
    },
    words() {
      return this.stable || this.view.unstable;
    },
    hint() {
      if (this.problem) return this.problem;
      if (this.view.message) return this.view.message;
      if (!this.online) return "Your notes are safe on the server. Once it runs again, this page comes back by itself.";
      if (this.state === "open" && AT_WORK[this.view.turn]) return "";
      if (this.view.demo && !this.live) return "The demo recogniser knows only the sample’s voice.";
      return this.live ? "Speak now. “Scratch that” takes the last one back." : HINTS[this.view.mode];
    },
  },
  watch: {
    words() {
      this.$nextTick(() => {
        const { line } = this.$refs;
        line.scrollLeft = line.scrollWidth;
        this.long = line.scrollLeft > 0;
      });
    },
  },
  created() {
    this.recorder = review.recorder;
    review.mode = this.view.mode;
    this.stops = [review.on(() => this.look()), this.recorder.on(() => this.look()), review.playback.on(() => this.tick()), watchOnline((online) => (this.online = online))];
    this.look();
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
  },
  unmounted() {
    this.stops.forEach((stop) => stop());
    removeEventListener("keydown", this.onKey);
  },
  methods: {
    /** What the server calls: the fields of the session's view that changed. */
    show(changes) {
      Object.assign(this.view, changes);
    },
    look() {
      this.local = this.recorder.state;
      this.level = Math.min(1, Math.sqrt(this.recorder.level) * 1.6).toFixed(2);
      this.problem = this.recorder.problem ?? review.problem;
    },
    tick() {
      if (this.live) this.position = timeCode(review.playback.position);
    },
    press() {
      this.position = timeCode(review.playback.position);
      review.press();
    },
    allow() {
      review.openPermission();
    },
    switchMode() {
      const mode = this.view.mode === "hands_free" ? "one_note" : "hands_free";
      this.view.mode = review.mode = mode;
      this.$emit("mode", { mode });
    },
    key(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "m" || event.key === "M") this.press();
      else if (event.key === "Escape" && this.view.turn !== "idle") this.$emit("turn", { action: "cancel", turn_id: null });
      else if (event.key === "Enter" && review.notes.ghost && !event.target.closest?.("button, a")) this.$emit("turn", { action: "confirm", turn_id: null });
      else return;
      event.preventDefault();
    },
  },
};
