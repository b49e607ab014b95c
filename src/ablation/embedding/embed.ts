/**
 * The map of a data set: a place on a plane for each sample, by its raw stored values alone, so that it is the same for every
 * network and every transform. Principal components first, then t-SNE or UMAP of these (Meyes et al. 2019, their figure of
 * samples lost and gained).
 */
import { LesionError } from "../../core/errors.ts";
import { nextTask } from "../../core/next-task.ts";
import { type Dataset, featuresOf } from "../../data/dataset.ts";
import { readAhead } from "../../data/read-ahead.ts";
import { centred, checkPerplexity, embedTsne, type TsneProgress } from "../../engine/tsne.ts";
import type { Gpu } from "../../gpu/device.ts";
import { type PrincipalComponents, principalComponents } from "./pca.ts";
import { embedUmap } from "./umap.ts";

export interface EmbeddingSettings {
  readonly method: "tsne" | "umap" | "pca";
  /** Of t-SNE: effective number of neighbours; less than a third of the samples. */
  readonly perplexity: number;
  /** Of UMAP: nearest samples, fewer than there are. */
  readonly neighbors: number;
  /** Of t-SNE, or epochs of UMAP. */
  readonly iterations: number;
  /** Principal components that distances are taken in; of the method "pca" always two. */
  readonly components: number;
  /** Samples at most, the first of the data. */
  readonly points: number;
}

export interface Embedding {
  /** [n, 2], their mean 0, rounded to four decimals. */
  readonly points: readonly number[];
  readonly n: number;
  /** Principal components that were taken: no more than features or samples. */
  readonly components: number;
  /** Share of the variance that they keep. */
  readonly explained: number;
  /** Iterations done: none of the method "pca". */
  readonly iterations: number;
  /** Kullback-Leibler divergence in nats; null but of t-SNE. */
  readonly divergence: number | null;
}

/**
 * Places the first samples of a data set; every number drawn comes from the seed. `progress` is asked some times a second;
 * null where it said stop. Throws `bad-study` where perplexity or neighbors do not suit the number of samples, `bad-data` for
 * samples that are all the same or not finite, `out-of-memory` for more than fits.
 */
export async function embed(
  gpu: Gpu,
  dataset: Dataset,
  settings: EmbeddingSettings,
  seed: number,
  progress: TsneProgress,
): Promise<Embedding | null> {
  const { method, iterations } = settings;
  const n = Math.min(settings.points, dataset.samples);
  checkSettings(settings, n);
  const values = await readValues(dataset, n);
  const total = method === "pca" ? 1 : iterations;
  const components = method === "pca" ? 2 : settings.components;
  const found = await componentsUnlessStopped(values, n, featuresOf(dataset), components, () => progress(0, total));
  if (!found) return null;
  const { scores, count, explained } = found;
  const map = await place(gpu, { scores, n, count }, { ...settings, seed }, progress);
  if (!map) return null;
  const points = Array.from(centred(map.points), (value) => Math.round(value * 1e4) / 1e4 + 0);
  const done = method === "pca" ? 0 : iterations;
  return { points, n, components: count, explained, iterations: done, divergence: map.divergence };
}

/** Principal components; null where `proceed` said stop. */
async function componentsUnlessStopped(
  values: Float32Array,
  n: number,
  features: number,
  components: number,
  proceed: () => Promise<boolean>,
): Promise<PrincipalComponents | null> {
  const stopped = new LesionError("cancelled", "the map was stopped");
  const turn = async () => {
    if (!(await proceed())) throw stopped;
    await nextTask();
  };
  try {
    await turn();
    return await principalComponents(values, n, features, components, turn);
  } catch (error) {
    if (error === stopped) return null;
    throw error;
  }
}

async function place(
  gpu: Gpu,
  { scores, n, count }: { readonly scores: Float32Array; readonly n: number; readonly count: number },
  settings: EmbeddingSettings & { readonly seed: number },
  progress: TsneProgress,
): Promise<{ readonly points: Float32Array; readonly divergence: number | null } | null> {
  switch (settings.method) {
    case "tsne":
      return embedTsne(gpu, scores, n, count, { ...settings, initial: null }, progress);
    case "umap": {
      const points = await embedUmap(scores, n, count, settings, progress);
      return points && { points, divergence: null };
    }
    case "pca": {
      const axis = (at: number) => (at % 2 < count ? scores[(at >> 1) * count + (at % 2)]! : 0);
      return { points: Float32Array.from({ length: 2 * n }, (_, at) => axis(at)), divergence: null };
    }
  }
}

function checkSettings({ method, perplexity, neighbors }: EmbeddingSettings, n: number): void {
  if (method === "tsne") checkPerplexity(perplexity, n);
  if (method !== "umap" || (neighbors >= 2 && neighbors < n)) return;
  throw new LesionError("bad-study", `${neighbors} neighbours do not suit ${n} samples`, {
    where: "neighbors",
    fix: `Choose 2 to ${n - 1}, or use more points.`,
  });
}

/** Numbers that are read at the most: 1 GiB, and again as much for their centred copy. */
const MOST_VALUES = 2 ** 28;
const READ_SAMPLES = 256;

/** The first `n` samples, [n, features]: bytes over 255, floats as they are. */
async function readValues(dataset: Dataset, n: number): Promise<Float32Array> {
  const features = featuresOf(dataset);
  if (n * features > MOST_VALUES) {
    throw new LesionError(
      "out-of-memory",
      `a map of ${n} samples of ${features} numbers needs ${8 * n * features} bytes`,
      {
        where: "points",
        fix: `Use ${Math.floor(MOST_VALUES / features)} points or fewer.`,
      },
    );
  }
  const values = new Float32Array(n * features);
  const source = readAhead(dataset, n);
  const scale = dataset.stored === "bytes" ? 1 / 255 : 1;
  for (let start = 0; start < n; start += READ_SAMPLES) {
    const count = Math.min(READ_SAMPLES, n - start);
    const stored = await source.read(start, count);
    for (let at = 0; at < count * features; at++) values[start * features + at] = stored[at]! * scale;
  }
  checkValues(dataset, values, features);
  return values;
}

function checkValues({ name }: Dataset, values: Float32Array, features: number): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new LesionError("bad-data", `sample ${Math.floor(wrong / features)} of ${name} holds ${values[wrong]}`, {
      where: name,
      fix: "Remove what is not a finite number from the data.",
    });
  }
  if (values.some((value, at) => value !== values[at % features])) return;
  throw new LesionError("bad-data", `the first ${values.length / features} samples of ${name} are all the same`, {
    where: name,
    fix: "Map more points, or data that differ.",
  });
}
