/** Accuracies as people read them: never without the number of samples and the interval that go with it. */
import { wilson } from "../study/summary.ts";
import { grouped } from "./units-of-measure.ts";

/** "94.64 % (9,464 of 10,000; 95 % interval 94.18 to 95.06)" */
export function accuracyText(correct: number, samples: number): string {
  const { low, high } = wilson(correct, samples);
  const interval = `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)}`;
  return `${percent(correct / samples)} (${grouped(correct)} of ${grouped(samples)}; 95 % interval ${interval})`;
}

/** "94.64 %" of a share of 0 to 1. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
