/**
 * Words while they are spoken, by LocalAgreement-2 (Macháček et al., 2023): what two hypotheses in a row begin with is
 * stable and stays; the rest may change.
 */
export class Agreement {
  #stable: string[] = [];
  #before: string[] = [];

  hear(text: string): { stable: string; unstable: string } {
    const words = text.split(/\s+/).filter(Boolean);
    let agreed = this.#stable.length;
    while (agreed < words.length && isSame(words[agreed], this.#before[agreed])) agreed += 1;
    this.#stable = [...this.#stable, ...words.slice(this.#stable.length, agreed)];
    this.#before = words;
    return { stable: this.#stable.join(" "), unstable: words.slice(this.#stable.length).join(" ") };
  }
}

const bare = (word: string | undefined) => word?.toLowerCase().replace(/[^\p{L}\p{N}']/gu, "");
const isSame = (one: string | undefined, other: string | undefined) => one !== undefined && bare(one) === bare(other);
