/** Lossy may be put into a page twice: as the page is loaded, and by the reviewer's wish. One copy is enough. */

const page = globalThis as { lossyIsAlive?: () => boolean };

/** Whether no living copy is in this page yet; then this is the one, as long as `isAlive` says so. */
export function isFirst(isAlive: () => boolean): boolean {
  if (page.lossyIsAlive?.()) return false;
  page.lossyIsAlive = isAlive;
  return true;
}
