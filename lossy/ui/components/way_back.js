/**
 * Takes what a platform sends people back with out of the address before anything else reads it. It waits in this tab's
 * storage, as one may have to sign in first; it is worth nothing without the server's half, and counts once.
 */
const KEY = "lossy.way_back";
const NAMES = ["state", "code", "error"];

export default {
  emits: ["came"],
  created() {
    const asked = new URLSearchParams(location.search);
    const came = Object.fromEntries(NAMES.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
    if (Object.keys(came).length) sessionStorage.setItem(KEY, JSON.stringify(came));
    history.replaceState(history.state, "", location.pathname);
  },
  methods: {
    give() {
      const came = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
      sessionStorage.removeItem(KEY);
      this.$emit("came", came);
    },
  },
  render: () => null,
};
