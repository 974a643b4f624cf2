/** What a reviewer does on the overlays, passed on to the player and the worker. */
import type { Playback } from "lossy/playback.js";
import { chromeApi } from "../shared/chrome-api.ts";
import type { Wishes } from "./overlays.ts";

export const wishesOn = (playback: Playback): Wishes => ({
  decide: (turn, action) => void chromeApi.send({ to: "worker", type: "decide_note", turn, action }),
  showNote({ id, start }) {
    playback.seek(start);
    void chromeApi.send({ to: "worker", type: "show_note", note: id });
  },
  async save(text, position) {
    const answer = await chromeApi.send({ to: "worker", type: "typed", text, position });
    return answer && "refused" in answer ? answer.refused.message : null;
  },
  types: (isTyping) => (isTyping ? playback.pauseForSpeech() : playback.resumeAfterSpeech()),
});
