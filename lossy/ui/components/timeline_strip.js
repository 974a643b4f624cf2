/** The whole video at a glance: a marker per note, the playhead; click, drag or arrow keys move it. */
import { spokenTime, timeCode } from "lossy/format.js";
import { review } from "lossy/review.js";

const PLACES = 400;
const [MANY, CALM_MS] = [500, 150];
const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageUp: -30, PageDown: 30 };

export default {
  template: `
    <div class="strip" role="slider" tabindex="0" aria-label="Position in the video" aria-valuemin="0" :aria-valuemax="Math.round(length)" :aria-valuenow="Math.round(position)"
        :aria-valuetext="spoken" @pointerdown="grab" @pointermove="hover" @pointerleave="peek = null" @keydown="key">
      <div class="done" :style="{ width: share(position) }"></div>
      <b v-for="mark in marks" :key="mark.key" :class="{ ghost: mark.ghost }" :style="mark.style"></b>
      <u :style="{ left: share(position) }"></u>
      <span v-if="peek !== null && length" class="peek tc" :style="{ left: share(peek) }" aria-hidden="true">{{ code(peek) }}</span>
    </div>`,
  data: () => ({ position: 0, duration: 0, notes: Object.freeze([]), peek: null }),
  computed: {
    length() {
      return this.duration || this.notes.reduce((most, note) => Math.max(most, note.start_seconds), 0) * 1.05;
    },
    spoken() {
      return `${spokenTime(this.position)} of ${spokenTime(this.length)}`;
    },
    marks() {
      const places = new Map();
      for (const note of this.notes) {
        const place = Math.round((note.start_seconds / (this.length || 1)) * PLACES);
        const key = `${place} ${note.category} ${note.status === "ghost"}`;
        if (!places.has(key)) places.set(key, this.mark(key, place, note));
      }
      return [...places.values()];
    },
  },
  created() {
    const lookAtNotes = () => (this.notes = review.notes.list);
    const soon = () => {
      clearTimeout(this.timer);
      if (review.notes.list.length < MANY) lookAtNotes();
      else this.timer = setTimeout(lookAtNotes, CALM_MS);
    };
    this.stops = [review.notes.on(soon), review.playback.on(() => this.look())];
    lookAtNotes();
  },
  mounted() {
    const tick = () => {
      if (review.playback.playing) this.look();
      this.frame = requestAnimationFrame(tick);
    };
    tick();
  },
  unmounted() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.stops.forEach((stop) => stop());
  },
  methods: {
    look() {
      this.position = review.playback.position;
      this.duration = review.playback.duration;
    },
    share(seconds) {
      return `${this.length ? Math.min(100, (seconds / this.length) * 100).toFixed(3) : 0}%`;
    },
    code: timeCode,
    mark(key, place, note) {
      const height = `${11 + Math.round(note.confidence * 11)}px`;
      const ghost = note.status === "ghost";
      return { key, ghost, style: { left: `${(place / PLACES) * 100}%`, height, background: `var(--${ghost ? "signal" : note.category})` } };
    },
    at(event) {
      const box = this.$el.getBoundingClientRect();
      return (Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) || 0) * this.length;
    },
    grab(event) {
      this.$el.setPointerCapture(event.pointerId);
      review.playback.seek(this.at(event));
    },
    hover(event) {
      this.peek = this.at(event);
      if (this.$el.hasPointerCapture(event.pointerId)) review.playback.seek(this.peek);
    },
    key(event) {
      const step = STEPS[event.key];
      const target = step ? this.position + step : { Home: 0, End: this.length }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      review.playback.seek(target);
    },
  },
};
