/** The few things that all sections of the options page do with its elements. */

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id} on this page.`);
  return found as T;
}

export function say(id: string, words: string, tone: "" | "ok" | "bad" = ""): void {
  const line = element(id);
  line.textContent = words;
  line.dataset.tone = tone;
}

/** Do something that the person asked for, with its button held; what fails is said on the line `id`. */
export async function attempt(id: string, control: HTMLButtonElement | null, work: () => Promise<void>): Promise<void> {
  if (control) control.disabled = true;
  try {
    await work();
  } catch (error) {
    say(id, (error as Error).message, "bad");
  } finally {
    if (control) control.disabled = false;
  }
}
