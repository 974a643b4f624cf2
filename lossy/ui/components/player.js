/** The picture under review, with the listening chip and the ghost note over it, and its few controls. */
import { timeCode } from "lossy/format.js";
import { fileIdentity } from "lossy/file_identity.js";
import { review } from "lossy/review.js";

const RATES = [0.5, 1, 1.25, 1.5, 2];
const POSTER = { width: 480, quality: 0.7, max_bytes: 60_000 };

export default {
  props: { context: Object, options: Object, source: String, title: String, narration: String, wanted: Object },
  emits: ["poster"],
  template: `
    <section class="player" aria-label="Player">
      <div class="room"><div ref="stage" class="stage" :class="{ tall: shape < 1 }" :style="{ '--shape': shape }" @dragover.prevent @drop.prevent="take($event.dataTransfer.files[0])">
        <video ref="video" :src="src" playsinline preload="auto" @click="playback.toggle()" @loadeddata="ready" @error="broken"></video>
        <div v-if="chip" class="glass anchor"><i :class="microphone"></i><span class="tc">{{ code }}</span><span class="small">{{ chip }}</span></div>
        <div v-if="ghost" class="glass ghost-over">
          <div class="row"><span class="tc">{{ at(ghost.start_seconds) }}</span><span class="kind" :style="{ color: 'var(--' + ghost.category + ')' }"><svg class="glyph"><use :href="'#g-' + ghost.category" /></svg>{{ ghost.category }}</span></div>
          <p>{{ ghost.text }}</p>
          <div class="row small hints"><span class="kbd">Enter</span>keep<span class="kbd">Esc</span>or say “scratch that”</div>
        </div>
        <button v-if="loaded && !playing && !started && !chip && !ghost" class="big-play" type="button" aria-label="Play" @click="begin"><svg class="icon"><use href="#i-play" /></svg></button>
        <div v-if="needsFile" class="over">
          <svg class="icon"><use href="#i-file" /></svg>
          <h2>{{ mismatch ? 'That is another file' : 'Open the file again' }}</h2>
          <p>{{ mismatch || 'It stays on your machine, so Lossy needs you to point at it after a reload. Your notes are all here.' }}</p>
          <label class="btn primary"><input class="visually-hidden" type="file" accept="video/*,audio/*" @change="take($event.target.files[0])">Choose {{ title || 'the file' }}</label>
        </div>
        <div v-else-if="problem" class="over">
          <svg class="icon"><use href="#i-film" /></svg>
          <h2>This page can't play it here</h2>
          <p>{{ problem }}</p>
          <a v-if="address" class="btn" :href="address" target="_blank" rel="noopener noreferrer"><svg class="icon"><use href="#i-open" /></svg>Open it on its own page</a>
        </div>
      </div></div>
      <div class="controls">
        <button class="icon-btn" type="button" :aria-label="playing ? 'Pause' : 'Play'" @click="playback.toggle()"><svg class="icon"><use :href="playing ? '#i-pause' : '#i-play'" /></svg></button>
        <span class="tc now">{{ code }}</span><span class="tc muted">/ {{ at(duration) }}</span>
        <span class="grow"></span>
        <button class="icon-btn rate tc" type="button" :aria-label="'Speed ' + rate" title="Speed" @click="faster">{{ rate }}×</button>
        <button class="icon-btn" type="button" :aria-label="muted ? 'Sound on' : 'Sound off'" @click="mute"><svg class="icon"><use :href="muted ? '#i-muted' : '#i-sound'" /></svg></button>
        <button class="icon-btn" type="button" aria-label="Full screen" @click="full"><svg class="icon"><use href="#i-full" /></svg></button>
      </div>
    </section>`,
  data: () => ({ src: undefined, code: "00:00.0", duration: 0, playing: false, started: false, loaded: false, rate: 1, muted: false, microphone: "off", ghost: null, shape: 16 / 9, problem: null, mismatch: null }),
  computed: {
    needsFile() {
      return Boolean(this.wanted && !this.src);
    },
    address() {
      return /^https?:\/\//.test(this.source ?? "") ? this.source : null;
    },
    chip() {
      return { opening: "opening", open: "listening", paused: "paused" }[this.microphone] ?? null;
    },
  },
  created() {
    this.playback = review.playback;
    this.stops = [
      review.playback.on(() => this.look()),
      review.recorder.on((state) => (this.microphone = state)),
      review.notes.on(() => (this.ghost = review.notes.ghost)),
    ];
    this.ghost = review.notes.ghost;
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
  },
  mounted() {
    this.playback.attach(this.$refs.video);
    review.start(this.context, this.options);
    if (!this.wanted) this.src = this.source ?? undefined;
    else if (review.file) this.take(review.file);
  },
  unmounted() {
    this.stops.forEach((stop) => stop());
    removeEventListener("keydown", this.onKey);
    if (this.src?.startsWith("blob:")) URL.revokeObjectURL(this.src);
    this.playback.detach();
    review.leave();
  },
  methods: {
    at: timeCode,
    look() {
      const { position, duration, playing, video } = this.playback;
      [this.code, this.duration, this.playing] = [timeCode(position), duration, playing];
      if (video) [this.rate, this.muted] = [video.playbackRate, video.muted];
      this.started ||= playing;
    },
    async take(file) {
      if (!file || !this.wanted) return;
      const identity = await fileIdentity(file);
      if (identity.sha256 !== this.wanted.sha256 || identity.size_bytes !== this.wanted.size_bytes) {
        this.mismatch = `${file.name} is not the file that these notes belong to. Choose the one you reviewed before.`;
        return;
      }
      review.file = file;
      [this.src, this.mismatch, this.problem] = [URL.createObjectURL(file), null, null];
    },
    ready() {
      [this.loaded, this.problem] = [true, null];
      const { videoWidth, videoHeight } = this.$refs.video;
      if (videoHeight) this.shape = videoWidth / videoHeight;
      this.look();
      review.tellDuration();
      if (this.narration && !this.started) this.begin();
      this.takePoster();
    },
    broken() {
      if (!this.src) return;
      this.problem = "The address is a page or a format that browsers don't play directly. Give Lossy a direct link to the video, or its file. Notes that are here already are safe.";
    },
    begin() {
      if (this.narration) review.narrateOnceConnected(this.narration);
      else this.playback.toggle();
    },
    faster() {
      const video = this.$refs.video;
      video.playbackRate = RATES[(RATES.indexOf(video.playbackRate) + 1) % RATES.length];
    },
    mute() {
      this.$refs.video.muted = !this.$refs.video.muted;
    },
    full() {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.$refs.stage.requestFullscreen();
    },
    key(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, select, button, a, article, [role=slider]") || document.querySelector("dialog[open]")) return;
      const jump = { ArrowLeft: -5, ArrowRight: 5, j: -10, l: 10 }[event.key];
      if (event.key === " " || event.key === "k") this.playback.toggle();
      else if (jump) this.playback.seek(this.playback.position + jump);
      else return;
      event.preventDefault();
    },
    takePoster() {
      const video = this.$refs.video;
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [POSTER.width, Math.round((POSTER.width * video.videoHeight) / video.videoWidth) || 270];
      try {
        canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
        const picture = canvas.toDataURL("image/webp", POSTER.quality);
        if (picture.startsWith("data:image/webp") && picture.length < POSTER.max_bytes) this.$emit("poster", { picture });
      } catch (error) {
        // Another site's picture may be shown but not read: then the library shows the notes' own pattern.
        if (error.name !== "SecurityError") throw error;
      }
    },
  },
};
