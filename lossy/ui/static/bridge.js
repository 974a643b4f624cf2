/**
 * What a page of ours says to the extension's page around it, and hears from it, by postMessage. The other end is the
 * parent window with one exact origin, which must be on the server's list of extensions; anything else is dropped, and
 * so is every message that has another shape than the list below.
 */
import { Emitter } from "./emitter.js";

const PLACES = ["/panel", "/popup"];
const MICROPHONE_STATES = ["off", "opening", "open", "paused", "blocked"];
const MODES = ["one_note", "hands_free"];
const WHY = ["none", "not_allowed", "closed", "opening"];

const isText = (most) => (value) => typeof value === "string" && value.length <= most;
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isAmount = (value) => isNumber(value) && value >= 0;
const isYesOrNo = (value) => typeof value === "boolean";
const isOneOf = (values) => (value) => values.includes(value);
const orNull = (fits) => (value) => value === null || fits(value);

const isId = (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value);

const isVideo = exactly({ video: isId, title: isText(2000) });
const isNoVideo = exactly({ video: (value) => value === null, why: isOneOf(WHY), title: isText(2000), problem: orNull(isText(2000)) });

const SHAPES = {
  ticket: exactly({ ticket: isText(100) }),
  ticket_refused: exactly({ message: isText(2000) }),
  shown: exactly({ shown: (value) => isVideo(value) || isNoVideo(value) }),
  microphone: exactly({
    microphone: exactly({ state: isOneOf(MICROPHONE_STATES), problem: orNull(isText(2000)), mode: isOneOf(MODES), here: isYesOrNo }),
  }),
  level: exactly({ level: isAmount }),
  show_note: exactly({ note: isId }),
  playback: exactly({ position: isAmount, rate: isAmount, playing: isYesOrNo, duration: isAmount }),
};

/** Whether this page stands in a frame, as panel and popup do. */
export const isFramed = window.parent !== window && PLACES.includes(location.pathname);

class Bridge extends Emitter {
  /** Messages that were acted on. */
  handled = 0;
  #origin = null;
  #last = new Map();

  /** Speak with the parent if its origin is one of these; false where there is no such parent. */
  open(origins) {
    const parent = isFramed ? location.ancestorOrigins?.[0] : undefined;
    if (!parent || !origins.includes(parent)) return false;
    if (!this.#origin) addEventListener("message", (event) => this.#take(event));
    this.#origin = parent;
    return true;
  }

  /** Listen to one type of message; what was said last is told at once. */
  follow(type, listener) {
    if (this.#last.has(type)) listener(this.#last.get(type));
    return this.on((message) => message.type === type && listener(message));
  }

  post(message) {
    if (this.#origin) window.parent.postMessage(message, this.#origin);
  }

  #take({ source, origin, data }) {
    if (source !== window.parent || origin !== this.#origin || !isToFrame(data)) return;
    this.handled += 1;
    this.#last.set(data.type, data);
    this.tell(data);
  }
}

export const bridge = new Bridge();

function isToFrame(data) {
  if (typeof data !== "object" || data === null) return false;
  const { type, ...rest } = data;
  return typeof type === "string" && Object.hasOwn(SHAPES, type) && SHAPES[type](rest);
}

function exactly(shape) {
  const names = Object.keys(shape);
  return (value) =>
    typeof value === "object" && value !== null && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name) && shape[name](value[name]));
}
