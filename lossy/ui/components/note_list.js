/** All notes of a video: filters, keyboard, and only the cards that are in view. */
import { CATEGORIES, STATUS_GROUPS } from "lossy/format.js";
import { NoteCard } from "lossy/note_card.js";
import { review } from "lossy/review.js";
import { NoteStore } from "lossy/notes.js";
import { Heights } from "lossy/virtual.js";

const byNewest = (a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0);
const [GUESS_PX, GAP_PX, BEYOND_PX] = [78, 8, 400];
/** How long a smooth scroll may take. */
const SETTLED_MS = 450;

export default {
  components: { NoteCard },
  props: { initial: { type: Array, default: () => [] }, loading: Boolean, video: String, refines: Boolean, posts: Boolean, postsAbove: Number },
  emits: ["edit", "remove", "refine", "confirm", "cancel", "scope", "post", "post_all", "take_back", "decide", "trail"],
  template: `
    <section class="notes" aria-label="Notes">
      <div v-if="all.length || everywhere" class="filters">
        <div class="chips-row" role="group" aria-label="Status">
          <button class="chip" type="button" :aria-pressed="!group" @click="choose({ group: '' })">All<span class="count">{{ all.length }}</span></button>
          <button v-for="one in groups" :key="one.name" class="chip" type="button" :aria-pressed="group === one.name" @click="choose({ group: one.name })">{{ one.label }}<span class="count">{{ one.count }}</span></button>
        </div>
        <button class="turn" type="button" :aria-label="newest ? 'Sorted by newest; sort by time' : 'Sorted by time; sort by newest'" @click="choose({ newest: !newest })">{{ newest ? 'newest' : 'by time' }}</button>
      </div>
      <div v-if="all.length || everywhere" class="filters">
        <div class="chips-row" role="group" aria-label="Category">
          <button v-for="one in kinds" :key="one.name" class="chip kind" type="button" :aria-pressed="kind === one.name" :aria-label="one.name + ', ' + one.count" :title="one.name" @click="choose({ kind: kind === one.name ? '' : one.name })">
            <svg class="glyph" :style="kind === one.name ? null : { color: 'var(--' + one.name + ')' }"><use :href="'#g-' + one.name" /></svg><span class="count">{{ one.count }}</span></button>
        </div>
        <button v-if="posts && !everywhere && firmed" class="turn" type="button" @click="$emit('post_all', {})">post all<span class="count">{{ firmed }}</span></button>
        <button class="turn scope" type="button" :aria-label="everywhere ? 'Notes of all videos; show this video only' : 'Notes of this video; show all videos'" @click="look(!everywhere)">{{ everywhere ? 'all videos' : 'this video' }}</button>
        <label class="find" :class="{ used: words }"><svg class="icon"><use href="#i-search" /></svg><input v-model="words" type="search" placeholder="Find" aria-label="Find in notes" @input="refilter"></label>
      </div>
      <div ref="scroller" class="scroller" role="list" aria-label="Notes in the order of the video" @scroll.passive="onScroll" @keydown="onKey" @focusin="onFocus">
        <div aria-hidden="true" :style="{ height: before + 'px' }"></div>
        <note-card v-for="note in shown" :key="note.id" :ref="watch" :note="note" :turn="turns[note.turn_id]" :video="video" :hinted="note.id === ghostId" :refines="refines" :posts="posts" :posts-above="postsAbove" :step="steps[note.id]" :trail="trails[note.id]" :reachable="note.id === activeId"
          @edit="edit" @remove="remove" @refine="refine" @confirm="confirm" @cancel="cancel" @post="post" @take_back="takeBack" @decide="decide" @trail="trail" />
        <div aria-hidden="true" :style="{ height: after + 'px' }"></div>
        <div v-if="!all.length && !waits" class="empty">
          <svg class="waves" viewBox="0 0 120 40" aria-hidden="true"><path d="M4 20h6M18 14v12M30 8v24M42 4v32M54 12v16M66 16v8M78 18v4M90 19v2M102 20h14" /></svg>
          <h2>No notes yet</h2>
          <p>Press the microphone or <span class="kbd">M</span> and say what you see. Each note lands at the moment you saw it.</p>
          <button v-if="!everywhere" class="btn plain" type="button" @click="look(true)">Notes of all videos</button>
        </div>
        <div v-else-if="!list.length && !waits" class="empty">
          <h2>Nothing fits this filter</h2>
          <p>All {{ all.length }} notes are still here.</p>
          <button class="btn" type="button" @click="showAll">Show all notes</button>
        </div>
        <template v-if="waits && !all.length"><div v-for="n in 4" :key="'b' + n" class="bone note-bone"></div></template>
      </div>
    </section>`,
  data: () => ({ all: [], list: [], turns: {}, steps: {}, trails: {}, first: 0, last: 0, before: 0, after: 0, kind: "", group: "", newest: false, everywhere: false, reading: false, words: "", activeId: null, ghostId: null }),
  computed: {
    waits() {
      return this.everywhere ? this.reading : this.loading;
    },
    groups() {
      const counts = {};
      for (const note of this.all) counts[note.status] = (counts[note.status] ?? 0) + 1;
      const counted = STATUS_GROUPS.map((one) => ({ ...one, count: one.statuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0) }));
      return counted.filter((one) => one.count || one.name === this.group);
    },
    firmed() {
      return this.all.filter((note) => note.status === "firmed").length;
    },
    shown() {
      return this.list.slice(this.first, this.last);
    },
    kinds() {
      const counts = {};
      for (const note of this.all) counts[note.category] = (counts[note.category] ?? 0) + 1;
      return CATEGORIES.filter((name) => counts[name] || name === this.kind).map((name) => ({ name, count: counts[name] ?? 0 }));
    },
  },
  created() {
    this.heights = new Heights(GUESS_PX, GAP_PX);
    this.sizes = new ResizeObserver((entries) => this.measured(entries));
    this.seen = new WeakSet();
    this.everywhereStore = new NoteStore();
    const stops = [review.notes.on(() => this.refresh()), this.everywhereStore.on(() => this.refresh())];
    if (review.onShowNote) stops.push(review.onShowNote((id) => this.showNote(id)));
    this.forget = () => stops.forEach((stop) => stop());
    review.notes.apply([["reset", this.initial]]);
  },
  mounted() {
    this.sizes.observe(this.$refs.scroller);
    this.draw();
  },
  unmounted() {
    this.sizes.disconnect();
    this.forget();
  },
  methods: {
    /** What the server calls: operations as in NoteStore.apply. */
    apply(ops) {
      review.notes.apply(ops);
    },
    /** The same for the notes of all videos. */
    applyToAll(ops) {
      this.reading = false;
      this.everywhereStore.apply(ops);
    },
    // Methods, as a handler written in the template would be another one at every rendering, and every card rendered anew.
    edit(change) {
      this.$emit("edit", change);
    },
    remove({ id }) {
      this.$emit("remove", { id });
    },
    refine({ id }) {
      this.$emit("refine", { id });
    },
    post({ id }) {
      this.$emit("post", { id });
    },
    takeBack({ id }) {
      this.$emit("take_back", { id });
    },
    decide({ id, is_there }) {
      this.$emit("decide", { id, is_there });
    },
    trail({ id }) {
      if (this.trails[id]) review.notes.showTrail(id, null);
      else this.$emit("trail", { id });
    },
    confirm({ id, turn_id }) {
      this.$emit("confirm", { id, turn_id });
    },
    cancel({ id, turn_id }) {
      this.$emit("cancel", { id, turn_id });
    },
    store() {
      return this.everywhere ? this.everywhereStore : review.notes;
    },
    refresh() {
      this.all = this.store().list;
      ({ turns: this.turns, steps: this.steps, trails: this.trails } = review.notes);
      if (this.wanted) this.showNote(this.wanted);
      const ghost = review.notes.ghost?.id ?? null;
      const isNew = ghost !== null && ghost !== this.ghostId;
      this.ghostId = ghost;
      this.refilter();
      if (isNew) this.$nextTick(() => this.bringIntoView(ghost));
    },
    refilter() {
      const words = this.words.trim().toLowerCase();
      const statuses = STATUS_GROUPS.find((one) => one.name === this.group)?.statuses;
      const says = (note) => note.text.toLowerCase().includes(words) || note.video_title?.toLowerCase().includes(words);
      const fits = (note) => (!statuses || statuses.includes(note.status)) && (!this.kind || note.category === this.kind) && (!words || says(note));
      const found = statuses || this.kind || words ? this.all.filter(fits) : this.all;
      this.list = this.newest ? Object.freeze([...found].sort(byNewest)) : Object.freeze(found);
      const { arrangement } = this.store();
      if (this.list === this.all && this.arranged === arrangement) return; // the same cards: no need to make the browser lay them out now
      this.arranged = this.list === this.all ? arrangement : null;
      this.heights.order(this.list.map((note) => note.id));
      if (!this.list.some((note) => note.id === this.activeId)) this.activeId = this.list[0]?.id ?? null;
      this.draw();
    },
    choose(choice) {
      Object.assign(this, choice);
      this.refilter();
    },
    showAll() {
      this.choose({ kind: "", group: "", words: "" });
    },
    look(everywhere) {
      [this.everywhere, this.arranged, this.reading] = [everywhere, null, everywhere && !this.everywhereStore.list.length];
      this.$emit("scope", { scope: everywhere ? "all" : "video" });
      this.refresh();
    },
    draw() {
      const scroller = this.$refs.scroller;
      const [top, height] = scroller ? [scroller.scrollTop, scroller.clientHeight] : [0, 800];
      [this.first, this.last] = this.heights.range(top - BEYOND_PX, top + height + BEYOND_PX);
      this.before = this.heights.top(this.first);
      this.after = this.heights.total - this.heights.top(this.last);
    },
    onScroll() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.draw();
      });
    },
    watch(card) {
      if (!card || this.seen.has(card.$el)) return;
      this.seen.add(card.$el);
      this.sizes.observe(card.$el);
    },
    measured(entries) {
      let changed = false;
      for (const { target, borderBoxSize } of entries) {
        if (target === this.$refs.scroller) changed = true;
        else if (target.isConnected) changed = this.heights.learn(target.dataset.id, borderBoxSize[0].blockSize) || changed;
        else this.sizes.unobserve(target);
      }
      if (!changed) return;
      this.heights.resum();
      this.draw();
    },
    /** Bring a note into sight, as soon as it is there. */
    showNote(id) {
      this.wanted = review.notes.get(id) ? null : id;
      if (this.wanted) return;
      if (this.everywhere) this.look(false);
      if (!this.list.some((note) => note.id === id)) this.showAll();
      this.activeId = id;
      this.$nextTick(() => {
        this.bringIntoView(id);
        setTimeout(() => this.$el.querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }), SETTLED_MS);
      });
    },
    bringIntoView(id) {
      const index = this.list.findIndex((note) => note.id === id);
      const scroller = this.$refs.scroller;
      if (index < 0 || !scroller) return;
      const [top, bottom] = [this.heights.top(index), this.heights.bottom(index)];
      const target = top < scroller.scrollTop ? top - GAP_PX : bottom > scroller.scrollTop + scroller.clientHeight ? bottom - scroller.clientHeight + GAP_PX : null;
      if (target !== null) scroller.scrollTo({ top: target, behavior: Math.abs(target - scroller.scrollTop) < 1500 ? "smooth" : "instant" });
    },
    onFocus(event) {
      const id = event.target.closest("article")?.dataset.id;
      if (id) this.activeId = id;
    },
    onKey(event) {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity }[event.key];
      if (!steps || !event.target.matches("article")) return;
      event.preventDefault();
      const at = this.list.findIndex((note) => note.id === this.activeId);
      const next = Math.max(0, Math.min(this.list.length - 1, at + steps));
      this.activeId = this.list[next]?.id ?? null;
      this.bringIntoView(this.activeId);
      requestAnimationFrame(() => requestAnimationFrame(() => this.$el.querySelector(`[data-id="${CSS.escape(this.activeId)}"]`)?.focus({ preventScroll: true })));
    },
  },
};
