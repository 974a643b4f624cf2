/** What stands on the video: the anchor chip, what it is about, ghosts to keep or scratch, and marks on its time line. */
import { TOPICS, timeCode } from "lossy/format.js";
import type { OverlayChange, OverlayNote } from "../shared/messages.ts";
import type { MicrophoneState, Topic } from "../shared/wire.ts";
import { NoteField } from "./note_field.ts";
import { OverlayNotes, opacityOf, placeOn } from "./overlay_notes.ts";
import { findProgressBar, isInSight } from "./progress_bar.ts";
import { Stage } from "./stage.ts";

const WORDS: Record<MicrophoneState, string> = {
  off: "",
  opening: "opening the microphone",
  open: "listening",
  paused: "paused",
  blocked: "microphone blocked",
};
const SAVED_MS = 1_600;
const TOPIC_MS = 3_700;
const FIND_BAR_EVERY_MS = 1_000;
const WATCH_EVERY_MS = 400;

/** What the overlays ask for. */
export interface Wishes {
  decide(turn: string, action: "confirm" | "cancel"): void;
  showNote(note: OverlayNote): void;
  /** Keep what was typed; gives what is in its way. */
  save(text: string, position: number): Promise<string | null>;
  /** Somebody types, or not any more. */
  types(isTyping: boolean): void;
}

export class Overlays {
  #stage = new Stage(() => this.#draw());
  #notes = new OverlayNotes();
  #video: HTMLVideoElement | null = null;
  #state: MicrophoneState = "off";
  #thinking = false;
  #savedUntil = 0;
  #topicUntil = 0;
  #chip = make("div", "chip");
  #code = make("b");
  #words = make("span");
  #topic = make("div", "topic");
  #ghosts = make("div", "ghosts");
  #marks = make("div", "marks");
  #preview = make("div", "preview");
  #field: NoteField;
  #bar: Element | null = null;
  #barSoughtAt = Number.NEGATIVE_INFINITY;
  #drawn = "";
  #watching: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly position: () => number,
    private readonly wishes: Wishes,
  ) {
    this.#chip.setAttribute("role", "status");
    this.#chip.append(make("i"), this.#code, this.#words);
    this.#preview.hidden = true;
    this.#field = new NoteField({
      save: async (text, position) => {
        const problem = await this.wishes.save(text, position);
        if (problem === null) this.#savedUntil = performance.now() + SAVED_MS;
        return problem;
      },
      opened: (isOpen) => {
        this.wishes.types(isOpen);
        this.#settle();
      },
    });
    this.#stage.root.append(this.#chip, this.#topic, this.#ghosts, this.#marks, this.#preview, this.#field.element);
  }

  /** Open the field for a typed note, at this moment. */
  askNote(): void {
    if (this.#video) this.#field.open(this.position());
  }

  /** Stand on this video from now on, or on none. */
  attach(video: HTMLVideoElement | null): void {
    if (video === this.#video) return;
    this.#video = video;
    [this.#bar, this.#barSoughtAt, this.#drawn] = [null, Number.NEGATIVE_INFINITY, ""];
    if (!video) this.#field.close();
    this.#settle();
  }

  /** Show how the microphone stands. */
  listen(state: MicrophoneState): void {
    this.#state = state;
    this.#settle();
  }

  take(change: OverlayChange): void {
    const { kept } = this.#notes.take(change);
    if (change.thinking !== undefined) this.#thinking = change.thinking;
    if (kept) this.#savedUntil = performance.now() + SAVED_MS;
    if (change.topic) this.#showTopic(change.topic);
    if (change.reset || change.put || change.drop) this.#drawNotes();
    this.#settle();
  }

  /** The tab's words are about another frame's video: nothing is to be shown here. */
  clear(): void {
    this.#notes.clear();
    [this.#state, this.#thinking, this.#savedUntil, this.#topicUntil] = ["off", false, 0, 0];
    this.#drawNotes();
    this.#settle();
  }

  destroy(): void {
    this.#field.close();
    clearInterval(this.#watching);
    this.#stage.destroy();
  }

  get #isSaved(): boolean {
    return performance.now() < this.#savedUntil;
  }

  get #hasChip(): boolean {
    return this.#state !== "off" || this.#thinking || this.#isSaved;
  }

  get #isWanted(): boolean {
    if (!this.#video) return false;
    if (
      this.#hasChip ||
      this.#field.isOpen ||
      this.#ghosts.childElementCount > 0 ||
      performance.now() < this.#topicUntil
    )
      return true;
    return this.#marks.childElementCount > 0 && this.#progressBar(this.#video) !== null;
  }

  #settle(): void {
    const isWanted = this.#isWanted;
    if (isWanted) this.#stage.show();
    else this.#stage.hide();
    if (isWanted) this.#draw();
    // A player shows its bar without a word to anybody.
    clearInterval(this.#watching);
    if (!isWanted && this.#video && this.#marks.childElementCount > 0)
      this.#watching = setInterval(() => this.#isWanted && this.#settle(), WATCH_EVERY_MS);
  }

  #draw(): void {
    const video = this.#video;
    if (!video) return;
    const box = video.getBoundingClientRect();
    const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)];
    const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
    const isInWindow = right - left > 40 && bottom - top > 40;
    this.#drawChip(isInWindow);
    this.#topic.hidden = !isInWindow || performance.now() > this.#topicUntil;
    this.#ghosts.hidden = !isInWindow;
    const drawn = `${left} ${top} ${right} ${bottom}`;
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      place(this.#chip, { left: left + 14, top: top + 14 });
      place(this.#topic, { right: innerWidth - right + 14, top: top + 14 });
      place(this.#ghosts, { left: left + 14, bottom: innerHeight - bottom + Math.min(76, (bottom - top) / 4) });
      place(this.#field.element, { left: left + 14, top: top + 54 });
      this.#field.element.style.width = `${Math.min(440, right - left - 28)}px`;
      this.#ghosts.style.maxWidth = `${Math.min(440, right - left - 28)}px`;
    }
    this.#drawMarks(video);
    if (!this.#isWanted) this.#settle();
  }

  #drawChip(isInWindow: boolean): void {
    const state = this.#isSaved ? "saved" : this.#thinking ? "thinking" : this.#state;
    const words = state === "saved" ? "saved" : state === "thinking" ? "thinking" : WORDS[this.#state];
    this.#chip.hidden = !isInWindow || !this.#hasChip;
    if (this.#chip.dataset.state !== state) this.#chip.dataset.state = state;
    write(this.#words, words);
    write(this.#code, timeCode(this.position()));
  }

  #showTopic(topic: Topic): void {
    const { emoji, name } = TOPICS[topic];
    const shown = make("span", "shown");
    shown.append(make("span", "emoji", emoji), name);
    this.#topic.replaceChildren(shown); // a new element: it fades in anew
    this.#topicUntil = performance.now() + TOPIC_MS;
  }

  #drawNotes(): void {
    this.#ghosts.replaceChildren(...this.#notes.ghosts.map((note) => this.#ghost(note)));
    this.#marks.replaceChildren(...this.#notes.marks.map((note) => this.#mark(note)));
    this.#preview.hidden = true;
  }

  #ghost(note: OverlayNote): HTMLElement {
    const ghost = make("div", "ghost");
    ghost.style.setProperty("--sure", String(opacityOf(note)));
    ghost.append(make("b", "", timeCode(note.start)), make("p", "", note.text));
    const { turn } = note;
    if (turn) {
      const keep = button("✓", "Keep this note", () => this.wishes.decide(turn, "confirm"));
      ghost.append(
        keep,
        button("✕", "Scratch this note", () => this.wishes.decide(turn, "cancel")),
      );
    }
    return ghost;
  }

  #mark(note: OverlayNote): HTMLElement {
    const mark = button("", `${timeCode(note.start)} ${note.text}`, () => this.wishes.showNote(note));
    mark.className = "mark";
    mark.dataset.category = note.category;
    mark.dataset.start = String(note.start);
    if (note.end !== null) mark.dataset.end = String(note.end);
    mark.addEventListener("pointerenter", () => this.#showPreview(mark, note));
    mark.addEventListener("pointerleave", () => (this.#preview.hidden = true));
    return mark;
  }

  #showPreview(mark: HTMLElement, note: OverlayNote): void {
    this.#preview.replaceChildren(make("b", "", timeCode(note.start)), make("p", "", note.text));
    this.#preview.hidden = false;
    const at = mark.getBoundingClientRect();
    const { width } = this.#preview.getBoundingClientRect();
    const left = Math.max(8, Math.min(innerWidth - width - 8, at.left + at.width / 2 - width / 2));
    place(this.#preview, { left, bottom: innerHeight - at.top + 6 });
  }

  #drawMarks(video: HTMLVideoElement): void {
    const bar = this.#marks.childElementCount ? this.#progressBar(video) : null;
    this.#marks.hidden = bar === null;
    if (!bar) {
      this.#preview.hidden = true;
      return;
    }
    const { left, top, width } = bar.getBoundingClientRect();
    const drawn = `${left} ${top} ${width} ${video.duration}`;
    if (this.#marks.dataset.drawn === drawn && this.#marks.dataset.count === String(this.#marks.childElementCount))
      return;
    [this.#marks.dataset.drawn, this.#marks.dataset.count] = [drawn, String(this.#marks.childElementCount)];
    for (const mark of this.#marks.children as HTMLCollectionOf<HTMLElement>) {
      const begin = placeOn(Number(mark.dataset.start), video.duration);
      const end = mark.dataset.end ? placeOn(Number(mark.dataset.end), video.duration) : begin;
      mark.hidden = begin === null;
      if (begin === null) continue;
      place(mark, { left: left + width * begin, bottom: innerHeight - top + 1 });
      mark.style.setProperty("--long", `${Math.round(width * ((end ?? begin) - begin))}px`);
    }
  }

  #progressBar(video: HTMLVideoElement): Element | null {
    const now = performance.now();
    if (now - this.#barSoughtAt > FIND_BAR_EVERY_MS) {
      this.#barSoughtAt = now;
      this.#bar = findProgressBar(video);
    }
    return this.#bar && isInSight(this.#bar) ? this.#bar : null;
  }
}

function make(name: string, className = "", text = ""): HTMLElement {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** A button that only people press: a page's scripts can't. */
function button(text: string, label: string, press: () => void): HTMLElement {
  const made = make("button", "", text);
  made.setAttribute("aria-label", label);
  made.tabIndex = -1;
  made.addEventListener("click", (event) => event.isTrusted && press());
  return made;
}

function place(element: HTMLElement, at: { left?: number; right?: number; top?: number; bottom?: number }): void {
  for (const [side, px] of Object.entries(at)) element.style.setProperty(side, `${px}px`);
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
