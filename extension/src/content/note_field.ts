/**
 * A small field on the video in which a note is typed, for the moment at which it was asked for. While it is open no
 * key reaches the page: its shortcuts would play and seek with every letter.
 */
import { timeCode } from "lossy/format.js";

const MOST_CHARACTERS = 200;
const KEYS = ["keydown", "keypress", "keyup"];

export interface NoteFieldWishes {
  /** Keep what was typed; gives what is in its way, in the reviewer's words. */
  save: (text: string, position: number) => Promise<string | null>;
  /** The field is open, or not any more. */
  opened: (isOpen: boolean) => void;
}

export class NoteField {
  readonly element = document.createElement("div");
  #code = document.createElement("b");
  #input = document.createElement("input");
  #problem = document.createElement("p");
  #position = 0;
  #life: AbortController | null = null;

  constructor(private readonly wishes: NoteFieldWishes) {
    this.element.className = "field";
    this.element.hidden = true;
    Object.assign(this.#input, { type: "text", maxLength: MOST_CHARACTERS, placeholder: "What do you see?" });
    this.#input.setAttribute("aria-label", "Note at this time");
    this.#problem.setAttribute("role", "alert");
    this.element.append(this.#code, this.#input, this.#problem);
    this.#input.addEventListener("blur", () => this.#input.value.trim() || this.close());
  }

  get isOpen(): boolean {
    return this.#life !== null;
  }

  open(position: number): void {
    if (this.isOpen) return this.#input.focus();
    this.#life = new AbortController();
    const { signal } = this.#life;
    for (const type of KEYS)
      addEventListener(type, (event) => this.#key(event as KeyboardEvent), { capture: true, signal });
    this.#position = position;
    this.#code.textContent = timeCode(position);
    [this.#input.value, this.#problem.textContent, this.element.hidden] = ["", "", false];
    this.wishes.opened(true);
    this.#input.focus();
  }

  close(): void {
    if (!this.#life) return;
    this.#life.abort();
    this.#life = null;
    this.element.hidden = true;
    this.wishes.opened(false);
  }

  #key(event: KeyboardEvent): void {
    event.stopImmediatePropagation();
    if (!event.isTrusted || event.type !== "keydown" || event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter") void this.#save();
  }

  async #save(): Promise<void> {
    const text = this.#input.value.trim();
    if (!text) return this.close();
    this.#input.disabled = true;
    const problem = await this.wishes.save(text, this.#position);
    this.#input.disabled = false;
    this.#problem.textContent = problem;
    if (problem === null) this.close();
    else this.#input.focus();
  }
}
