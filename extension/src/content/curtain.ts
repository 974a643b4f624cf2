/** What Lossy draws on a page is no part of a picture of it: it is hidden for the moment in which one is taken. */

const LIFTS_AFTER_MS = 1_000;
const hosts = new Set<HTMLElement>();
let lifting: ReturnType<typeof setTimeout> | undefined;

/** Have an element hidden in pictures of the tab. */
export function hideInPictures(host: HTMLElement): void {
  hosts.add(host);
}

/** Hide what is ours; resolves once the page is drawn without it. It comes back by itself. */
export async function dropCurtain(): Promise<void> {
  clearTimeout(lifting);
  lifting = setTimeout(liftCurtain, LIFTS_AFTER_MS);
  for (const host of hosts) host.style.visibility = "hidden";
  // The first call comes before the page is drawn, the second one after.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

export function liftCurtain(): void {
  clearTimeout(lifting);
  for (const host of hosts) host.style.visibility = "";
}
