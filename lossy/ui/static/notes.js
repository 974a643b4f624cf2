/**
 * The notes of the page, in the order of the video. Items are frozen and the list is replaced, never changed in place:
 * Vue makes no proxies of them, and a card is drawn again only when its own note is another object.
 */
import { Emitter } from "./emitter.js";

/** Notes of several videos stand video by video. */
const byVideo = (a, b) => {
  const [one, other] = [a.video_title ?? "", b.video_title ?? ""];
  return one < other ? -1 : one > other ? 1 : (a.video_id ?? "") < (b.video_id ?? "") ? -1 : (a.video_id ?? "") > (b.video_id ?? "") ? 1 : 0;
};

const before = (a, b) =>
  byVideo(a, b) || a.start_seconds - b.start_seconds || (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1);

const SHOWN_NOWHERE = new Set(["cancelled", "archived"]);

export class NoteStore extends Emitter {
  list = Object.freeze([]);
  /** Turn id → how long its note still waits: {until, seconds, held}, `until` on this page's clock. */
  turns = Object.freeze({});
  /** Note id → where its posting stands, while it goes on. */
  steps = Object.freeze({});
  /** Note id → what was done to post it, once somebody looks. */
  trails = Object.freeze({});
  /** Grows when notes come, go or change places, not when one is only different. */
  arrangement = 0;
  #byId = new Map();
  #ghosts = new Map();

  get(id) {
    return this.#byId.get(id);
  }

  /** Carry out what the server sent: ["reset", notes], ["put", note], ["drop", id], ["turn", turn], ["step", step], ["trail", trail]. */
  apply(ops) {
    let list = null;
    const own = () => (list ??= [...this.list]);
    for (const [op, value] of ops) {
      if (op === "reset") {
        this.#byId.clear();
        this.#ghosts.clear();
        this.arrangement += 1;
        list = value.map((note) => this.#keep(note)).sort(before);
      } else if (op === "turn") this.#wait(value);
      else if (op === "step") this.steps = Object.freeze({ ...this.steps, [value.note_id]: value.step });
      else if (op === "trail") this.showTrail(value.note_id, value.steps);
      else if (op === "put" && !SHOWN_NOWHERE.has(value.status)) this.#put(own(), value);
      else this.#drop(own(), op === "put" ? value.id : value);
    }
    if (list) this.list = Object.freeze(list);
    this.tell(this.list);
  }

  /** The newest note that still waits for its reviewer's word. */
  get ghost() {
    let newest = null;
    for (const note of this.#ghosts.values()) if (!newest || note.created_at >= newest.created_at) newest = note;
    return newest;
  }

  /** Show what was done to post a note; null to show it no more. */
  showTrail(id, steps) {
    this.#forgetTrail(id);
    if (steps) this.trails = Object.freeze({ ...this.trails, [id]: Object.freeze(steps) });
    this.tell(this.list);
  }

  #forgetTrail(id) {
    const { [id]: _, ...others } = this.trails;
    this.trails = Object.freeze(others);
  }

  #wait({ turn_id, state, deadline_seconds: seconds }) {
    const { [turn_id]: _, ...others } = this.turns;
    if (state !== "confirming") this.turns = Object.freeze(others);
    else {
      const held = seconds === null;
      const turn = { until: performance.now() + 1000 * (seconds ?? 0), seconds: seconds ?? 0, held };
      this.turns = Object.freeze({ ...others, [turn_id]: Object.freeze(turn) });
    }
  }

  #keep(note) {
    const kept = Object.freeze(note);
    this.#byId.set(note.id, kept);
    if (note.status === "ghost") this.#ghosts.set(note.id, kept);
    else this.#ghosts.delete(note.id);
    return kept;
  }

  #put(list, note) {
    const known = this.#byId.get(note.id);
    if (known && known.version > note.version) return;
    if (known && known.status !== note.status) this.#forgetTrail(note.id);
    if (known && !moved(known, note)) {
      list[indexOf(list, known)] = this.#keep(note);
      return;
    }
    this.arrangement += 1;
    if (known) list.splice(indexOf(list, known), 1);
    list.splice(place(list, note), 0, this.#keep(note));
  }

  #drop(list, id) {
    const known = this.#byId.get(id);
    if (!known) return;
    list.splice(indexOf(list, known), 1);
    this.#byId.delete(id);
    this.#ghosts.delete(id);
    this.arrangement += 1;
  }
}

function moved(a, b) {
  return a.video_title !== b.video_title || a.start_seconds !== b.start_seconds || a.created_at !== b.created_at;
}

function place(list, note) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(list[middle], note) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function indexOf(list, note) {
  const found = place(list, note);
  return list[found] === note ? found : list.indexOf(note);
}
