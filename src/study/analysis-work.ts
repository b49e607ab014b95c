/**
 * What a study's analyses, and what is found out for its sweeps, come to: ablations of all samples at most, and
 * multiply-accumulates of passes besides. Known from the study and the network's layers before anything runs.
 */
import { OPTIMAL_EVALUATIONS } from "../ablation/optimal-constants.ts";
import { tsneOperations } from "../engine/tsne-memory.ts";
import { adaptiveSweeps } from "./analyses/adaptive-sweep.ts";
import { wantedConstants } from "./analyses/optimal.ts";
import { isOfWeightGradients } from "./analyses/predictors.ts";
import type { AnalysisOptions, ImportanceOptions } from "./analysis-options.ts";
import { WEIGHT_PREDICTORS } from "./analysis-records.ts";
import type { LayerSummary } from "./records.ts";
import { chosenLayers } from "./sites.ts";
import type { LayerChoice, Study, Sweep } from "./study.ts";

/** One thing that takes time. */
export interface Work {
  readonly name: string;
  /** Ablations, each measured on all samples; early stopping makes them fewer. */
  readonly ablations: number;
  /** Layers whose units those ablations replace. */
  readonly layers: readonly LayerSummary[];
  /** Multiply-accumulates of all else, such as passes through the network that measure no ablation. */
  readonly macs: number;
}

/** What the work is counted on. */
export interface WorkSize {
  readonly layers: readonly LayerSummary[];
  readonly samples: number;
  /** Samples to train on. */
  readonly trainSamples: number;
  /** Multiply-accumulates of one sample through the network. */
  readonly macs: number;
}

/** A pass forward and back costs so many passes forward, and one fewer where gradients by weights are left out. */
const TRAINING_PASSES = 3;
const GRADIENT_PASSES = 2;

/** All work of a study besides its sweeps and recovery, in the order in which it is done. */
export function analysisWork(study: Study, size: WorkSize): Work[] {
  return [
    ...wantedConstants(study, size.layers).map(([layerIndex]) => {
      const layer = size.layers[layerIndex]!;
      const ablations = OPTIMAL_EVALUATIONS * layer.units;
      return { name: `optimal constants of ${layer.layer}`, ablations, layers: [layer], macs: 0 };
    }),
    ...study.sweeps.flatMap((sweep, index) => materialWork(sweep, index, size)),
    ...adaptiveSweeps(study.sweeps).map(([index, sweep]) => {
      const layers = layersIn(sweep.layers, size);
      // Rises of the loss are predicted by a pass forward and back.
      const macs = sweep.adaptive.by === "loss" ? GRADIENT_PASSES * size.samples * size.macs : 0;
      return { name: `adaptive sweep ${index}`, ablations: unitsOf(layers), layers, macs };
    }),
    ...study.analyses.map((options) => {
      const layers = "layers" in options ? layersIn(options.layers, size) : size.layers;
      return { name: options.analyse, layers, ...analysisWorkOf(options, layers, study, size) };
    }),
  ];
}

/** What a sweep's rows are found out by. */
function materialWork(sweep: Sweep, index: number, size: WorkSize): Work[] {
  if (sweep.ablate === "similar") {
    const passes = sweep.similarity.startsWith("activation") ? size.samples : 0;
    return [{ name: `similar units for sweep ${index}`, ablations: 0, layers: [], macs: passes * size.macs }];
  }
  if (!("order" in sweep) || sweep.order === "random") return [];
  const layers = layersIn(sweep.layers, size);
  const name = `order of sweep ${index}, ${sweep.order}`;
  switch (sweep.order) {
    case "greedy-least":
    case "greedy-most": {
      const ablations = layers.reduce((sum, { units }) => sum + (units * (units + 1)) / 2, 0);
      return [{ name, ablations, layers, macs: 0 }];
    }
    case "measured":
    case "measured-class":
      return [{ name, ablations: unitsOf(layers), layers, macs: 0 }];
    default:
      return [{ name, ablations: 0, layers, macs: predictorMacs([sweep.order], size.samples, size.macs) }];
  }
}

function analysisWorkOf(
  options: AnalysisOptions,
  layers: readonly LayerSummary[],
  study: Study,
  { samples, macs, trainSamples }: WorkSize,
): Pick<Work, "ablations" | "macs"> {
  const units = unitsOf(layers);
  const networks = study.model.train?.networks ?? 1;
  switch (options.analyse) {
    case "importance":
      return {
        ablations: 0,
        macs: predictorMacs(options.predictors, Math.min(options.samples ?? samples, samples), macs),
      };
    case "shapley":
      return { ablations: options.permutations * units, macs: 0 };
    case "cascade": {
      const count = typeof options.of === "number" ? options.of : options.of.length;
      return { ablations: 0, macs: 2 * count * Math.min(options.samples ?? samples, samples) * macs };
    }
    case "gain-search": {
      const has = (method: string) => (options.methods.includes(method as "scale") ? 1 : 0);
      return {
        ablations:
          has("scale") * options.factors.length * (units + layers.length) + has("greedy") * options.most * units,
        macs: (has("gains") + has("control")) * options.epochs * trainSamples * TRAINING_PASSES * macs,
      };
    }
    case "negligible":
      return { ablations: networks * options.epochs.length * units, macs: 0 };
    case "ensemble":
      return { ablations: networks * units, macs: 0 };
    case "populations":
      return { ablations: 0, macs: options.by.includes("activation") ? samples * macs : 0 };
    case "embedding": {
      const points = Math.min(options.points, samples);
      const isDescent = options.method === "tsne";
      // Two operations are a multiply-accumulate.
      return { ablations: 0, macs: isDescent ? tsneOperations(points, options.components, options.iterations) / 2 : 0 };
    }
    default:
      // Made of what sweeps have measured, or of the samples alone.
      return { ablations: 0, macs: 0 };
  }
}

/** Passes for activations, and for gradients, where any predictor asks for them. */
function predictorMacs(predictors: ImportanceOptions["predictors"], samples: number, macs: number): number {
  const others = predictors.filter((each) => !(WEIGHT_PREDICTORS as readonly string[]).includes(each));
  const isGradient = (name: string) => /^(taylor|fisher|snip|gradient)/.test(name);
  const back = others.some(isOfWeightGradients) ? TRAINING_PASSES : GRADIENT_PASSES;
  const passes = (others.some((each) => !isGradient(each)) ? 1 : 0) + (others.some(isGradient) ? back : 0);
  return passes * samples * macs;
}

const layersIn = (choice: LayerChoice, { layers }: WorkSize) => chosenLayers(choice, layers, "layers");
const unitsOf = (layers: readonly LayerSummary[]) => layers.reduce((sum, { units }) => sum + units, 0);
