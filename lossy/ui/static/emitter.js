/** Something that others listen to; `on` gives back the way to stop. */
export class Emitter {
  #listeners = new Set();

  on(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(news) {
    for (const listener of [...this.#listeners]) listener(news);
  }
}
