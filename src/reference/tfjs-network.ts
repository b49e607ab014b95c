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
  function run(x: Tensor, wanted: string, changes: readonly Change[]): Tensor {
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
        return tf.clone(changed(tf, layer, apply, own));
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
        const own = changes.map((change) => changeOn(change, samples, start, count));
        const result = run(tf.tensor(rows, [count, ...input.shape]), layer, own);
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

/** A change of `samples` samples, on `count` of them from `start` on. */
function changeOn(change: Change, samples: number, start: number, count: number): Change {
  const { shift } = change;
  if (typeof shift === "number") return change;
  const each = shift.length / samples;
  return { ...change, shift: shift.subarray(start * each, (start + count) * each) };
}

/** A layer's result with its changes made, those before its activation first. */
function changed(tf: Tfjs, layer: Layer, apply: (layer: Layer) => Tensor, changes: readonly Change[]): Tensor {
  const before = changes.filter(({ preActivation }) => preActivation === true);
  const after = changes.filter(({ preActivation }) => preActivation !== true);
  if (before.length === 0 || !("activation" in layer)) {
    return changeUnits(tf, apply(layer), [...before, ...after]);
  }
  const sums = changeUnits(tf, apply({ ...layer, activation: LINEAR }), before);
  return changeUnits(tf, activated(tf, sums, layer.activation), after);
}

/** scale * a + shift for a [n, ..., channels], with a scale a channel, and shifts as changes have them. */
function changeUnits(tf: Tfjs, a: Tensor, changes: readonly Change[]): Tensor {
  return changes.reduce((y, { units, scale, shift }) => {
    const rows = y.shape[0]!;
    const channels = y.shape.at(-1)!;
    const scales = new Float32Array(channels).fill(1);
    const places = typeof shift === "number" ? rows : shift.length;
    const shifts = new Float32Array(places * channels);
    for (const unit of units) {
      scales[unit] = scale;
      for (let at = 0; at < places; at++) {
        shifts[at * channels + unit] = typeof shift === "number" ? shift : shift[at]!;
      }
    }
    const between = y.shape.slice(1, -1).map((size) => (places > rows ? size : 1));
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
