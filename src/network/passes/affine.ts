/**
 * Batch norm, bias, scale, and arithmetic with constants are all y = activation(x * scale + shift) with one scale and shift
 * a channel. Each goes into the linear layer before it; what cannot becomes a `scale` layer.
 */
import {
  type Activation,
  type BatchNormLayer,
  type BinaryLayer,
  type ConstantLayer,
  type Layer,
  LINEAR,
} from "../network.ts";
import { sizeOf } from "../shapes.ts";
import { floatsOf } from "../weight.ts";
import type { Change, View } from "./rewrite.ts";

/** One number a channel, in float64; null: 1 and 0 throughout. */
interface Affine {
  readonly input: string;
  readonly scale: Float64Array | null;
  readonly shift: Float64Array | null;
  readonly activation: Activation;
}

/**
 * Folds a batch norm, bias, scale, or arithmetic with a constant into the dense, convolution or scale layer that feeds it,
 * where that has no activation and no other reader: w' = w gamma / sqrt(variance + epsilon), computed in float64 and
 * rounded once. Elsewhere it becomes a scale layer. Coefficients that f32 cannot hold are left as they are.
 */
export function foldAffine(layer: Layer, view: View): Change | null {
  const affine = affineOf(layer, view);
  if (affine === null) return null;
  const source = view.source(affine.input);
  if (source !== undefined && view.reads(source.name) === 1) {
    const folded = folding(source, affine);
    if (folded !== null) return { set: [folded], instead: source.name };
  }
  if (layer.kind === "scale") return null;
  const channels = view.shape(affine.input).at(-1)!;
  const scale = mapped(new Float32Array(channels).fill(1), affine.scale, null);
  const shift = mapped(new Float32Array(channels), null, affine.shift);
  if (scale === null || shift === null) return null;
  const { name } = layer;
  return { set: [{ kind: "scale", name, inputs: [affine.input], scale, shift, activation: affine.activation }] };
}

/** Moves an activation into the layer before it, where that has none yet and no other reader. */
export function foldActivation(layer: Layer, view: View): Change | null {
  if (layer.kind !== "activation") return null;
  const source = view.source(layer.inputs[0]!);
  if (source === undefined || view.reads(source.name) !== 1) return null;
  switch (source.kind) {
    case "dense":
    case "conv2d":
    case "scale":
    case "binary":
      if (source.activation.kind !== "linear") return null;
      return { set: [{ ...source, activation: layer.activation }], instead: source.name };
    default:
      return null;
  }
}

function affineOf(layer: Layer, view: View): Affine | null {
  const [input = ""] = layer.inputs;
  switch (layer.kind) {
    case "batch-norm":
      return { input, ...normalization(layer), activation: LINEAR };
    case "bias":
      return { input, scale: null, shift: Float64Array.from(layer.bias), activation: LINEAR };
    case "scale": {
      const { scale, shift, activation } = layer;
      return { input, scale: Float64Array.from(scale), shift: Float64Array.from(shift), activation };
    }
    case "binary":
      return arithmetic(layer, view);
    default:
      return null;
  }
}

function normalization({ gamma, beta, mean, variance, epsilon }: BatchNormLayer): Pick<Affine, "scale" | "shift"> {
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  return { scale, shift: scale.map((value, c) => beta[c]! - mean[c]! * value) };
}

/** x op constant, or constant op x, where the constant is one number or one a channel. */
function arithmetic(layer: BinaryLayer, view: View): Affine | null {
  const [left = "", right = ""] = layer.inputs;
  const [a, b] = [view.source(left), view.source(right)];
  if (a?.kind === "constant" && b?.kind === "constant") return null;
  const { activation, operator } = layer;
  const withConstant = (input: string, constant: ConstantLayer, numbers: Coefficients): Affine | null => {
    const values = perChannel(constant, view.shape(input));
    if (values === null) return null;
    const scale = numbers.scale && Float64Array.from(values, numbers.scale);
    const shift = numbers.shift && Float64Array.from(values, numbers.shift);
    return scale?.every(Number.isFinite) === false ? null : { input, scale, shift, activation };
  };
  if (b?.kind === "constant") return withConstant(left, b, RIGHT[operator]);
  if (a?.kind === "constant" && operator !== "divide") return withConstant(right, a, LEFT[operator]);
  return null;
}

/** Scale and shift from one number of the constant. */
interface Coefficients {
  readonly scale: ((constant: number) => number) | null;
  readonly shift: ((constant: number) => number) | null;
}
const ADD: Coefficients = { scale: null, shift: (constant) => constant };
const MULTIPLY: Coefficients = { scale: (constant) => constant, shift: null };
/** x op constant. */
const RIGHT: Record<BinaryLayer["operator"], Coefficients> = {
  add: ADD,
  subtract: { scale: null, shift: (constant) => -constant },
  multiply: MULTIPLY,
  divide: { scale: (constant) => 1 / constant, shift: null },
};
/** constant op x; constant / x is no such thing. */
const LEFT: Record<Exclude<BinaryLayer["operator"], "divide">, Coefficients> = {
  add: ADD,
  subtract: { scale: () => -1, shift: (constant) => constant },
  multiply: MULTIPLY,
};

/** A constant as one number a channel of `shape`, or null where it is none, or would make the result larger. */
function perChannel({ shape, values }: ConstantLayer, input: readonly number[]): Float32Array | null {
  const channels = input.at(-1) ?? 1;
  if (shape.length > input.length || sizeOf(shape) !== (shape.at(-1) ?? 1)) return null;
  if (values.length === channels) return values;
  return values.length === 1 ? new Float32Array(channels).fill(values[0]!) : null;
}

/** `source` with the affine map taken in, or null where that cannot be. */
function folding(source: Layer, { scale, shift, activation }: Affine): Layer | null {
  if (source.kind === "scale" && source.activation.kind === "linear") {
    const scales = mapped(source.scale, scale, null);
    const shifts = mapped(source.shift, scale, shift);
    return scales && shifts && { ...source, scale: scales, shift: shifts, activation };
  }
  if ((source.kind !== "dense" && source.kind !== "conv2d") || source.activation.kind !== "linear") return null;
  const channels = source.kind === "dense" ? source.outFeatures : source.outChannels;
  const weight = scale === null ? source.weight : mapped(floatsOf(source.weight), scale, null);
  if (weight === null) return null;
  if (source.bias === null && shift === null) return { ...source, weight, activation };
  const bias = mapped(source.bias ?? new Float32Array(channels), scale, shift);
  return bias && { ...source, weight, bias, activation };
}

/** values[i] * scale + shift of its channel, the last axis; in float64, rounded once. Null where f32 cannot hold one. */
function mapped(values: Float32Array, scale: Float64Array | null, shift: Float64Array | null): Float32Array | null {
  const channels = scale?.length ?? shift?.length ?? values.length;
  const results = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += channels) {
    for (let channel = 0; channel < channels; channel++) {
      results[row + channel] = values[row + channel]! * (scale?.[channel] ?? 1) + (shift?.[channel] ?? 0);
    }
  }
  return results.every(Number.isFinite) ? results : null;
}
