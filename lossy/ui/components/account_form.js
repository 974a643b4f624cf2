/** Password and sign-outs of the account that is signed in. */
import { api, token } from "lossy/token.js";

export default {
  template: `
    <div class="account stack">
      <form class="stack" @submit.prevent="setPassword">
        <p v-if="me && !me.has_password" class="muted">You came in by the owner's link. With a password you can sign in anywhere and any time.</p>
        <input class="visually-hidden" type="text" autocomplete="username" :value="me?.email" tabindex="-1" aria-hidden="true" readonly>
        <label v-if="me?.has_password" class="field"><span>Current password</span><input v-model="current" class="input" type="password" autocomplete="current-password" required></label>
        <label class="field"><span>{{ me?.has_password ? 'New password' : 'Password' }}</span><input v-model="password" class="input" type="password" autocomplete="new-password" minlength="10" maxlength="1000" required></label>
        <p v-if="problem" class="problem" role="alert"><svg class="icon"><use href="#i-warn" /></svg><span>{{ problem }}</span></p>
        <p v-if="done" class="small ok" role="status">{{ done }}</p>
        <div class="row"><button class="btn primary" type="submit" :disabled="busy">{{ me?.has_password ? 'Change the password' : 'Set a password' }}</button></div>
      </form>
      <div class="line"></div>
      <div class="row wrap"><button class="btn" type="button" @click="leave('auth/sign-out')"><svg class="icon"><use href="#i-out" /></svg>Sign out</button>
        <button class="btn danger" type="button" @click="leave('auth/sign-out-everywhere')">Sign out everywhere</button></div>
    </div>`,
  data: () => ({ me: null, current: "", password: "", problem: null, done: null, busy: false }),
  async mounted() {
    await this.look();
  },
  methods: {
    async look() {
      this.me = await api("GET", "me").catch(() => null);
    },
    async setPassword() {
      [this.busy, this.problem, this.done] = [true, null, null];
      try {
        await api("POST", "auth/password", { password: this.password, current: this.me?.has_password ? this.current : null });
        [this.current, this.password, this.done] = ["", "", "The password is set. Other sign-ins of this account have ended."];
        await this.look();
      } catch (error) {
        this.problem = error.message;
      } finally {
        this.busy = false;
      }
    },
    async leave(path) {
      try {
        await api("POST", path);
      } catch (error) {
        if (error.code !== "not_signed_in") {
          this.problem = error.message;
          return;
        }
      }
      token.clear();
      location.assign("/signin");
    },
  },
};
