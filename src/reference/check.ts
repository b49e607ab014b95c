/**
 * Compares what the engine computed with what a reference computes from the same numbers: the logits of the intact
 * network, and for every ablation which samples were correct. A sample on which the reference itself is as good as
 * undecided may differ; any other difference is a fault.
 */
import { countBits, hasBit, wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import {
  type ChainLayer,
  checkChain,
  checkSites,
  columnMeans,
  evaluate,
  type Floats,
  forward,
  logitsOf,
  type UnitChange,
} from "./oracle.ts";

/** Largest logit error, and largest undecided margin, relative to the root mean square of the logits. */
export const TOLERANCE = 1e-4;

/** What a check is about: the numbers that went into the engine, and those that came out. */
export interface ReferenceRequest {
  readonly layers: readonly ChainLayer[];
  /** [samples, features], transformed. */
  readonly inputs: Float32Array;
  readonly samples: number;
  readonly labels: Uint16Array;
  /** The engine's logits of the intact network: [samples, classes]. */
  readonly logits: Float32Array;
  readonly ablations: readonly CheckedAblation[];
}

/** An ablation as the engine evaluated it. */
export interface CheckedAblation {
  readonly row: number;
  readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
  readonly replacement: { readonly kind: string; readonly value?: number; readonly factor?: number };
  /** The engine's correctness bits of the samples. */
  readonly bits: Uint32Array;
}

/** How the engine compares with a reference. */
export interface ReferenceReport {
  readonly reference: string;
  readonly samples: number;
  /** Largest difference of a logit of the intact network, over the root mean square of the reference's logits. */
  readonly logitError: number;
  readonly ablations: number;
  /** Ablations whose counts of correct samples differ, or that differ on a sample for no reason. */
  readonly countDifferences: readonly CountDifference[];
  readonly agrees: boolean;
}

export interface CountDifference {
  readonly row: number;
  readonly lesion: number;
  readonly reference: number;
  /** Samples that differ although the reference's margin is above tolerance. */
  readonly unexplained: number;
}

/** An independent way to compute the same network on the same samples. */
export interface Reference {
  readonly name: string;
  /** [outFeatures]: each unit's mean post-activation over the samples, in the intact network. */
  means(layerIndex: number): Promise<Floats>;
  /** [samples, classes], with the units changed; no changes: the intact network. */
  logits(changes: readonly UnitChange[]): Promise<Floats>;
}

/**
 * Recomputes a request with `reference` and compares. Throws `bad-model`, `bad-data` or `bad-study` where the request's
 * sizes or sites do not fit, and `unsupported` for a replacement that a reference cannot repeat.
 */
export async function checkAgainst(request: ReferenceRequest, reference: Reference): Promise<ReferenceReport> {
  validateRequest(request);
  const intact = await reference.logits([]);
  const intactRms = rootMeanSquare(intact);
  const largest = largestDifference(request.logits, intact);
  const logitError = largest === 0 ? 0 : largest / intactRms;
  const countDifferences: CountDifference[] = [];
  let unexplained = 0;
  for (const ablation of request.ablations) {
    const logits = await reference.logits(await changesOf(ablation, reference));
    // The greater of the two: an engine that subtracts the damage from the intact sums keeps their rounding.
    const undecided = TOLERANCE * Math.max(intactRms, rootMeanSquare(logits));
    const difference = compare(ablation, logits, request.labels, undecided);
    unexplained += difference.unexplained;
    if (difference.lesion !== difference.reference || difference.unexplained > 0) countDifferences.push(difference);
  }
  return {
    reference: reference.name,
    samples: request.samples,
    logitError,
    ablations: request.ablations.length,
    countDifferences,
    agrees: logitError <= TOLERANCE && unexplained === 0,
  };
}

/** The float64 oracle as a reference for a request. */
export function float64Reference(request: ReferenceRequest): Reference {
  const { layers, inputs, samples } = request;
  const intact = forward(layers, inputs, samples);
  return {
    name: "float64",
    means: async (layerIndex) => columnMeans(intact.post[layerIndex]!, samples),
    logits: async (changes) => logitsOf(forward(layers, inputs, samples, changes, intact)),
  };
}

/** An ablation as changes of units. Means are those of the intact network, whatever else the ablation damages. */
async function changesOf(ablation: CheckedAblation, reference: Reference): Promise<UnitChange[]> {
  const { kind, value, factor } = ablation.replacement;
  const changes: UnitChange[] = [];
  for (const { layerIndex, units } of ablation.sites) {
    const means = kind === "mean" ? await reference.means(layerIndex) : null;
    for (const unit of units) {
      if (means !== null) changes.push({ layerIndex, unit, scale: 0, shift: means[unit]! });
      else if (kind === "zero") changes.push({ layerIndex, unit, scale: 0, shift: 0 });
      else if (kind === "constant" && value !== undefined) changes.push({ layerIndex, unit, scale: 0, shift: value });
      else if (kind === "scale" && factor !== undefined) changes.push({ layerIndex, unit, scale: factor, shift: 0 });
      else {
        throw new LesionError("unsupported", `the reference cannot repeat the replacement "${kind}"`, {
          where: `ablation ${ablation.row}`,
          fix: "Check ablations that replace by zero, mean, constant (with a value) or scale (with a factor).",
        });
      }
    }
  }
  return changes;
}

/** Samples on which the engine's bits and the reference's logits disagree; `undecided` is the margin that excuses one. */
function compare(ablation: CheckedAblation, logits: Floats, labels: Uint16Array, undecided: number): CountDifference {
  const { bits, correct, margins } = evaluate(logits, labels);
  let unexplained = 0;
  for (let n = 0; n < labels.length; n++) {
    if (hasBit(bits, n) !== hasBit(ablation.bits, n) && !(Math.abs(margins[n]!) <= undecided)) unexplained++;
  }
  return { row: ablation.row, lesion: countBits(ablation.bits), reference: correct, unexplained };
}

function rootMeanSquare(values: Floats): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

/** Largest absolute difference; infinite where either is not a number. */
function largestDifference(ours: Floats, theirs: Floats): number {
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    const difference = Math.abs(ours[i]! - theirs[i]!);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
    if (largest === Number.POSITIVE_INFINITY) break;
  }
  return largest;
}

/**
 * Throws `bad-model`, `bad-data` or `bad-study` unless the request's arrays have the sizes it states and its ablations name
 * units that exist.
 */
export function validateRequest({ layers, inputs, samples, labels, logits, ablations }: ReferenceRequest): void {
  checkChain(layers, inputs, samples);
  if (samples === 0) {
    throw new LesionError("bad-data", "a check of 0 samples says nothing", {
      where: "samples",
      fix: "Check at least 1.",
    });
  }
  const classes = layers[layers.length - 1]!.outFeatures;
  const expect = (what: string, found: number, wanted: number) => {
    if (found === wanted) return;
    throw new LesionError("bad-data", `${found} ${what} for ${samples} samples of ${classes} classes, not ${wanted}`, {
      where: what,
      fix: "Give the check the labels, logits and correctness bits of exactly its samples.",
    });
  };
  expect("labels", labels.length, samples);
  expect("logits", logits.length, samples * classes);
  for (const { bits, row, sites } of ablations) {
    expect(`words of bits in ablation ${row}`, bits.length, wordsFor(samples));
    checkSites(layers, sites);
  }
}
