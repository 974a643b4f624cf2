/** Shows the server whose page this is: a ticket from the extension around the frame, as often as the page is loaded. */
import { bridge } from "lossy/bridge.js";

const [HELLO_EVERY_MS, RETRY_MS] = [1500, 3000];

export default {
  props: { origins: Array },
  emits: ["ticket", "shown", "outside"],
  template: `<div v-if="problem" class="banner" role="alert"><svg class="icon"><use href="#i-cloud-off" /></svg><span>{{ problem }}</span></div>`,
  data: () => ({ problem: null }),
  mounted() {
    this.waits = true;
    this.stop = bridge.on((message) => this.hear(message));
    if (bridge.open(this.origins)) this.greet();
    else this.later(() => this.$emit("outside"), 0);
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    greet() {
      // The extension says in words what is the matter when no hello comes.
      if (!canNiceGuiStart()) return;
      bridge.post({ type: "hello" });
      this.later(() => this.greet(), HELLO_EVERY_MS);
    },
    ask() {
      this.waits = true;
      bridge.post({ type: "ask_ticket" });
      this.later(() => this.ask(), RETRY_MS);
    },
    leave() {
      bridge.post({ type: "signed_out" });
    },
    hear(message) {
      if (message.type === "shown") this.$emit("shown", message.shown);
      if (message.type === "ticket" && this.waits) this.pass(message.ticket);
      if (message.type === "ticket_refused") {
        this.problem = message.message;
        this.later(() => this.ask(), RETRY_MS);
      }
    },
    pass(ticket) {
      clearTimeout(this.timer);
      [this.waits, this.problem] = [false, null];
      this.$emit("ticket", { ticket });
    },
    later(act, milliseconds) {
      clearTimeout(this.timer);
      this.timer = setTimeout(act, milliseconds);
    },
  },
};

/** NiceGUI keeps the tab's name in the session's storage and never connects where the browser blocks that. */
function canNiceGuiStart() {
  try {
    return sessionStorage.length >= 0;
  } catch {
    return false;
  }
}
