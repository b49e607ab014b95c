/** The map of a study's samples, by their inputs alone: made once a data set, and stored with the run. */
import { embed } from "../../ablation/embedding/embed.ts";
import type { EmbeddingOptions } from "../analysis-options.ts";
import { type AnalysisDevice, progressOf } from "./device.ts";
import { unlessStopped } from "./predictors.ts";

export async function embedding(device: AnalysisDevice, options: EmbeddingOptions): Promise<void> {
  if (device.earlier.some((record) => record.name === "embedding" && record.method === options.method)) return;
  const { gpu, opened, proceed } = device;
  const { study, dataset, dataHash } = opened;
  const progress = progressOf(device, `the map of the samples, ${options.method}`);
  const map = unlessStopped(
    await embed(gpu, dataset, options, study.seed, async (done, total) => {
      progress(done, total);
      return proceed();
    }),
  );
  const { method } = options;
  device.write([
    {
      type: "analysis",
      name: "embedding",
      method,
      points: map.points,
      labels: [...dataset.labels.subarray(0, map.n)],
      n: map.n,
      perplexity: method === "tsne" ? options.perplexity : null,
      neighbors: method === "umap" ? options.neighbors : null,
      iterations: map.iterations,
      components: map.components,
      explained: map.explained,
      divergence: map.divergence,
      seed: study.seed,
      data: dataHash,
    },
  ]);
}
