/** A sign-in at a platform that is under way: what to do now, in words, and the one next step. */

const COPIED_MS = 1400;
const WORDS = {
  opening: { api: "One moment…", window: "Opening a window on this machine…", live_view: "Opening a browser for you…" },
  waiting: {
    api: "On its own page it asks whether Lossy may comment as you. That opens in a new tab.",
    password: "It takes your name and password there. They go to that server, and Lossy keeps neither.",
    window: "A window is open on this machine. Sign in there as you always do, then close it.",
    live_view: "A browser waits for you there. Open it, sign in as you always do, come back here and press Done.",
    terminal: "This server has no browser that it could show you. Type this in a terminal, on a machine with a screen that has this server's database and settings:",
  },
  keeping: { password: "Signing in…", window: "Keeping the sign-in…", live_view: "Keeping the sign-in…" },
};

export default {
  props: { signIn: { type: Object, default: null } },
  emits: ["done", "give_up", "again", "password"],
  template: `
    <div v-if="signIn" class="signing-in" role="group" :aria-label="title" :data-stage="signIn.stage" :data-way="signIn.way">
      <div class="row"><svg class="icon" aria-hidden="true"><use :href="failed ? '#i-warn' : '#i-lock'" /></svg><h3 class="grow ellipsis">{{ title }}</h3>
        <button class="icon-btn" type="button" :aria-label="failed ? 'Close' : 'Give up signing in'" :title="failed ? 'Close' : 'Give up'" @click="$emit('give_up', {})"><svg class="icon"><use href="#i-close" /></svg></button></div>
      <p v-if="words" class="small" role="status">{{ words }}</p>
      <div v-if="signIn.command" class="row command"><code>{{ signIn.command }}</code>
        <button class="icon-btn" type="button" :aria-label="copied ? 'Copied' : 'Copy the command'" @click="copy"><svg class="icon"><use :href="copied ? '#i-check' : '#i-copy'" /></svg></button></div>
      <form v-if="signIn.way === 'password'" class="fields" @submit.prevent="send">
        <label class="field"><span>Name</span><input v-model="name" class="input" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200" required></label>
        <label class="field"><span>Password</span><input v-model="password" class="input" type="password" autocomplete="off" maxlength="1000" required></label>
        <button class="btn primary" type="submit" :disabled="keeping">Sign in</button>
      </form>
      <p v-if="signIn.problem" class="problem" role="alert"><svg v-if="!failed" class="icon"><use href="#i-warn" /></svg><span>{{ signIn.problem }}</span></p>
      <div v-if="hasSteps" class="row wrap">
        <a v-if="address" class="btn primary" :href="address" target="_blank" rel="noopener noreferrer"><svg class="icon"><use href="#i-open" /></svg>{{ signIn.way === 'api' ? 'Continue at ' + signIn.name : 'Open the browser' }}</a>
        <button v-if="waits && inBrowser" class="btn" type="button" @click="$emit('done', {})"><svg class="icon"><use href="#i-check" /></svg>Done</button>
        <button v-if="failed" class="btn primary" type="button" @click="$emit('again', {})">Begin again</button>
        <button v-if="waits && signIn.instead && !inBrowser && signIn.way !== 'terminal'" class="btn plain" type="button" @click="$emit('again', { in_browser: true })">In a browser instead</button>
      </div>
    </div>`,
  data: () => ({ name: "", password: "", copied: false }),
  computed: {
    title() {
      return this.signIn.way === "api" ? `Connect ${this.signIn.name}` : `Sign in at ${this.signIn.place}`;
    },
    words() {
      return WORDS[this.signIn.stage]?.[this.signIn.way];
    },
    waits() {
      return this.signIn.stage === "waiting";
    },
    keeping() {
      return this.signIn.stage === "keeping";
    },
    failed() {
      return this.signIn.stage === "failed";
    },
    inBrowser() {
      return this.signIn.way === "window" || this.signIn.way === "live_view";
    },
    /** Only an address of the web: it came from elsewhere. */
    address() {
      return this.waits && /^https?:\/\//.test(this.signIn.address ?? "") ? this.signIn.address : null;
    },
    hasSteps() {
      return this.failed || (this.waits && this.signIn.way !== "terminal" && (this.signIn.way !== "password" || this.signIn.instead));
    },
  },
  methods: {
    send() {
      const { name, password } = this;
      this.password = "";
      this.$emit("password", { name, password });
    },
    async copy() {
      await navigator.clipboard.writeText(this.signIn.command);
      this.copied = true;
      setTimeout(() => (this.copied = false), COPIED_MS);
    },
  },
};
