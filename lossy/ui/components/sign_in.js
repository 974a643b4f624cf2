/** Sign in, register, or follow the owner's link: `#link=…` is spent once and taken out of the address at once. */
import { api, token } from "lossy/token.js";

const SHORTEST = 10;

/** Where to go afterwards: a path of ours, never another site. */
export function nextPath(search) {
  const next = new URLSearchParams(search).get("next") ?? "/";
  const target = new URL(next, location.origin);
  return target.origin === location.origin && next.startsWith("/") && !target.pathname.startsWith("/signin") ? target.href : "/";
}

export default {
  props: { mayRegister: Boolean },
  template: `
    <div class="state-page sign-in"><div class="inner">
      <svg class="big-mark" aria-hidden="true"><use href="#mark" /></svg>
      <template v-if="following"><h1>Signing you in</h1><p>The link works once. One moment…</p></template>
      <template v-else>
        <h1>{{ registers ? 'Make an account' : 'Sign in to Lossy' }}</h1>
        <p>{{ registers ? 'Your notes and videos belong to it.' : 'Say what you see, and it becomes a note.' }}</p>
        <form class="sheet-form stack" @submit.prevent="send">
          <label class="field"><span>Email</span><input v-model="email" class="input" type="email" autocomplete="username" required autofocus maxlength="254"></label>
          <label class="field"><span>Password</span><input v-model="password" class="input" type="password" :autocomplete="registers ? 'new-password' : 'current-password'" required :minlength="registers ? shortest : 1" maxlength="1000"></label>
          <p v-if="registers" class="small muted">At least {{ shortest }} characters.</p>
          <p v-if="problem" class="problem" role="alert"><svg class="icon"><use href="#i-warn" /></svg><span>{{ problem }}</span></p>
          <button class="btn primary large" type="submit" :disabled="busy">{{ busy ? 'One moment…' : registers ? 'Make the account' : 'Sign in' }}</button>
        </form>
        <button v-if="mayRegister" class="btn plain" type="button" @click="registers = !registers; problem = null">{{ registers ? 'I have an account' : 'Make an account' }}</button>
        <p class="small owner">First time on this machine? Open the link that Lossy printed when it started. It works once, for ten minutes; start Lossy again for a new one.</p>
      </template>
    </div></div>`,
  data: () => ({ email: "", password: "", registers: false, problem: null, busy: false, following: false, shortest: SHORTEST }),
  mounted() {
    const link = new URLSearchParams(location.hash.slice(1)).get("link");
    if (link) this.follow(link);
    else if (token.get()) this.goOn();
  },
  methods: {
    async goOn() {
      try {
        await api("GET", "me");
        location.replace(nextPath(location.search));
      } catch (error) {
        if (error.code === "not_signed_in") token.clear();
      }
    },
    async follow(link) {
      this.following = true;
      history.replaceState(null, "", location.pathname + location.search);
      await this.enter("auth/owner-link", { link });
      this.following = false;
    },
    send() {
      return this.enter(this.registers ? "auth/register" : "auth/sign-in", { email: this.email.trim(), password: this.password });
    },
    async enter(path, body) {
      [this.busy, this.problem] = [true, null];
      try {
        const signedIn = await api("POST", path, body);
        token.set(signedIn.token);
        location.replace(nextPath(location.search));
      } catch (error) {
        this.problem = error.message;
        this.busy = false;
      }
    },
  },
};
