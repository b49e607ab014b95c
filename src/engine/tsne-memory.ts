/** What a t-SNE map takes of memory and of time, told before it is begun. */
import { BANDWIDTH_STEPS, bandsBytes } from "../kernels/tsne-bandwidth.ts";
import { points4Of } from "../kernels/tsne-columns.ts";
import { forcesBytes } from "../kernels/tsne-forces.ts";
import { TSNE_TOTALS } from "../kernels/tsne-total.ts";

/** Floating-point operations a pair of points; an exponential, a logarithm or a division counts for what it takes. */
export const PAIR_OPERATIONS = { distance: 3, bandwidth: 20, affinities: 40, forces: 20, divergence: 40 } as const;

/** Bytes of GPU memory at the most: the probabilities, 4 n^2, and little besides. */
export function tsneBytes(points: number, dims: number, isProcessor: boolean): number {
  const perPoint = 16 * points4Of(points);
  const scores = dims * perPoint;
  // y, velocity and gain are pairs; the divergence has one of the five fields that the forces have.
  const descent = 3 * 2 * perPoint + forcesBytes(points, isProcessor) * (1 + 1 / 5) + TSNE_TOTALS * 4;
  return 4 * points4Of(points) * perPoint + bandsBytes(points) + scores + descent;
}

/** Floating-point operations of a whole map. */
export function tsneOperations(points: number, dims: number, iterations: number): number {
  const { distance, bandwidth, affinities, forces, divergence } = PAIR_OPERATIONS;
  const once = distance * dims + bandwidth * BANDWIDTH_STEPS + affinities + forces + divergence;
  return points ** 2 * (once + forces * iterations);
}
