/** The video that the panel is about, in two lines. */
import { timeCode } from "lossy/format.js";
import { watchOnline } from "lossy/online.js";
import { review } from "lossy/review.js";

export default {
  props: { title: String, place: String, seconds: Number, picture: String, countsNotes: Boolean },
  template: `
    <header class="video-head">
      <img v-if="picture" class="poster" :src="picture" alt="">
      <div class="grow">
        <h1 class="ellipsis" :title="title">{{ title }}</h1>
        <p class="small muted ellipsis">{{ about }}</p>
      </div>
      <span class="connection" :data-state="online ? 'online' : 'offline'" role="status"><i class="dot"></i><span :class="{ 'visually-hidden': online }">{{ online ? 'Connected' : 'Offline' }}</span></span>
    </header>`,
  data: () => ({ online: true, count: review.notes.list.length, told: review.playback.duration }),
  computed: {
    about() {
      const length = this.seconds || this.told;
      const words = [this.place, length ? timeCode(length).split(".")[0] : "", this.countsNotes ? `${this.count} ${this.count === 1 ? "note" : "notes"}` : ""];
      return words.filter(Boolean).join(" · ");
    },
  },
  mounted() {
    this.stops = [
      review.notes.on((list) => (this.count = list.length)),
      review.playback.on(({ duration }) => (this.told = duration)),
      watchOnline((online) => (this.online = online)),
    ];
  },
  unmounted() {
    this.stops.forEach((stop) => stop());
  },
};
