/** Header and offline banner of every page. */
import { watchOnline } from "lossy/online.js";
import { ThemeChoice } from "lossy/theme.js";
import { api, token } from "lossy/token.js";

export default {
  components: { ThemeChoice },
  props: { here: String, email: { type: String, default: "" }, recogniser: { type: Object, default: null } },
  emits: ["sample"],
  template: `
    <div class="top-wrap"><header class="top">
      <a class="wordmark" href="/" aria-label="Lossy, to the library"><svg aria-hidden="true"><use href="#mark" /></svg>Lossy</a>
      <nav v-if="email" aria-label="Places">
        <a href="/" :aria-current="here === 'library' ? 'page' : null">Library</a>
        <a href="/settings" :aria-current="here === 'settings' ? 'page' : null">Settings</a>
      </nav>
      <div id="top-slot" class="grow row"></div>
      <a v-if="label" class="recogniser" href="/settings#recognition" :data-demo="isDemo" :title="recogniser.message || 'Speech is recognised by ' + recogniser.model">
        <span>{{ label }}</span>
        <template v-if="fetching"><span class="bar" role="progressbar" aria-label="Fetching the speech model" :aria-valuenow="percent"><i :style="{ width: percent + '%' }"></i></span><span class="tc words-long">{{ percent }} %</span></template>
      </a>
      <span v-if="email" class="connection" :data-state="online ? 'online' : 'offline'" role="status"><i class="dot"></i><span :class="online ? 'visually-hidden' : 'words'">{{ online ? 'Connected' : 'Offline' }}</span></span>
      <div v-if="email" class="menu" @keydown.esc.stop="open = false">
        <button class="icon-btn" type="button" aria-label="Account" aria-haspopup="true" :aria-expanded="open" @click.stop="open = !open"><svg class="icon"><use href="#i-user" /></svg></button>
        <div v-if="open" class="drop" @click.stop>
          <div class="who"><div class="small muted">Signed in as</div><div class="ellipsis">{{ email }}</div></div>
          <div class="themes"><theme-choice /></div>
          <button class="entry" type="button" @click="open = false; $emit('sample')"><svg class="icon"><use href="#i-spark" /></svg>Try the sample review</button>
          <a class="entry" href="/settings"><svg class="icon"><use href="#i-gear" /></svg>Settings</a>
          <button class="entry" type="button" @click="signOut"><svg class="icon"><use href="#i-out" /></svg>Sign out</button>
        </div>
      </div>
    </header>
    <div v-if="email && !online" class="banner" role="alert"><svg class="icon"><use href="#i-cloud-off" /></svg>
      <span><b>Connection lost.</b> Your notes are safe, and what you say now is kept and sent when Lossy is back. Trying again…</span></div></div>`,
  data: () => ({ open: false, online: true }),
  computed: {
    isDemo() {
      return this.recogniser?.model === "demo";
    },
    fetching() {
      return this.recogniser?.phase === "fetching";
    },
    percent() {
      return Math.round(100 * (this.recogniser?.progress ?? 0));
    },
    label() {
      if (!this.recogniser) return "";
      if (this.isDemo) return "demo recogniser";
      return this.email ? this.recogniser.model : "";
    },
  },
  mounted() {
    this.shut = () => (this.open = false);
    addEventListener("click", this.shut);
    this.stop = watchOnline((online) => (this.online = online));
  },
  unmounted() {
    removeEventListener("click", this.shut);
    this.stop();
  },
  methods: {
    async signOut() {
      // Without an answer the token is forgotten here all the same; it can be revoked from any other sign-in.
      await api("POST", "auth/sign-out").catch(() => null);
      token.clear();
      location.assign("/signin");
    },
  },
};
