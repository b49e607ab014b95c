/**
 * A whole network in TensorFlow.js, with units of some layers changed. Tensors live as long as a later layer reads them;
 * parameters stay on the device unless they are too many.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { type Layer, LINEAR, type Network } from "../network/network.ts";
import { inferShapes, type Shape, sizeOf } from "../network/shapes.ts";
import { countOf } from "../network/weight.ts";
import type { Change } from "./evaluate-network.ts";
import type { Floats } from "./tensor.ts";
import type { Tfjs } from "./tfjs.ts";
import { activated } from "./tfjs-activation.ts";
import { applyLayer, uploadParameters } from "./tfjs-layers.ts";

/** Most numbers of one batch's widest tensor: 32 MiB. */
const BATCH_NUMBERS = 8 * 2 ** 20;
/** Most parameters that stay on the device, 256 MiB; those of a larger network are uploaded layer by layer each time. */
const KEPT_PARAMETERS = 64 * 2 ** 20;

/** A network in TensorFlow.js. Disposing frees its parameters on the device. */
export interface TfjsNetwork extends Disposable {
  /** Its first output. */
  readonly output: string;
  /** The result [samples, ...shape] of one layer for `inputs` [samples, ...shape], with units changed. */
  evaluate(inputs: Floats, samples: number, layer: string, changes: readonly Change[]): Promise<Float32Array>;
}

/** The network of one input. It is evaluated a batch of samples at a time, so that memory stays bounded. */
export function openTfjsNetwork(tf: Tfjs, network: Network): TfjsNetwork {
  const input = network.inputs[0]!;
  const shapes = new Map<string, Shape>([[input.name, input.shape], ...inferShapes(network)]);
  const batch = Math.max(1, Math.floor(BATCH_NUMBERS / Math.max(...Array.from(shapes.values(), sizeOf))));
  const parameters = new Map<string, readonly Tensor[]>();

  /** A layer's parameters, kept for the next time if they are not too many. Called within a `tidy`. */
  function parametersOf(layer: Layer): readonly Tensor[] {
    const known = parameters.get(layer.name);
    if (known !== undefined) return known;
    const uploaded = uploadParameters(tf, layer);
    if (parametersIn(network) <= KEPT_PARAMETERS) parameters.set(layer.name, uploaded.map(tf.keep));
    return uploaded;
  }

  /** Results by name; those that no later layer reads are disposed of on the way. */
  function run(x: Tensor, wanted: string, changes: readonly Change[], start: number): Tensor {
    const samples = x.shape[0]!;
    const results = new Map<string, Tensor>([[input.name, x]]);
    const end = network.layers.findIndex(({ name }) => name === wanted);
    for (const [at, layer] of network.layers.slice(0, end + 1).entries()) {
      const read = layer.inputs.map((name) => results.get(name)!);
      const own = changes.filter((change) => change.layer === layer.name);
      const y = tf.tidy(() => {
        const apply = (given: Layer) =>
          applyLayer(tf, given, parametersOf(layer), read, samples, shapes.get(layer.name)!);
        // A clone, for what does nothing hands its input on, which is disposed of on its own.
        return tf.clone(changed(tf, layer, apply, own, start));
      });
      results.set(layer.name, y);
      const later = new Set(network.layers.slice(at + 1, end + 1).flatMap(({ inputs }) => inputs));
      for (const [name, tensor] of results) {
        if (name === wanted || later.has(name)) continue;
        tensor.dispose();
        results.delete(name);
      }
    }
    return results.get(wanted)!;
  }

  return {
    output: network.outputs[0]!,
    async evaluate(inputs, samples, layer, changes) {
      const features = sizeOf(input.shape);
      const size = sizeOf(shapes.get(layer)!);
      const all = new Float32Array(samples * size);
      for (let start = 0; start < samples; start += batch) {
        const count = Math.min(batch, samples - start);
        const rows = Float32Array.from(inputs.subarray(start * features, (start + count) * features));
        const result = run(tf.tensor(rows, [count, ...input.shape]), layer, changes, start);
        all.set((await result.data()) as Float32Array, start * size);
        result.dispose();
      }
      return all;
    },
    [Symbol.dispose]: () => {
      for (const tensors of parameters.values()) tf.dispose([...tensors]);
      parameters.clear();
    },
  };
}

/** A layer's result with its changes made, those before its activation first. `start` is the first row's sample. */
function changed(
  tf: Tfjs,
  layer: Layer,
  apply: (layer: Layer) => Tensor,
  changes: readonly Change[],
  start: number,
): Tensor {
  const before = changes.filter(({ preActivation }) => preActivation === true);
  const after = changes.filter(({ preActivation }) => preActivation !== true);
  if (before.length === 0 || !("activation" in layer)) {
    return changeUnits(tf, apply(layer), [...before, ...after], start);
  }
  const sums = changeUnits(tf, apply({ ...layer, activation: LINEAR }), before, start);
  return changeUnits(tf, activated(tf, sums, layer.activation), after, start);
}

/** scale * a + shift for a [n, ..., channels] whose first row is sample `start`, with a scale and a shift a channel. */
function changeUnits(tf: Tfjs, a: Tensor, changes: readonly Change[], start: number): Tensor {
  return changes.reduce((y, { units, scale, shift }) => {
    const rows = y.shape[0]!;
    const channels = y.shape.at(-1)!;
    const scales = new Float32Array(channels).fill(1);
    const shifts = new Float32Array(rows * channels);
    for (const unit of units) {
      scales[unit] = scale;
      for (let n = 0; n < rows; n++) {
        shifts[n * channels + unit] = typeof shift === "number" ? shift : shift[start + n]!;
      }
    }
    const between = y.shape.slice(1, -1).map(() => 1);
    return tf.add(tf.mul(y, tf.tensor1d(scales)), tf.tensor(shifts, [rows, ...between, channels]));
  }, a);
}

/** Weights and other large parameters: what a budget is about. */
function parametersIn(network: Network): number {
  return network.layers.reduce((sum, layer) => {
    if (layer.kind === "constant") return sum + layer.values.length;
    return "weight" in layer ? sum + countOf(layer.weight) : sum;
  }, 0);
}
