/** UMAP (McInnes, Healy and Melville 2018) by umap-js, which is loaded when it is asked for. */
import { nextTask } from "../../core/next-task.ts";
import { random } from "../../core/random.ts";
import type { TsneProgress } from "../../engine/tsne.ts";

export interface UmapOptions {
  /** Nearest points that a point is tied to; fewer than there are points. */
  readonly neighbors: number;
  /** Epochs of the descent. */
  readonly iterations: number;
  readonly seed: number;
}

/** Epochs take so long before other tasks have their turn. */
const TURN_MS = 50;

/**
 * A map [points, 2] of scores [points, dims]. Null where `progress`, asked some times a second, said stop; the search for
 * neighbours before the first epoch is not interrupted. Every number drawn comes from the seed.
 */
export async function embedUmap(
  scores: Float32Array,
  points: number,
  dims: number,
  { neighbors, iterations, seed }: UmapOptions,
  progress: TsneProgress,
): Promise<Float32Array | null> {
  const { UMAP } = await import("umap-js");
  const draw = random(seed, "umap");
  const umap = new UMAP({ nNeighbors: neighbors, nEpochs: iterations, random: () => draw.uniform() });
  const rows = Array.from({ length: points }, (_, i) => Array.from(scores.subarray(i * dims, (i + 1) * dims)));
  umap.initializeFit(rows);
  let turnMs = performance.now();
  for (let epoch = 0; epoch < iterations; epoch++) {
    umap.step();
    if (performance.now() - turnMs < TURN_MS) continue;
    if (!(await progress(epoch + 1, iterations))) return null;
    await nextTask();
    turnMs = performance.now();
  }
  return Float32Array.from(umap.getEmbedding().flat());
}
