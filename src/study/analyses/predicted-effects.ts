/**
 * What gradients predict of ablations before any is measured: the first order of the loss in a unit's activation (Molchanov et
 * al. 2017, ICLR), on every sample, from one pass forward and back.
 */
import type { AblationSource } from "../../ablation/ablation.ts";
import { type Predicted, unpredicted } from "../../ablation/adaptive.ts";
import { LesionError } from "../../core/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ReplacementOptions } from "../../engine/site.ts";
import type { AnalysisDevice } from "./device.ts";
import { gradientsOf } from "./predictors.ts";

/** Samples of a pass, where as many fit. */
const BATCH = 64;

/** Predictions that are kept, of a unit on a sample each, at most; 4 bytes a prediction. */
const MOST_PREDICTIONS = 2 ** 27;

/**
 * Predicted rises of the loss, in nats, of ablations of one unit each on the samples of `dataset` in its order. Nothing is
 * predicted of accuracy, of other replacements than by zero and by a factor, of pre-activations, where gradients cannot go or do
 * not fit, and of more than memory should hold.
 * Rejects with `cancelled` where the run is stopped.
 */
export async function predictedEffects(
  device: AnalysisDevice,
  dataset: Dataset,
  ablations: AblationSource,
  by: "loss" | "accuracy",
): Promise<Predicted> {
  const all = Array.from({ length: ablations.count }, (_, row) => ablations.at(row));
  const changes = all.map(({ replacement, site }) => (site === "pre-activation" ? null : relativeChange(replacement)));
  const isTooMuch = ablations.count * dataset.samples > MOST_PREDICTIONS;
  if (by === "accuracy" || changes.includes(null) || isTooMuch) return unpredicted;
  const { ablatable } = device.opened.subject;
  const places = all.map(({ sites: [site] }) => ({
    layer: ablatable[site!.layerIndex]!.layer,
    unit: site!.units[0]!,
  }));
  const layers = [...new Set(places.map(({ layer }) => layer))];
  const options = { samples: dataset.samples, batch: BATCH, weights: false };
  const profiles = await gradientsOf(device, dataset, layers, options).catch((error) => {
    if (error instanceof LesionError && (error.code === "unsupported" || error.code === "out-of-memory")) return null;
    throw error;
  });
  if (!profiles) return unpredicted;
  const profileOf = new Map(profiles.map((profile) => [profile.layer, profile]));
  const sum = (row: number, start: number, samples: number) => {
    const { layer, unit } = places[row]!;
    const { products, units } = profileOf.get(layer)!;
    let total = 0;
    for (let sample = start; sample < start + samples; sample++) total += products[sample * units + unit]!;
    return changes[row]! * total;
  };
  const means = all.map((_, row) => sum(row, 0, dataset.samples) / dataset.samples);
  return { sum, mean: (row) => means[row]! };
}

/** By how much of itself a unit's activation grows; null where that is not told by the replacement alone. */
function relativeChange(replacement: ReplacementOptions): number | null {
  if (replacement.kind === "zero") return -1;
  return replacement.kind === "scale" ? replacement.factor - 1 : null;
}
