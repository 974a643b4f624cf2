/** Passes one command to the extension around the frame. */
import { bridge } from "lossy/bridge.js";

export default {
  props: { message: Object },
  template: `<button type="button" @click="post"><slot /></button>`,
  methods: {
    post() {
      bridge.post({ ...this.message });
    },
  },
};
