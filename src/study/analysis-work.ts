/**
 * What a study's analyses, and what is found out for its sweeps, come to: ablations of all samples at most, and
 * multiply-accumulates of passes besides. Known from the study and the network's layers before anything runs.
 */
import { OPTIMAL_EVALUATIONS } from "../ablation/optimal-constants.ts";
import { tsneOperations } from "../engine/tsne-memory.ts";
import { adaptiveSweeps } from "./analyses/adaptive-sweep.ts";
import { wantedConstants } from "./analyses/optimal.ts";
import { isOfWeightGradients } from "./analyses/predictors.ts";
import { lackOf } from "./analysis-needs.ts";
import type { AnalysisOptions, ImportanceOptions } from "./analysis-options.ts";
import { WEIGHT_PREDICTORS } from "./predictor-names.ts";
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
  /** Multiply-accumulates of passes through the network that measure no ablation. */
  readonly macs: number;
  /** Networks that it trains; null: none. */
  readonly training: TrainingWork | null;
}

/** Trainings of the study's network, one after the other. */
export interface TrainingWork {
  readonly networks: number;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
}

const NO_WORK = { ablations: 0, macs: 0, training: null } as const;

/** What the work is counted on. */
export interface WorkSize {
  readonly layers: readonly LayerSummary[];
  readonly samples: number;
  /** Multiply-accumulates of one sample through the network. */
  readonly macs: number;
}

/** A pass forward and back costs so many passes forward, and one fewer where gradients by weights are left out. */
const TRAINING_PASSES = 3;
const GRADIENT_PASSES = 2;

/** All work of a study besides its sweeps and recovery, in the order in which it is done; none for what cannot be made. */
export function analysisWork(study: Study, size: WorkSize): Work[] {
  return [
    ...wantedConstants(study, size.layers).map(([layerIndex]) => {
      const layer = size.layers[layerIndex]!;
      const ablations = OPTIMAL_EVALUATIONS * layer.units;
      return { ...NO_WORK, name: `optimal constants of ${layer.layer}`, ablations, layers: [layer] };
    }),
    ...study.sweeps.flatMap((sweep, index) => materialWork(sweep, index, size)),
    ...adaptiveSweeps(study.sweeps).map(([index, sweep]) => {
      const layers = layersIn(sweep.layers, size);
      // Rises of the loss are predicted by a pass forward and back.
      const macs = sweep.adaptive.by === "loss" ? GRADIENT_PASSES * size.samples * size.macs : 0;
      const ablations = unitsOf(layers) * (sweep.replacements?.length ?? 1);
      return { ...NO_WORK, name: `adaptive sweep ${index}`, ablations, layers, macs };
    }),
    ...study.analyses.flatMap((options) => {
      if (lackOf(options, study, size.layers) !== null) return [];
      const layers = "layers" in options ? layersIn(options.layers, size) : size.layers;
      return { ...NO_WORK, name: options.analyse, layers, ...analysisWorkOf(options, layers, study, size) };
    }),
  ];
}

/** What a sweep's rows are found out by. */
function materialWork(sweep: Sweep, index: number, size: WorkSize): Work[] {
  if (sweep.ablate === "similar") {
    const passes = sweep.similarity.startsWith("activation") ? size.samples : 0;
    return [{ ...NO_WORK, name: `similar units for sweep ${index}`, layers: [], macs: passes * size.macs }];
  }
  if (!("order" in sweep) || sweep.order === "random") return [];
  const layers = layersIn(sweep.layers, size);
  const name = `order of sweep ${index}, ${sweep.order}`;
  switch (sweep.order) {
    case "greedy-least":
    case "greedy-most": {
      const ablations = layers.reduce((sum, { units }) => sum + (units * (units + 1)) / 2, 0);
      return [{ ...NO_WORK, name, ablations, layers }];
    }
    case "measured":
    case "measured-class":
      return [{ ...NO_WORK, name, ablations: unitsOf(layers), layers }];
    default:
      return [{ ...NO_WORK, name, layers, macs: predictorMacs([sweep.order], size.samples, size.macs) }];
  }
}

function analysisWorkOf(
  options: AnalysisOptions,
  layers: readonly LayerSummary[],
  study: Study,
  { samples, macs }: WorkSize,
): Partial<Pick<Work, "ablations" | "macs" | "training">> {
  const units = unitsOf(layers);
  const networks = study.model.train?.networks ?? 1;
  switch (options.analyse) {
    case "importance":
      return { macs: predictorMacs(options.predictors, Math.min(options.samples ?? samples, samples), macs) };
    case "shapley":
      return { ablations: options.permutations * units };
    case "cascade": {
      const count = typeof options.of === "number" ? options.of : options.of.length;
      return { macs: (1 + count) * Math.min(options.samples ?? samples, samples) * macs };
    }
    case "gain-search": {
      const has = (method: string) => (options.methods.includes(method as "scale") ? 1 : 0);
      const networks = has("gains") + has("control");
      const { epochs, batch, learningRate } = options;
      return {
        ablations:
          has("scale") * options.factors.length * (units + layers.length) + has("greedy") * options.most * units,
        training: networks > 0 ? { networks, epochs, batch, learningRate } : null,
      };
    }
    case "negligible": {
      const last = study.model.train?.epochs ?? 0;
      return { ablations: networks * options.epochs.filter((epoch) => epoch <= last).length * units };
    }
    case "ensemble":
      return { ablations: networks * units };
    case "populations":
      return { macs: options.by.includes("activation") ? samples * macs : 0 };
    case "embedding": {
      const points = Math.min(options.points, samples);
      const isDescent = options.method === "tsne";
      // Two operations are a multiply-accumulate.
      return { macs: isDescent ? tsneOperations(points, options.components, options.iterations) / 2 : 0 };
    }
    default:
      // Made of what sweeps have measured, or of the samples alone.
      return NO_WORK;
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
