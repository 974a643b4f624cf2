/** What the agent did, a line at a time, the newest in view; the events' own names are one press deeper. */
const MOST = 200;

export default {
  template: `
    <section class="story" aria-label="What Lossy did">
      <ol v-if="entries.length" ref="list" class="lines" role="log">
        <li v-for="entry in entries" :key="entry.key" :data-kind="entry.kind" :data-name="entry.name">
          <span class="when tc">{{ entry.when }}</span><i></i>
          <div class="what"><p>{{ entry.text }}<b v-if="entry.category" :style="{ color: 'var(--' + entry.category + ')' }">{{ entry.category }}</b><span v-if="entry.detail" class="detail"> · {{ entry.detail }}</span></p><code v-if="named">{{ entry.name }}</code></div>
        </li>
      </ol>
      <div v-else class="empty"><p>Nothing was said about this video yet. What Lossy hears, understands and saves is told here, step by step.</p></div>
      <button v-if="entries.length" class="btn plain slim" type="button" :aria-pressed="named" @click="named = !named">{{ named ? 'Hide event names' : 'Event names' }}</button>
    </section>`,
  data: () => ({ entries: [], named: false }),
  methods: {
    /** What the server calls. */
    put(told) {
      const { list } = this.$refs;
      const atEnd = !list || list.scrollTop + list.clientHeight > list.scrollHeight - 40;
      const places = new Map(this.entries.map((entry, place) => [entry.key, place]));
      const entries = [...this.entries];
      for (const entry of told) {
        if (places.has(entry.key)) entries[places.get(entry.key)] = entry;
        else places.set(entry.key, entries.push(entry) - 1);
      }
      this.entries = entries.slice(-MOST);
      if (atEnd) this.$nextTick(() => this.$refs.list?.scrollTo(0, this.$refs.list.scrollHeight));
    },
  },
};
