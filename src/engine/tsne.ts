/**
 * t-SNE on the GPU (van der Maaten and Hinton 2008), exact: every pair of points, every iteration. The probabilities are kept,
 * [n, n] in blocks of columns; everything else is small. Same seed, same adapter, same map: all sums have their order.
 */
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { storageBytes } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { TsneDescent } from "./tsne-descent.ts";
import { tsneBytes } from "./tsne-memory.ts";

export interface TsneOptions {
  /** Effective number of neighbours; less than a third of the points. */
  readonly perplexity: number;
  readonly iterations: number;
  readonly seed: number;
  /** [points, 2]: where the map begins; null: at the first two of the scores' dimensions, made small. */
  readonly initial: Float32Array | null;
}

export interface TsneMap {
  /** [points, 2], their mean 0. */
  readonly points: Float32Array;
  /** Kullback-Leibler divergence of the map from the data, in nats. */
  readonly divergence: number;
}

/** Asked some times a second with the iterations that are done; resolves to false where the work is to stop. */
export type TsneProgress = (iteration: number, total: number) => Promise<boolean>;

/** Until here the clusters are drawn together by `EXAGGERATION`, of longer descents. */
const EARLY_ITERATIONS = 250;
const EXAGGERATION = 12;

/** What an iteration is done with: early exaggeration with little momentum, for at most a quarter of the descent; then neither. */
export function tsneSchedule(iteration: number, iterations: number) {
  const isEarly = iteration < Math.min(EARLY_ITERATIONS, Math.floor(iterations / 4));
  return isEarly ? { exaggeration: EXAGGERATION, momentum: 0.5 } : { exaggeration: 1, momentum: 0.8 };
}

/**
 * n over the exaggeration (Belkina et al. 2019), a quarter of it because the gradient here has its factor 4, and 50 at least:
 * "auto" of scikit-learn.
 */
export function tsneLearningRate(points: number): number {
  return Math.max(points / EXAGGERATION / 4, 50);
}

/**
 * The first two dimensions of scores [points, dims], scaled to a deviation of 1e-4 of the first (Kobak and Berens 2019); moved
 * at random by a hundredth of that, so that equal points part and a single dimension gets a second.
 */
export function tsneInitial(scores: Float32Array, points: number, dims: number, seed: number): Float32Array {
  let mean = 0;
  for (let i = 0; i < points; i++) mean += scores[i * dims]! / points;
  let variance = 0;
  for (let i = 0; i < points; i++) variance += (scores[i * dims]! - mean) ** 2 / points;
  const scale = variance > 0 ? 1e-4 / Math.sqrt(variance) : 0;
  const draw = random(seed, "t-SNE");
  return Float32Array.from({ length: 2 * points }, (_, at) => {
    const axis = at % 2;
    const score = axis < dims ? scores[(at >> 1) * dims + axis]! : 0;
    return scale * score + 1e-6 * draw.normal();
  });
}

/** Throws `bad-study` where a perplexity does not suit a number of points. */
export function checkPerplexity(perplexity: number, points: number): void {
  if (perplexity >= 1 && 3 * perplexity < points) return;
  throw new LesionError("bad-study", `a perplexity of ${perplexity} does not suit ${points} points`, {
    where: "perplexity",
    fix: `Choose 1 or more, and less than a third of the points (${(points / 3).toFixed(1)}), or use more points.`,
  });
}

/**
 * A map of `points` points from their scores [points, dims], such as principal components. Null where `progress` said stop.
 * Throws `bad-study` for a perplexity beyond a third of the points, `out-of-memory` before anything is allocated.
 */
export async function embedTsne(
  gpu: Gpu,
  scores: Float32Array,
  points: number,
  dims: number,
  options: TsneOptions,
  progress: TsneProgress,
): Promise<TsneMap | null> {
  const { perplexity, iterations, seed } = options;
  checkPerplexity(perplexity, points);
  checkMemory(gpu, tsneBytes(points, dims, gpu.isProcessor));
  const initial = options.initial ?? tsneInitial(scores, points, dims, seed);
  using descent = new TsneDescent(gpu, points, initial);
  if (!(await descent.prepare(scores, dims, perplexity, () => progress(0, iterations)))) return null;
  const rate = tsneLearningRate(points);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const settings = { ...tsneSchedule(iteration, iterations), rate };
    if (!(await descent.step(settings, () => progress(iteration, iterations)))) return null;
  }
  const map = await descent.read(() => progress(iterations, iterations));
  return map && { points: centred(map.points), divergence: map.divergence };
}

function checkMemory({ arena }: Gpu, neededBytes: number): void {
  const freeBytes = arena.budgetBytes - arena.allocatedBytes;
  if (storageBytes(neededBytes) <= freeBytes) return;
  throw new LesionError("out-of-memory", `t-SNE needs ${neededBytes} bytes; ${freeBytes} of the budget are free`, {
    where: "embedding",
    fix: "Use fewer points, raise the memory budget (--memory), or choose the method umap or pca.",
    detail: { neededBytes, freeBytes },
  });
}

/** [n, 2] with the mean of each column taken off. */
export function centred(points: Float32Array): Float32Array {
  const means = [0, 0];
  for (const [at, value] of points.entries()) means[at % 2]! += (2 * value) / points.length;
  return points.map((value, at) => value - means[at % 2]!);
}
