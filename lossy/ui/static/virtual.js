/** Which of many items of different heights to draw: sums and a search, no DOM. */

export class Heights {
  #known = new Map();
  #tops = [0];
  #ids = [];
  #places = new Map();
  #changedFrom = Infinity;

  constructor(guess, gap) {
    this.guess = guess;
    this.gap = gap;
  }

  /** Take the order of the items; gives the height of all. */
  order(ids) {
    this.#ids = ids;
    this.#places = new Map(ids.map((id, place) => [id, place]));
    this.#tops = new Array(ids.length + 1).fill(0);
    this.#sum(0);
    return this.total;
  }

  /** Learn a measured height; true when it was another one before. */
  learn(id, height) {
    if (this.#known.get(id) === height) return false;
    this.#known.set(id, height);
    this.#changedFrom = Math.min(this.#changedFrom, this.#places.get(id) ?? Infinity);
    return true;
  }

  /** Take what was learnt into the sums. */
  resum() {
    this.#sum(this.#changedFrom);
  }

  get total() {
    return this.#tops[this.#ids.length];
  }

  top(index) {
    return this.#tops[index];
  }

  bottom(index) {
    return this.#tops[index + 1] - this.gap;
  }

  /** First and one-past-last index that touch the pixels from `start` to `end`. */
  range(start, end) {
    const count = this.#ids.length;
    const first = Math.max(0, this.#search(start) - 1);
    let last = first;
    while (last < count && this.#tops[last] < end) last += 1;
    return [first, last];
  }

  #search(pixel) {
    let [low, high] = [0, this.#ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle] < pixel) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #sum(from) {
    for (let i = from; i < this.#ids.length; i += 1) {
      this.#tops[i + 1] = this.#tops[i] + (this.#known.get(this.#ids[i]) ?? this.guess) + this.gap;
    }
    this.#changedFrom = Infinity;
  }
}
