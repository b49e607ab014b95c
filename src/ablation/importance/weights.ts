/** Importance of units from their weights alone: predictors that cost no sample, to be held against measured drops. */
import { LesionError } from "../../core/errors.ts";
import { weightSimilarity } from "../similarity/similarity.ts";
import type { OutgoingWeights, UnitWeights } from "../similarity/unit-weights.ts";

/** Of each unit, the sum of its absolute incoming weights (Li et al. 2017). */
export function weightL1(weights: UnitWeights): Float64Array {
  return Float64Array.from(incomingOf(weights), norm1);
}

/** Of each unit, the root of the sum of its squared incoming weights. */
export function weightL2(weights: UnitWeights): Float64Array {
  return Float64Array.from(incomingOf(weights), norm2);
}

/** Of each unit, the sum of the absolute weights that read it; 0 of a unit that none reads. */
export function weightL1Out({ weights }: OutgoingWeights): Float64Array {
  return Float64Array.from(weights, norm1);
}

/** Of each unit, the root of the sum of the squared weights that read it; 0 of a unit that none reads. */
export function weightL2Out({ weights }: OutgoingWeights): Float64Array {
  return Float64Array.from(weights, norm2);
}

/**
 * Of each unit, the L2 norm of what training changed of its incoming weights. Throws LesionError `bad-model` where the two
 * layers differ in size.
 */
export function weightChange(trained: UnitWeights, initial: UnitWeights): Float64Array {
  if (trained.units !== initial.units || trained.length !== initial.length) {
    const size = ({ units, length }: UnitWeights) => `${units} units of ${length} weights`;
    throw new LesionError("bad-model", `before training the layer had ${size(initial)}, now it has ${size(trained)}`, {
      fix: "Name an initial model with the same layers as the trained one.",
    });
  }
  return weightL2({ ...trained, incoming: trained.incoming.map((weight, i) => weight - initial.incoming[i]!) });
}

/**
 * Of each unit, the sum of the L2 distances of its incoming weights to those of the layer's other units: the nearer to the
 * layer's geometric median, the more the others can stand in for it (FPGM, He et al. 2019).
 */
export function fpgm(weights: UnitWeights): Float64Array {
  const { units, values } = weightSimilarity("weights-l2", weights);
  return Float64Array.from({ length: units }, (_, unit) =>
    values.subarray(unit * units, (unit + 1) * units).reduce((sum, similarity) => sum - similarity, 0),
  );
}

function incomingOf({ incoming, units, length }: UnitWeights): readonly Float32Array[] {
  return Array.from({ length: units }, (_, unit) => incoming.subarray(unit * length, (unit + 1) * length));
}

function norm1(weights: Float32Array): number {
  return weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
}

function norm2(weights: Float32Array): number {
  return Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
}
