/** One note. It gets a frozen note and draws itself again only when that is another object. */
import { CATEGORIES, POSTING_WORDS, STATUS_WORDS, confidenceWords, spokenTime, timeCode } from "./format.js";
import { isFramed } from "./bridge.js";
import { review } from "./review.js";

const COPIED_MS = 1400;

export const NoteCard = {
  props: { note: Object, video: String, turn: Object, hinted: Boolean, reachable: Boolean, refines: Boolean, posts: Boolean, postsAbove: Number, step: String, trail: Array },
  emits: ["edit", "remove", "refine", "confirm", "cancel", "post", "take_back", "decide", "trail"],
  template: `
    <article class="note" :class="{ ghost: isGhost, editing, unsure: note.confidence < 0.5 }" role="listitem"
        :data-id="note.id" :data-status="note.status" :tabindex="reachable ? 0 : -1" :aria-label="spoken"
        @keydown.enter.self.prevent="isGhost ? $emit('confirm', note) : edit()" @keydown.delete.self.prevent="$emit('remove', note)"
        @keydown.esc.self.stop.prevent="isGhost && $emit('cancel', note)">
      <a v-if="isAway" class="when tc" tabindex="-1" :href="address" :target="target" rel="noopener" :aria-label="'Open ' + note.video_title + ' at ' + spokenStart">{{ start }}<template v-if="end"><br>{{ end }}</template></a>
      <button v-else class="when tc" type="button" tabindex="-1" :aria-label="'Go to ' + spokenStart" @click="seek">{{ start }}<template v-if="end"><br>{{ end }}</template></button>
      <a v-if="isAway" class="of small ellipsis" :href="address" :target="target" rel="noopener">{{ note.video_title }}</a>
      <span v-else-if="note.video_title" class="of small ellipsis">This video</span>
      <p v-if="!editing" class="text" title="Click to edit" @click="edit">{{ note.text }}</p>
      <textarea v-else ref="field" class="text" rows="1" maxlength="200" aria-label="Text of the note" v-model="draft" @input="grow"
        @keydown.enter.prevent="save" @keydown.esc.stop.prevent="leave"></textarea>
      <div v-if="editing" class="meta kinds" role="radiogroup" aria-label="Category">
        <button v-for="name in categories" :key="name" type="button" role="radio" :aria-checked="name === kind" :aria-label="name" :title="name"
          :style="{ color: 'var(--' + name + ')' }" @click="kind = name"><svg class="glyph"><use :href="'#g-' + name" /></svg><span v-if="name === kind">{{ name }}</span></button>
        <span class="grow"></span>
        <button type="button" class="act" @click="save"><span class="kbd">Enter</span>save</button>
        <button type="button" class="act" aria-label="Leave it as it was" title="Esc" @click="leave"><svg class="icon"><use href="#i-close" /></svg></button>
      </div>
      <div v-else class="meta">
        <span class="kind" :style="{ color: 'var(--' + note.category + ')' }"><svg class="glyph" aria-hidden="true"><use :href="'#g-' + note.category" /></svg>{{ note.category }}</span>
        <span v-if="isGhost && turn" :key="turn.until" class="ring keeps-time" :class="{ held: turn.held }" :style="ring" role="img" :aria-label="goesOut ? 'Kept and posted when this runs out' : 'Kept when this runs out'"></span>
        <span v-else class="sure" :style="{ '--sure': note.confidence }" :title="'Lossy is ' + sureness" role="img" :aria-label="sureness"></span>
        <span v-if="note.confidence < 0.5 && !isGhost" class="check">please check</span>
        <span class="grow"></span>
        <template v-if="isGhost && !isAway">
          <button type="button" class="act" tabindex="-1" :aria-label="goesOut ? 'Keep and post' : 'Keep'" @click="$emit('confirm', note)"><svg class="icon"><use :href="goesOut ? '#i-send' : '#i-check'" /></svg><span v-if="goesOut">post</span><span v-else class="word">keep</span><span v-if="hinted" class="kbd">Enter</span></button>
          <button type="button" class="act" tabindex="-1" aria-label="Scratch" @click="$emit('cancel', note)"><svg class="icon"><use href="#i-close" /></svg><span class="word">scratch</span><span v-if="hinted" class="kbd">Esc</span></button>
        </template>
        <template v-else>
          <span class="tools">
            <button v-if="refines && !isAway && note.status === 'firmed'" type="button" class="icon-btn" tabindex="-1" aria-label="Refine with the picture" title="Refine with the picture" @click="$emit('refine', note)"><svg class="icon"><use href="#i-spark" /></svg></button>
            <button type="button" class="icon-btn" tabindex="-1" :aria-label="copied ? 'Copied' : 'Copy'" :title="copied ? 'Copied' : 'Copy'" @click="copy"><svg class="icon"><use :href="copied ? '#i-check' : '#i-copy'" /></svg></button>
            <button type="button" class="icon-btn" tabindex="-1" aria-label="Delete" title="Delete" @click="$emit('remove', note)"><svg class="icon"><use href="#i-trash" /></svg></button>
          </span>
          <template v-if="posts && !isAway">
            <button v-if="note.status === 'firmed'" type="button" class="act" tabindex="-1" aria-label="Post to the platform" title="Post to the platform" @click="$emit('post', note)"><svg class="icon"><use href="#i-send" /></svg><span class="word">post</span></button>
            <button v-else-if="note.status === 'pending_post'" type="button" class="act" tabindex="-1" aria-label="Do not post it" @click="$emit('take_back', note)"><svg class="icon"><use href="#i-close" /></svg><span class="word">take back</span></button>
            <button v-else-if="note.status === 'failed' || note.status === 'needs_login'" type="button" class="act" tabindex="-1" @click="$emit('post', note)">try again</button>
            <template v-else-if="note.status === 'unknown'">
              <button type="button" class="act" tabindex="-1" @click="$emit('decide', { id: note.id, is_there: true })">it is there</button>
              <button type="button" class="act" tabindex="-1" @click="$emit('decide', { id: note.id, is_there: false })">it is not</button>
            </template>
          </template>
          <a v-if="link" class="status" :data-status="note.status" :href="link" target="_blank" rel="noopener noreferrer" tabindex="-1">{{ status }} ✓</a>
          <button v-if="wasPosted" type="button" class="status" :class="{ icon: link }" :data-status="note.status" tabindex="-1" :aria-expanded="Boolean(trail)" aria-label="What was done to post it" title="What was done to post it" @click="$emit('trail', note)"><svg v-if="link" class="icon"><use href="#i-gear" /></svg><template v-else>{{ status }}</template></button>
          <span v-else-if="!link" class="status" :data-status="note.status">{{ status }}</span>
        </template>
      </div>
      <p v-if="note.error" class="meta problem">{{ note.error }}</p>
      <ol v-if="trail" class="trail">
        <li v-for="(one, n) in trail" :key="n"><time class="tc" :datetime="one.at">{{ clock(one.at) }}</time><span>{{ one.words }}<template v-if="one.detail">: {{ one.detail }}</template></span>
          <a v-if="one.picture" :href="one.picture" target="_blank" rel="noopener"><img :src="one.picture" alt="The page as it was then"></a></li>
      </ol>
    </article>`,
  data: () => ({ editing: false, draft: "", kind: "", copied: false, categories: CATEGORIES }),
  computed: {
    /** Of another video than the page's. */
    isAway() {
      return Boolean(this.note.video_title) && this.note.video_id !== this.video;
    },
    address() {
      return `/review/${this.note.video_id}`;
    },
    /** A frame stays with its tab's video. */
    target() {
      return isFramed ? "_blank" : null;
    },
    isGhost() {
      return this.note.status === "ghost";
    },
    /** Kept, it is posted by itself. */
    goesOut() {
      return this.isGhost && this.note.confidence > (this.postsAbove ?? 1);
    },
    start() {
      return timeCode(this.note.start_seconds);
    },
    end() {
      return this.note.end_seconds === null ? "" : timeCode(this.note.end_seconds);
    },
    spokenStart() {
      return spokenTime(this.note.start_seconds);
    },
    status() {
      const isUnderWay = this.note.status === "pending_post" || this.note.status === "posting";
      return (isUnderWay && POSTING_WORDS[this.step]) || STATUS_WORDS[this.note.status];
    },
    wasPosted() {
      return this.posts && !["firmed", "ghost", "cancelled", "archived"].includes(this.note.status);
    },
    /** Only an address of the web: it came from elsewhere. */
    link() {
      return this.note.status === "posted" && /^https?:\/\//.test(this.note.permalink ?? "") ? this.note.permalink : null;
    },
    sureness() {
      return confidenceWords(this.note.confidence);
    },
    spoken() {
      return `${this.spokenStart}, ${this.note.category}: ${this.note.text}. ${this.status}`;
    },
    ring() {
      const left = Math.max(0, this.turn.until - performance.now()) / 1000;
      return { "--deadline": `${left}s`, "--from": this.turn.held ? 1 : Math.min(1, this.turn.seconds / 3) };
    },
  },
  methods: {
    clock(at) {
      return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    },
    seek() {
      review.playback.seek(this.note.start_seconds);
    },
    async edit() {
      [this.draft, this.kind, this.editing] = [this.note.text, this.note.category, true];
      await this.$nextTick();
      this.$refs.field.focus();
      this.grow();
    },
    grow() {
      const { field } = this.$refs;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    },
    save() {
      const { id, version, text, category } = this.note;
      const changes = {};
      if (this.draft.trim() !== text) changes.text = this.draft;
      if (this.kind !== category) changes.category = this.kind;
      this.leave();
      if (Object.keys(changes).length) this.$emit("edit", { id, version, changes });
    },
    leave() {
      this.editing = false;
      this.$el.focus({ preventScroll: true });
    },
    async copy() {
      await navigator.clipboard.writeText(`${this.start} ${this.note.text}`);
      this.copied = true;
      setTimeout(() => (this.copied = false), COPIED_MS);
    },
  },
};
