/** Messages that go by themselves; they wait while the pointer is over them. */
const SHOWN_MS = { plain: 4500, offering: 8000 };
const MOST = 3;

export default {
  emits: ["act"],
  template: `
    <div class="toasts" role="status" aria-live="polite" @pointerenter="hold" @pointerleave="release">
      <div v-for="one in toasts" :key="one.key" class="toast"><span class="grow">{{ one.message }}</span>
        <button v-if="one.action" class="act" type="button" @click="act(one)">{{ one.action }}</button>
        <button class="icon-btn" type="button" aria-label="Dismiss" @click="drop(one.key)"><svg class="icon"><use href="#i-close" /></svg></button></div>
    </div>`,
  data: () => ({ toasts: [] }),
  created() {
    this.timers = new Map();
  },
  unmounted() {
    this.hold();
  },
  methods: {
    show(toast) {
      this.toasts = [...this.toasts, toast].slice(-MOST);
      this.time(toast);
    },
    time(toast) {
      this.timers.set(toast.key, setTimeout(() => this.drop(toast.key), toast.action ? SHOWN_MS.offering : SHOWN_MS.plain));
    },
    hold() {
      for (const timer of this.timers.values()) clearTimeout(timer);
      this.timers.clear();
    },
    release() {
      for (const toast of this.toasts) this.time(toast);
    },
    drop(key) {
      clearTimeout(this.timers.get(key));
      this.timers.delete(key);
      this.toasts = this.toasts.filter((one) => one.key !== key);
    },
    act(toast) {
      this.drop(toast.key);
      this.$emit("act", { key: toast.key });
    },
  },
};
