/**
 * Compares what the engine computed with what a reference computes from the same numbers: the logits of the intact
 * network, and for every ablation which samples were correct. A sample on which the reference itself is as good as
 * undecided may differ; any other difference is a fault.
 */
import { countBits, hasBit, wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { type AblatableLayer, ablatableOf } from "../network/ablatable.ts";
import { logitsNetwork } from "../network/logits.ts";
import { type Layer, LINEAR, type Network } from "../network/network.ts";
import { inferShapes, type Shape, sizeOf } from "../network/shapes.ts";
import { simplify } from "../network/simplify.ts";
import { ablationChanges } from "./ablation-changes.ts";
import { type Change, checkChanges, checkFeeds, evaluateNetwork } from "./evaluate-network.ts";
import { evaluate } from "./oracle.ts";
import type { Floats } from "./tensor.ts";

/** Largest logit error, and largest undecided margin, relative to the root mean square of the logits. */
export const TOLERANCE = 1e-4;

/** What a check is about: the numbers that went into the engine, and those that came out. */
export interface ReferenceRequest {
  /** As it was read, of one input. */
  readonly network: Network;
  /** [samples, ...input shape], transformed. */
  readonly inputs: Float32Array;
  readonly samples: number;
  readonly labels: Uint16Array;
  /** The engine's logits of the intact network: [samples, classes]. */
  readonly logits: Float32Array;
  readonly ablations: readonly CheckedAblation[];
  /** [samples]: whose activations a sample gets by `resample`; needed where an ablation resamples. */
  readonly donors?: Uint32Array;
  /** What was asked for, where it is more than this. */
  readonly reduced?: string;
}

/** An ablation as the engine evaluated it. */
export interface CheckedAblation {
  readonly row: number;
  /** `values`: what each of the units becomes by `optimal`. */
  readonly sites: readonly {
    readonly layerIndex: number;
    readonly units: readonly number[];
    readonly values?: readonly number[];
  }[];
  readonly replacement: { readonly kind: string; readonly value?: number; readonly factor?: number };
  /** Replaced before the layers' activations, not after them. */
  readonly preActivation?: boolean;
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
  /** As the request has it. */
  readonly reduced?: string;
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
  /** [samples, ..., units]: what a layer of the simplified network gives, intact; without its activation if asked for. */
  activations(layer: string, preActivation: boolean): Promise<Floats>;
  /** [samples, classes], with units of the simplified network changed; no changes: of the network as it was read. */
  logits(changes: readonly Change[]): Promise<Floats>;
}

/**
 * Recomputes a request with `reference` and compares. Throws as `subjectOf` does, and `unsupported` for a replacement that
 * a reference cannot repeat.
 */
export async function checkAgainst(request: ReferenceRequest, reference: Reference): Promise<ReferenceReport> {
  const { layers } = subjectOf(request);
  const intact = await reference.logits([]);
  const intactRms = rootMeanSquare(intact);
  const largest = largestDifference(request.logits, intact);
  const logitError = largest === 0 ? 0 : largest / intactRms;
  const changesOf = ablationChanges(request, layers, reference);
  const countDifferences: CountDifference[] = [];
  let unexplained = 0;
  for (const ablation of request.ablations) {
    const logits = await reference.logits(await changesOf(ablation));
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
    ...(request.reduced === undefined ? {} : { reduced: request.reduced }),
  };
}

/** The float64 oracle as a reference for a request. Throws as `subjectOf` does. */
export function float64Reference(request: ReferenceRequest): Reference {
  const { whole, simple } = subjectOf(request);
  const { inputs, samples } = request;
  const feeds = new Map([[whole.inputs[0]!.name, inputs]]);
  let known: ReadonlyMap<string, Float64Array> | null = null;
  const intact = () => {
    known ??= evaluateNetwork(simple, feeds, samples);
    return known;
  };
  return {
    name: "float64",
    activations: async (layer, preActivation) => {
      if (!preActivation) return intact().get(layer)!;
      const others = new Map([...intact()].filter(([name]) => name !== layer));
      return evaluateNetwork(withoutActivation(simple, layer), feeds, samples, [], others).get(layer)!;
    },
    logits: async (changes) => {
      if (changes.length === 0) return evaluateNetwork(whole, feeds, samples).get(whole.outputs[0]!)!;
      return evaluateNetwork(simple, feeds, samples, changes, intact()).get(simple.outputs[0]!)!;
    },
  };
}

/** A network one of whose layers gives what its activation would read. */
export function withoutActivation(network: Network, name: string): Network {
  const isMeant = (layer: Layer) => layer.name === name && "activation" in layer;
  return {
    ...network,
    layers: network.layers.map((layer) => (isMeant(layer) ? { ...layer, activation: LINEAR } : layer)),
  };
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

/** What a request is about. */
export interface Subject {
  /** The network as it was read; its output are the logits. */
  readonly whole: Network;
  /** The network as the engine computes it, the one whose units are ablated; its output are the logits. */
  readonly simple: Network;
  readonly layers: readonly AblatableLayer[];
}

/**
 * The networks of a request. Throws `bad-model`, `bad-data` or `bad-study` unless the request's arrays have the sizes it
 * states and its ablations name units that exist.
 */
export function subjectOf({ network, inputs, samples, labels, logits, ablations }: ReferenceRequest): Subject {
  const simplified = simplify(network);
  const subject = {
    whole: logitsNetwork(network),
    simple: logitsNetwork(simplified),
    layers: ablatableOf(simplified),
  };
  if (samples === 0) {
    throw new LesionError("bad-data", "a check of 0 samples says nothing", {
      where: "samples",
      fix: "Check at least 1.",
    });
  }
  checkFeeds(subject.whole, new Map([[network.inputs[0]?.name ?? "", inputs]]), samples);
  const shapes = inferShapes(subject.simple);
  const classes = sizeOf(shapes.get(subject.simple.outputs[0]!)!);
  const expect = (what: string, found: number, wanted: number) => {
    if (found === wanted) return;
    throw new LesionError("bad-data", `${found} ${what} for ${samples} samples of ${classes} classes, not ${wanted}`, {
      where: what,
      fix: "Give the check the labels, logits and correctness bits of exactly its samples.",
    });
  };
  expect("labels", labels.length, samples);
  expect("logits", logits.length, samples * classes);
  for (const ablation of ablations) {
    expect(`words of bits in ablation ${ablation.row}`, ablation.bits.length, wordsFor(samples));
    checkSites(ablation, subject.layers, shapes);
  }
  return subject;
}

function checkSites({ sites }: CheckedAblation, layers: readonly AblatableLayer[], shapes: ReadonlyMap<string, Shape>) {
  const changes = sites.map(({ layerIndex, units }) => {
    const layer = layers[layerIndex]?.layer;
    if (layer !== undefined) return { layer, units, scale: 0, shift: 0 };
    throw new LesionError("bad-study", `there is no layer ${layerIndex} among ${layers.length}`, {
      where: `layer ${layerIndex}`,
      fix: `Name a layer from 0 to ${layers.length - 1}.`,
    });
  });
  checkChanges(shapes, changes);
}
