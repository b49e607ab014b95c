/** Reads the range after the last one while that is computed with: images are decoded beside the GPU's work. */
import type { Dataset } from "./dataset.ts";

/**
 * The same data set; each read begins the next one of the same size, and takes what the last one began where it is that. At
 * most one range waits, and none from `end` on. What fails ahead is told when it is asked for.
 */
export function readAhead(dataset: Dataset, end = dataset.samples): Dataset {
  let ahead: { readonly start: number; readonly count: number; readonly values: ReturnType<Dataset["read"]> } | null =
    null;
  const take = (start: number, count: number) => {
    const begun = ahead;
    ahead = null;
    return begun?.start === start && begun.count === count ? begun.values : dataset.read(start, count);
  };
  return {
    ...dataset,
    hash: (samples) => dataset.hash(samples),
    async read(start, count) {
      const values = await take(start, count);
      const next = start + count;
      const more = Math.min(count, end - next);
      if (more > 0) {
        const reading = dataset.read(next, more);
        reading.catch(() => {});
        ahead = { start: next, count: more, values: reading };
      }
      return values;
    },
  };
}
