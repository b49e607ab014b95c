/**
 * The weights into each unit of a layer, and those that read it: what similarity and importance are judged by where
 * nothing but the network is looked at. Weights are those of the network as it is handed over: a simplified one has batch
 * norms multiplied in, a training form has not.
 */
import { LesionError } from "../../core/errors.ts";
import { hasUnits } from "../../network/graph.ts";
import type { Conv2dLayer, DenseLayer, Network, Weight } from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";
import { type ChannelUnits, NO_UNIT, unitsOfChannels } from "./channel-units.ts";

/** Incoming weights of the units of a layer, biases left out. */
export interface UnitWeights {
  /** [units, length]. */
  readonly incoming: Float32Array;
  readonly units: number;
  /** Of a dense layer its inputs; of a convolution kernel rows x kernel columns x input channels of its group. */
  readonly length: number;
}

/** The weights that read each unit of a layer. */
export interface OutgoingWeights {
  /** One array a unit, reader after reader, each in the order of its weights. */
  readonly weights: readonly Float32Array[];
}

type UnitLayer = DenseLayer<Weight> | Conv2dLayer;

/** The incoming weights of a layer by its name. Throws LesionError `internal` where it is no layer with units. */
export function weightsOf(network: Network, layer: string): UnitWeights {
  const found = unitLayer(network, layer);
  const units = outputsOf(found);
  const weight = floatsOf(found.weight);
  const length = weight.length / units;
  const incoming = new Float32Array(weight.length);
  // Either kind keeps the outputs on its last axis: (length, units) -> (units, length)
  for (let unit = 0; unit < units; unit++) {
    for (let row = 0; row < length; row++) incoming[unit * length + row] = weight[row * units + unit]!;
  }
  return { incoming, units, length };
}

/**
 * The weights of later layers that multiply a unit of a layer and nothing else: reached through activations, pools, norms,
 * flattening and whatever else keeps channels apart; of a convolution under a dense layer those of all positions. A channel
 * ends where it is summed with another. Null where no weight reads any unit that way. Throws as `weightsOf` does.
 */
export function outgoingWeightsOf(network: Network, layer: string): OutgoingWeights | null {
  const units = outputsOf(unitLayer(network, layer));
  const channelUnits = unitsOfChannels(network, layer, units);
  const runs: Float32Array[][] = Array.from({ length: units }, () => []);
  for (const reader of network.layers) {
    const read = channelUnits.get(reader.inputs[0] ?? "");
    if (read !== undefined && hasUnits(reader)) gather(reader, read, runs);
  }
  return runs.every(({ length }) => length === 0) ? null : { weights: runs.map(concatenated) };
}

/** Adds the weights of one layer that read a unit to the unit's: a row's outputs of one group stand side by side. */
function gather(reader: UnitLayer, read: ChannelUnits, runs: readonly Float32Array[][]): void {
  const weight = floatsOf(reader.weight);
  const outputs = outputsOf(reader);
  const groups = reader.kind === "dense" ? 1 : reader.groups;
  const deep = (reader.kind === "dense" ? reader.inFeatures : reader.inChannels) / groups;
  const wide = outputs / groups;
  for (let row = 0; row < weight.length / outputs; row++) {
    for (let group = 0; group < groups; group++) {
      const unit = read[group * deep + (row % deep)]!;
      const from = row * outputs + group * wide;
      if (unit !== NO_UNIT) runs[unit]!.push(weight.subarray(from, from + wide));
    }
  }
}

function concatenated(runs: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(runs.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const run of runs) {
    all.set(run, at);
    at += run.length;
  }
  return all;
}

function unitLayer(network: Network, name: string): UnitLayer {
  const layer = network.layers.find((each) => each.name === name);
  if (layer !== undefined && hasUnits(layer)) return layer;
  throw new LesionError("internal", `the network has no layer "${name}" with units`, { where: name });
}

function outputsOf(layer: UnitLayer): number {
  return layer.kind === "dense" ? layer.outFeatures : layer.outChannels;
}
