/** Test support: gradients of a network by central differences, to hold the chain rule against. */
import type { Network } from "../../network/network.ts";
import { type GraphGradientOptions, graphGradients } from "../graph-gradients.ts";
import type { ParameterName } from "./gradient.ts";

/** Parameters are f32: a power of two, so that a step changes most of them by itself exactly. */
const STEP = 2 ** -11;

/** The network with one array of one of its layers replaced. */
export function withParameter(network: Network, layer: string, name: ParameterName, values: Float32Array): Network {
  return {
    ...network,
    layers: network.layers.map((own) => (own.name === layer ? { ...own, [name]: values } : own)),
  };
}

/** A layer's array in f32. */
export function parameterOf(network: Network, layer: string, name: ParameterName): Float32Array {
  const own = network.layers.find((other) => other.name === layer) as unknown as Record<ParameterName, Float32Array>;
  return own[name];
}

/** Most numbers of an array that are tried: every so many of them, for each costs two passes. */
const MOST_TRIED = 9;

/**
 * Differences between the chain rule and central differences, over the root mean square of the array's gradient: for some
 * numbers of each parameter, and of the input.
 */
export function gradientErrors(
  network: Network,
  inputs: Float64Array,
  labels: Uint16Array,
  options: GraphGradientOptions,
): number[] {
  const found = graphGradients(network, inputs, labels, options);
  const loss = (given: Network, x: Float64Array) => graphGradients(given, x, labels, options).loss;
  const errors = errorsOf(found.input, (i) => {
    const [above, below] = moved(inputs, i);
    return (loss(network, above) - loss(network, below)) / (above[i]! - below[i]!);
  });
  for (const [layer, parameters] of found.parameters) {
    for (const [name, gradient] of Object.entries(parameters) as [ParameterName, Float64Array][]) {
      const lossWith = (values: Float32Array) => loss(withParameter(network, layer, name, values), inputs);
      const own = errorsOf(gradient, (i) => {
        const [above, below] = moved(parameterOf(network, layer, name), i);
        return (lossWith(above) - lossWith(below)) / (above[i]! - below[i]!);
      });
      errors.push(...own);
    }
  }
  return errors;
}

function moved<Values extends Float32Array | Float64Array>(values: Values, i: number): readonly [Values, Values] {
  return [values.with(i, values[i]! + STEP) as Values, values.with(i, values[i]! - STEP) as Values];
}

function errorsOf(gradient: Float64Array, differenceAt: (i: number) => number): number[] {
  const rms = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0) / gradient.length);
  const errors: number[] = [];
  for (let i = 0; i < gradient.length; i += Math.ceil(gradient.length / MOST_TRIED)) {
    errors.push(Math.abs(gradient[i]! - differenceAt(i)) / (rms + 1e-6));
  }
  return errors;
}
