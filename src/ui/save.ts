/**
 * Hands results to the browser as files. Text is made a few milliseconds at a time, so that exporting 100,000 rows leaves
 * the page alive.
 */

/** Saves bytes or text under a name. */
export function save(name: string, parts: readonly BlobPart[], type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download reads the address after this task; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** All pieces, with a pause for the page after every `budgetMs` of work. */
export async function collected<Piece>(pieces: Iterable<Piece>, budgetMs = 10): Promise<Piece[]> {
  const parts: Piece[] = [];
  let started = performance.now();
  for (const piece of pieces) {
    parts.push(piece);
    if (performance.now() - started < budgetMs) continue;
    await new Promise((resolve) => setTimeout(resolve));
    started = performance.now();
  }
  return parts;
}
