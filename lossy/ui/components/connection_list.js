/** The logins of a person: where, as whom, in which way, since when, and whether each still counts. */
export default {
  props: { rows: { type: Array, default: null } },
  emits: ["again", "test", "disconnect"],
  template: `
    <div class="logins" :aria-busy="rows === null">
      <div v-if="rows === null" class="bone"></div>
      <p v-else-if="!rows.length" class="nowhere">You are connected nowhere yet. Pages where anybody may comment need no sign-in. For all others, connect below.</p>
      <ul v-else aria-label="Where you are connected">
        <li v-for="row in rows" :key="row.id" class="login" :data-state="row.isOver ? 'over' : 'connected'">
          <svg class="icon" aria-hidden="true"><use :href="row.isOver ? '#i-warn' : '#i-check'" /></svg>
          <div><div class="place">{{ row.place }}</div>
            <p>{{ how(row) }}</p>
            <p v-if="row.isOver" class="over">This sign-in is over. Sign in again, and what waits for it goes on.</p></div>
          <div class="row wrap acts">
            <button v-if="row.isOver" class="btn primary" type="button" @click="$emit('again', { id: row.id })">Sign in again</button>
            <button class="btn plain" type="button" :aria-label="'Test ' + row.place" :aria-disabled="row.isTested" @click="row.isTested || $emit('test', { id: row.id })">{{ row.isTested ? 'Testing…' : 'Test' }}</button>
            <button class="btn plain" type="button" :aria-label="'Disconnect ' + row.place" @click="$emit('disconnect', { id: row.id })">Disconnect</button>
          </div>
        </li>
      </ul>
    </div>`,
  methods: {
    how(row) {
      const date = new Date(row.since).toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
      const parts = [row.platform, row.account && `as ${row.account}`, row.overApi ? "over its API" : "in a browser", `since ${date}`];
      const words = parts.filter(Boolean).join(", ");
      return words[0].toUpperCase() + words.slice(1);
    },
  },
};
