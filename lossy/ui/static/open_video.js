/** The dialog that opens a video: an address, or a file that stays on this machine. */
import { fileIdentity } from "./file_identity.js";
import { review } from "./review.js";
import { api } from "./token.js";

export const OpenVideo = {
  emits: ["opened", "sample"],
  template: `
    <dialog ref="dialog" class="sheet open-video" aria-labelledby="open-title" @close="problem = null" @click.self="$refs.dialog.close()">
      <form class="stack" method="dialog" @submit.prevent="openAddress">
        <div class="row"><h1 id="open-title" class="grow">Review a video</h1><button class="icon-btn" type="button" aria-label="Close" @click="$refs.dialog.close()"><svg class="icon"><use href="#i-close" /></svg></button></div>
        <label class="field"><span>Address of the video</span><input ref="address" v-model="address" class="input" type="url" inputmode="url" placeholder="https://…" autocomplete="off" autofocus></label>
        <div class="or small muted">or</div>
        <label class="drop" :class="{ over }" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="openFile($event.dataTransfer.files[0])">
          <input class="visually-hidden" type="file" accept="video/*,audio/*" @change="openFile($event.target.files[0])">
          <svg class="icon"><use href="#i-file" /></svg><span><b>Choose a file</b> or drop it here</span><span class="small muted">It is played from where it is, and never uploaded.</span></label>
        <p v-if="problem" class="problem" role="alert"><svg class="icon"><use href="#i-warn" /></svg><span>{{ problem }}</span></p>
        <div class="row acts-row"><button class="btn plain" type="button" @click="$refs.dialog.close(); $emit('sample')">Try the sample</button><span class="grow"></span>
          <button class="btn primary" type="submit" :disabled="busy || !address.trim()">{{ busy ? 'Opening…' : 'Open' }}</button></div>
      </form>
    </dialog>`,
  data: () => ({ address: "", problem: null, busy: false, over: false }),
  methods: {
    show() {
      if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
    },
    openAddress() {
      const url = this.address.trim();
      return this.open({ url: url.includes("://") ? url : `https://${url}` });
    },
    async openFile(file) {
      this.over = false;
      if (!file) return;
      await this.open(async () => {
        const identity = await fileIdentity(file);
        review.file = file;
        return { file: identity, title: file.name.replace(/\.[^.]+$/, "") };
      });
    },
    async open(context) {
      [this.busy, this.problem] = [true, null];
      try {
        const opened = await api("POST", "videos", typeof context === "function" ? await context() : context);
        this.$refs.dialog.close();
        this.$emit("opened", { video: opened.video });
      } catch (error) {
        this.problem = error.message;
      } finally {
        this.busy = false;
      }
    },
  },
};
