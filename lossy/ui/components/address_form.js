/** Takes the address of a video on the platform that is to be connected. */
export default {
  emits: ["address"],
  template: `
    <form class="address-form" @submit.prevent="send">
      <label class="field grow"><span>Address of a video there</span><input v-model="url" class="input" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://" maxlength="2048" required></label>
      <button class="btn" type="submit">Connect</button>
    </form>`,
  data: () => ({ url: "" }),
  methods: {
    send() {
      const url = this.url.trim();
      this.$emit("address", { url: /^[a-z]+:/i.test(url) ? url : `https://${url}` });
    },
  },
};
