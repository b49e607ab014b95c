/** Parts and counts of a data set that an evaluation needs: the first so many samples, and how many each class has. */

import { LesionError } from "../core/errors.ts";
import { type Dataset, featuresOf } from "./dataset.ts";

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

/** The same samples in another order: sample n is sample `order[n]`. Each is read by itself. */
export function reordered(dataset: Dataset, order: ArrayLike<number>): Dataset {
  const features = featuresOf(dataset);
  return {
    ...dataset,
    samples: order.length,
    labels: Uint16Array.from(order, (sample) => dataset.labels[sample]!),
    async read(start, count) {
      const values = new (dataset.stored === "bytes" ? Uint8Array : Float32Array)(count * features);
      for (let n = 0; n < count; n++) values.set(await dataset.read(order[start + n]!, 1), n * features);
      return values;
    },
  };
}
