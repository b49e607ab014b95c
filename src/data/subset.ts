/** Parts and counts of a data set that an evaluation needs: the first so many samples, and how many each class has. */

import { LesionError } from "../core/errors.ts";
import type { Dataset } from "./dataset.ts";

/**
 * The first `limit` samples, read as those of the whole set; all of them where `limit` is null or not less than there are.
 * Throws `bad-study` for a limit that is not a whole number above 0.
 */
export function firstSamples(dataset: Dataset, limit: number | null): Dataset {
  if (limit === null) return dataset;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new LesionError("bad-study", `data.limit is ${limit}; it must be a whole number of samples, 1 or more`, {
      where: "data.limit",
      fix: `Set data.limit to 1 .. ${dataset.samples}, or to null for all samples.`,
    });
  }
  if (limit >= dataset.samples) return dataset;
  return { ...dataset, samples: limit, labels: dataset.labels.subarray(0, limit) };
}

/** Samples of each class: [classes]. */
export function classSamples(dataset: Dataset): number[] {
  const counts = new Array<number>(dataset.classes).fill(0);
  for (const label of dataset.labels) counts[label] = counts[label]! + 1;
  return counts;
}
