/**
 * Values of predictors of importance, by unit, whatever they are made of: weights, activations, or gradients. Layers that are
 * asked for together go through the network together, once for activations and once for gradients.
 */
import {
  apoz,
  maxActivation,
  meanActivation,
  mutualInformation,
  selectivity,
  stdActivation,
} from "../../ablation/importance/activations.ts";
import { fisher, gradientWeight, snip, taylor, taylorGate, taylorWeight } from "../../ablation/importance/gradients.ts";
import { LesionError } from "../../core/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { compileGraph } from "../../engine/graph/compiled-graph.ts";
import { type ActivationProfile, profileActivations } from "../../engine/probe/activation-profile.ts";
import { type GradientProfile, profileGradients } from "../../engine/probe/gradients.ts";
import type { ProbeSource } from "../../engine/probe/source.ts";
import { logitsNetwork } from "../../network/logits.ts";
import type { Predictor, WEIGHT_PREDICTORS } from "../predictor-names.ts";
import type { LayerSummary } from "../records.ts";
import type { AnalysisDevice } from "./device.ts";
import { isWeightPredictor, needsInitial, weightPredictor } from "./weight-predictors.ts";

const ACTIVATION_PREDICTORS = [
  "mean-activation",
  "std-activation",
  "max-activation",
  "apoz",
  "selectivity",
  "mutual-information",
] as const satisfies readonly Predictor[];
type ActivationPredictor = (typeof ACTIVATION_PREDICTORS)[number];
type GradientPredictor = Exclude<Predictor, ActivationPredictor | (typeof WEIGHT_PREDICTORS)[number]>;

const isActivationPredictor = (predictor: Predictor): predictor is ActivationPredictor =>
  (ACTIVATION_PREDICTORS as readonly Predictor[]).includes(predictor);

/** Whether a predictor is made of gradients by weights, which cost as much again as those by activations. */
export const isOfWeightGradients = (predictor: Predictor) =>
  predictor === "taylor-weight" || predictor === "snip" || predictor === "gradient-weight";

/** Predictors that are high where a unit matters little: half of an order, or of a rank, is turned round for them. */
export const isInverse = (predictor: Predictor) => predictor === "apoz" || predictor === "mann-whitney";

export interface PredictorOptions {
  /** The first so many samples; null: all. */
  readonly samples: number | null;
  /** Samples of a mini-batch. */
  readonly batch: number;
}

/** Of each layer, what each predictor says of its units; null where it is undefined. */
export type PredictorValues = (predictor: Predictor, layer: LayerSummary) => readonly (number | null)[];

/** Whether a predictor can be told of a study's network: some compare with the network before training. */
export function isKnown({ network, trained, opened }: AnalysisDevice, predictor: Predictor): boolean {
  return !needsInitial(predictor) || opened.initial !== null || trained.initial(0) !== network;
}

/** The network before training: of a file that is named for it, or what the study trained. */
export function initialOf({ network, trained, opened }: AnalysisDevice) {
  const own = trained.initial(0);
  return opened.initial ?? (own === network ? null : own);
}

/** Values of some predictors for some layers. Rejects with `cancelled` where the run is stopped. */
export async function predictorValues(
  device: AnalysisDevice,
  layers: readonly LayerSummary[],
  predictors: readonly Predictor[],
  { samples, batch }: PredictorOptions,
): Promise<PredictorValues> {
  const names = layers.map(({ layer }) => layer);
  const place = (layer: LayerSummary) => names.indexOf(layer.layer);
  const { dataset } = device.opened;
  const count = Math.min(samples ?? dataset.samples, dataset.samples);
  const isActivation = predictors.some(isActivationPredictor);
  const isGradient = predictors.some((each) => !isActivationPredictor(each) && !isWeightPredictor(each));
  const activations = isActivation ? await profilesOf(device, names, count) : null;
  const weights = predictors.some(isOfWeightGradients);
  const gradients = isGradient ? await gradientsOf(device, dataset, names, { samples: count, batch, weights }) : null;
  const initial = initialOf(device);
  return (predictor, layer) => {
    if (isWeightPredictor(predictor)) return weightPredictor(predictor, device.network, initial, layer.layer);
    const values = isActivationPredictor(predictor)
      ? fromActivations(predictor, activations![place(layer)]!, {
          labels: dataset.labels.subarray(0, count),
          classes: dataset.classes,
        })
      : fromGradients(predictor as GradientPredictor, gradients![place(layer)]!);
    return Array.from(values, (value) => (value !== null && Number.isFinite(value) ? value : null));
  };
}

/** The study's network and samples as probes take them. */
export function probeSource({ opened, subject, network }: AnalysisDevice, samples: number): ProbeSource {
  const { dataset, transform } = opened;
  const graph = subject.kind === "graph" ? subject.graph : compileGraph(logitsNetwork(network));
  return { graph, dataset, transform, samples };
}

/** Activation profiles of layers. Rejects with `cancelled` where the run is stopped. */
export async function profilesOf(
  device: AnalysisDevice,
  layers: readonly string[],
  samples: number,
): Promise<readonly ActivationProfile[]> {
  return unlessStopped(await profileActivations(device.gpu, probeSource(device, samples), layers, device.proceed));
}

/**
 * Gradient profiles of layers on the first samples of a data set, gradients by weights where they are asked for. Rejects with
 * `cancelled` where the run is stopped.
 */
export async function gradientsOf(
  { gpu, opened, network, proceed }: AnalysisDevice,
  dataset: Dataset,
  layers: readonly string[],
  options: { readonly samples: number; readonly batch: number; readonly weights: boolean },
): Promise<readonly GradientProfile[]> {
  const source = { network: logitsNetwork(network), dataset, transform: opened.transform, ...options };
  return unlessStopped(await profileGradients(gpu, source, layers, proceed));
}

/** What a probe gave. Throws `cancelled` where it was stopped. */
export function unlessStopped<T>(found: T | null): T {
  if (found !== null) return found;
  throw new LesionError("cancelled", "the run was stopped");
}

function fromActivations(
  predictor: ActivationPredictor,
  profile: ActivationProfile,
  classes: { readonly labels: ArrayLike<number>; readonly classes: number },
): Iterable<number | null> {
  switch (predictor) {
    case "mean-activation":
      return meanActivation(profile);
    case "std-activation":
      return stdActivation(profile);
    case "max-activation":
      return maxActivation(profile);
    case "apoz":
      return apoz(profile);
    case "selectivity":
      return selectivity(profile, classes);
    case "mutual-information":
      return mutualInformation(profile, classes);
  }
}

function fromGradients(predictor: GradientPredictor, profile: GradientProfile): Iterable<number> {
  switch (predictor) {
    case "taylor":
      return taylor(profile);
    case "taylor-weight":
      return taylorWeight(profile);
    case "taylor-gate":
      return taylorGate(profile);
    case "fisher":
      return fisher(profile);
    case "snip":
      return snip(profile);
    case "gradient-weight":
      return gradientWeight(profile);
  }
}
