/** Test support: layers of every kind in a line of code, with drawn parameters. */
import type { Random } from "../core/random.ts";
import {
  type Activation,
  type BatchNormLayer,
  type BinaryLayer,
  type ConstantLayer,
  type Conv2dLayer,
  type DenseLayer,
  type Layer,
  LINEAR,
  type Network,
  type PadLayer,
  type Pool2dLayer,
  type QuantizedWeight,
  type ScaleLayer,
  type Window,
} from "./network.ts";
import { sizeOf } from "./shapes.ts";
import { NO_PADDING } from "./window.ts";

export const window = (kernel: number, more: Partial<Window> = {}): Window => ({
  kernel: [kernel, kernel],
  stride: [1, 1],
  dilation: [1, 1],
  padding: NO_PADDING,
  ...more,
});

export const net = (
  layers: readonly Layer[],
  outputs = [layers.at(-1)!.name],
  shape: readonly number[] = [3],
): Network => ({ name: "n", inputs: [{ name: "x", shape }], layers, outputs });

export const plain = (kind: "identity" | "flatten", name: string, input: string): Layer => ({
  kind,
  name,
  inputs: [input],
});
export const act = (name: string, input: string, activation: Activation): Layer => ({
  kind: "activation",
  name,
  inputs: [input],
  activation,
});
export const join = (
  name: string,
  inputs: readonly string[],
  operator: BinaryLayer["operator"] = "add",
): BinaryLayer => ({ kind: "binary", name, inputs, operator, activation: LINEAR });
export const constant = (name: string, shape: readonly number[], values: readonly number[]): ConstantLayer => ({
  kind: "constant",
  name,
  inputs: [],
  shape,
  values: Float32Array.from(values),
});
export const bias = (name: string, input: string, values: readonly number[]): Layer => ({
  kind: "bias",
  name,
  inputs: [input],
  bias: Float32Array.from(values),
});
export const transpose = (name: string, input: string, axes: readonly number[]): Layer => ({
  kind: "transpose",
  name,
  inputs: [input],
  axes,
});
export const reshape = (name: string, input: string, shape: readonly number[]): Layer => ({
  kind: "reshape",
  name,
  inputs: [input],
  shape,
});
export const pad = (name: string, input: string, sizes: readonly number[], more: Partial<PadLayer> = {}): PadLayer => ({
  kind: "pad",
  name,
  inputs: [input],
  before: sizes.slice(0, sizes.length / 2),
  after: sizes.slice(sizes.length / 2),
  mode: "constant",
  value: 0,
  ...more,
});
export const pool = (name: string, input: string, kernel: number, more: Partial<Pool2dLayer> = {}): Pool2dLayer => ({
  ...window(kernel),
  kind: "pool2d",
  name,
  inputs: [input],
  pool: "average",
  ceilMode: false,
  countIncludePad: false,
  ...more,
});
export const globalPool = (name: string, input: string): Layer => ({
  kind: "global-pool",
  name,
  inputs: [input],
  pool: "average",
});

/** Layers with drawn parameters. */
export function drawing(draw: Random) {
  const numbers = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const positive = (count: number) => numbers(count).map((value) => 0.5 + Math.abs(value));
  return {
    numbers,
    dense: (
      name: string,
      input: string,
      inFeatures: number,
      outFeatures: number,
      activation: Activation = LINEAR,
    ): DenseLayer => {
      const weight = numbers(inFeatures * outFeatures);
      return { kind: "dense", name, inputs: [input], inFeatures, outFeatures, weight, bias: null, activation };
    },
    conv: (
      name: string,
      input: string,
      inChannels: number,
      outChannels: number,
      more: Partial<Conv2dLayer> = {},
    ): Conv2dLayer => {
      const layer = { ...window(1), groups: 1, bias: null, activation: LINEAR, ...more };
      const weight = numbers(layer.kernel[0] * layer.kernel[1] * (inChannels / layer.groups) * outChannels);
      return { kind: "conv2d", name, inputs: [input], inChannels, outChannels, weight, ...layer };
    },
    norm: (name: string, input: string, channels: number): BatchNormLayer => ({
      kind: "batch-norm",
      name,
      inputs: [input],
      gamma: numbers(channels),
      beta: numbers(channels),
      mean: numbers(channels),
      variance: positive(channels),
      epsilon: 1e-3,
    }),
    scale: (name: string, input: string, channels: number, activation: Activation = LINEAR): ScaleLayer => ({
      kind: "scale",
      name,
      inputs: [input],
      scale: numbers(channels),
      shift: numbers(channels),
      activation,
    }),
    filled: (name: string, shape: readonly number[]): ConstantLayer =>
      constant(name, shape, [...positive(sizeOf(shape))]),
    quantized: (count: number): QuantizedWeight => ({
      values: Uint8Array.from({ length: count }, () => draw.below(256)),
      scale: 1 / 64,
      min: -2,
    }),
  };
}
