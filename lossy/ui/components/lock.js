/** Shows the server whose page this is: a ticket for the token, as often as the page is loaded. */
import { api, token } from "lossy/token.js";

const RETRY_MS = 1500;

export default {
  emits: ["ticket"],
  template: `<div v-if="problem" class="banner" role="alert"><svg class="icon"><use href="#i-cloud-off" /></svg><span>{{ problem }}</span></div>`,
  data: () => ({ problem: null }),
  mounted() {
    this.stop = token.watch((value) => (value ? location.reload() : this.leave()));
    this.back = () => location.reload();
    addEventListener("popstate", this.back);
    this.ask();
  },
  unmounted() {
    this.stop();
    removeEventListener("popstate", this.back);
    clearTimeout(this.timer);
  },
  methods: {
    async ask() {
      if (!token.get()) return this.leave();
      try {
        const { ticket } = await api("POST", "tickets");
        this.problem = null;
        this.$emit("ticket", { ticket });
      } catch (error) {
        if (error.code === "not_signed_in") return this.leave();
        this.problem = error.message;
        this.timer = setTimeout(() => this.ask(), RETRY_MS);
      }
    },
    leave() {
      token.clear();
      const here = location.pathname + location.search;
      location.assign(here === "/" ? "/signin" : `/signin?next=${encodeURIComponent(here)}`);
    },
  },
};
