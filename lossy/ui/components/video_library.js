/** Cards of videos with search and status; an empty library offers the sample. */
import { timeCode } from "lossy/format.js";
import { OpenVideo } from "lossy/open_video.js";

const STATUSES = { in_progress: "In progress", queued: "Queued", complete: "Complete", archived: "Archived" };
const PLACES = { local: "File", sample: "Sample", youtube: "YouTube" };
const SEARCH_AFTER_MS = 180;

export default {
  components: { OpenVideo },
  emits: ["query", "opened", "sample", "status", "remove"],
  template: `
    <div class="library" @dragenter="dragged" @dragover.prevent>
      <Teleport v-if="ready && total" to="#top-slot">
        <div class="row tools-row">
          <div class="row statuses" role="group" aria-label="Status">
            <button class="chip" type="button" :aria-pressed="!status" @click="pick('')">All<span class="count">{{ total }}</span></button>
            <button v-for="(words, name) in present" :key="name" class="chip" type="button" :aria-pressed="status === name" @click="pick(name)">{{ words }}<span class="count">{{ counts[name] }}</span></button>
          </div>
          <span class="grow"></span>
          <label class="search"><svg class="icon"><use href="#i-search" /></svg><input v-model="search" class="input" type="search" placeholder="Search notes and videos" aria-label="Search notes and videos" @input="soon"></label>
          <button class="btn primary" type="button" @click="$refs.open.show()"><svg class="icon"><use href="#i-plus" /></svg><span class="words">Review a video</span></button>
        </div>
      </Teleport>
      <div v-if="!ready" class="cards"><div v-for="n in 6" :key="n" class="bone card-bone"></div></div>
      <section v-else-if="!total" class="state-page first-time"><div class="inner">
        <svg class="hello" viewBox="0 0 200 96" aria-hidden="true"><rect x="14" y="6" width="172" height="66" rx="10" /><path d="M30 84h140" /><path class="w" d="M58 39h5M72 32v14M86 24v30M100 16v46M114 28v22M128 34v10M140 39h3" /><path class="k" d="M66 78v12" /><path class="k2" d="M122 78v12" /></svg>
        <h1>Say what you see</h1>
        <p>Watch a video, speak, and each remark becomes a short note at the moment you saw it. The sample shows it in half a minute; it needs no microphone.</p>
        <div class="acts">
          <button class="btn primary large" type="button" :disabled="busy" @click="sample"><svg class="icon"><use href="#i-play" /></svg>Try the sample</button>
          <button class="btn large" type="button" @click="$refs.open.show()">Review a video</button>
        </div></div></section>
      <section v-else-if="!cards.length" class="state-page"><div class="inner">
        <svg class="icon big"><use href="#i-search" /></svg><h1>Nothing found</h1>
        <p>No video or note fits {{ search ? '“' + search + '”' : 'this status' }}. All {{ total }} of your videos are still here.</p>
        <div class="acts"><button class="btn large" type="button" @click="everything">Show all</button></div></div></section>
      <ul v-else class="cards">
        <li v-for="card in cards" :key="card.id" class="card">
          <a :href="'/review/' + card.id">
            <div class="pic" :class="{ plain: !card.picture }">
              <img v-if="card.picture" :src="card.picture" alt="" loading="lazy">
              <svg v-else-if="!card.marks.length" class="icon none" aria-hidden="true"><use href="#i-film" /></svg>
              <div v-else class="pattern" aria-hidden="true"><b v-for="(mark, n) in card.marks.slice(0, 120)" :key="n" :style="place(card, mark)"></b></div>
              <span v-if="card.duration" class="tc length">{{ length(card) }}</span>
            </div>
            <div class="in"><div class="title ellipsis">{{ card.title }}</div><div class="small muted ellipsis">{{ about(card) }}</div>
              <div class="progress" :aria-label="'Reviewed ' + share(card) + ' %'"><i :class="card.status" :style="{ width: share(card) + '%' }"></i></div></div>
          </a>
          <div class="menu" @keydown.esc="menu = null">
            <button class="icon-btn" type="button" :aria-label="'More about ' + card.title" :aria-expanded="menu === card.id" @click.stop="menu = menu === card.id ? null : card.id"><svg class="icon dots" viewBox="0 0 24 24"><circle cx="5" cy="12" r="1.6" /><circle cx="12" cy="12" r="1.6" /><circle cx="19" cy="12" r="1.6" /></svg></button>
            <div v-if="menu === card.id" class="drop">
              <button v-if="card.status !== 'complete'" class="entry" type="button" @click="set(card, 'complete')"><svg class="icon"><use href="#i-check" /></svg>Mark complete</button>
              <button v-if="card.status === 'complete' || card.status === 'archived'" class="entry" type="button" @click="set(card, 'in_progress')"><svg class="icon"><use href="#i-play" /></svg>Reopen</button>
              <button v-if="card.status !== 'archived'" class="entry" type="button" @click="set(card, 'archived')"><svg class="icon"><use href="#i-file" /></svg>Archive</button>
              <button class="entry danger" type="button" @click="doomed = card; menu = null; $refs.sure.showModal()"><svg class="icon"><use href="#i-trash" /></svg>Delete with all notes…</button>
            </div>
          </div>
        </li>
      </ul>
      <open-video ref="open" @opened="$emit('opened', $event)" @sample="sample" />
      <dialog ref="sure" class="sheet" aria-labelledby="sure-title"><div class="stack">
        <h1 id="sure-title">Delete “{{ doomed?.title }}”?</h1>
        <p class="muted">Its {{ count(doomed?.notes ?? 0, 'note') }} and recordings go with it, for everybody who sees it. This can't be undone. The video itself is not touched.</p>
        <div class="row acts-row"><span class="grow"></span><button class="btn" type="button" autofocus @click="$refs.sure.close()">Keep it</button><button class="btn danger" type="button" @click="remove">Delete</button></div></div></dialog>
    </div>`,
  data: () => ({ ready: false, cards: [], counts: {}, status: "", search: "", menu: null, doomed: null, busy: false }),
  computed: {
    total() {
      return Object.values(this.counts).reduce((sum, one) => sum + one, 0);
    },
    present() {
      return Object.fromEntries(Object.entries(STATUSES).filter(([name]) => this.counts[name]));
    },
  },
  created() {
    this.shut = () => (this.menu = null);
    addEventListener("click", this.shut);
  },
  unmounted() {
    removeEventListener("click", this.shut);
    clearTimeout(this.timer);
  },
  methods: {
    /** What the server calls. */
    show(cards, counts) {
      [this.cards, this.counts, this.ready] = [Object.freeze(cards), counts, true];
    },
    pick(status) {
      this.status = status;
      this.ask();
    },
    everything() {
      [this.status, this.search] = ["", ""];
      this.ask();
    },
    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), SEARCH_AFTER_MS);
    },
    ask() {
      this.$emit("query", { status: this.status, search: this.search });
    },
    sample() {
      this.busy = true;
      this.$emit("sample", {});
    },
    set(card, status) {
      this.menu = null;
      this.$emit("status", { id: card.id, status });
    },
    remove() {
      this.$refs.sure.close();
      this.$emit("remove", { id: this.doomed.id });
    },
    dragged(event) {
      if ([...(event.dataTransfer?.types ?? [])].includes("Files")) this.$refs.open.show();
    },
    place(card, mark) {
      const length = card.duration || Math.max(...card.marks.map((one) => one.at), 1) * 1.05;
      return { left: `${Math.min(100, (100 * mark.at) / length)}%`, background: `var(--${mark.category})` };
    },
    length: (card) => timeCode(card.duration).split(".")[0],
    share: (card) => (card.status === "complete" ? 100 : card.duration ? Math.min(100, Math.round((100 * card.reviewed) / card.duration)) : 0),
    count: (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`,
    about(card) {
      const place = PLACES[card.platform] ?? (card.url ? new URL(card.url).host.replace("www.", "") : "");
      const posted = card.posted ? (card.posted === card.notes ? "all posted" : `${card.posted} posted`) : "";
      const reviewed = card.notes && !card.posted ? `reviewed to ${timeCode(card.reviewed).split(".")[0]}` : "";
      return [card.notes ? this.count(card.notes, "note") : "no notes yet", posted, reviewed, place].filter(Boolean).join(" · ");
    },
  },
};
