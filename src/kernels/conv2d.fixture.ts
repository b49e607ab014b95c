/** Test support: convolutions of odd sizes, and what a kernel computes of them against the reference. */
import fc from "fast-check";
import { random } from "../core/random.ts";
import type { Gpu } from "../gpu/device.ts";
import { type Activation, type Conv2dLayer, LINEAR } from "../network/network.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import type { ConvOptions, ConvShape } from "./conv-shape.ts";
import { packBias, packConvWeight } from "./pack-weights.ts";
import type { KernelPlan } from "./plan.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { packTensor, unpackTensor } from "./tensor.fixture.ts";
import { tensorFloats } from "./tensor-layout.ts";

/** A convolution without the sizes that follow from the others. */
export type ConvSizes = Omit<ConvShape, "outHeight" | "outWidth">;

/** 3 x 3 over 5 x 5, 3 channels to 5, and what a test changes of it. */
export function convShape(sizes: Partial<ConvSizes>): ConvShape {
  const shape: ConvSizes = {
    ...{ rows: 2, height: 5, width: 5, inChannels: 3, outChannels: 5, groups: 1 },
    ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: { top: 1, left: 1, bottom: 1, right: 1 } },
    ...sizes,
  };
  const { kernel, stride, dilation, padding } = shape;
  const outSize = (size: number, axis: 0 | 1) =>
    Math.floor((size - (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis]) + 1;
  return {
    ...shape,
    outHeight: outSize(shape.height + padding.top + padding.bottom, 0),
    outWidth: outSize(shape.width + padding.left + padding.right, 1),
  };
}

/** Numbers of channels that leave whole, partial and many vec4s. */
export const oddChannels = fc.constantFrom(1, 3, 4, 5, 7, 8, 17, 63, 65);

const small = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(small(min, max), small(min, max));

/** Shapes with windows, strides, dilations and padding of all kinds; `channels`: [inChannels, outChannels, groups]. */
export function convShapes(channels: fc.Arbitrary<readonly [number, number, number]>): fc.Arbitrary<ConvShape> {
  const padding = fc.record({ top: small(0, 3), left: small(0, 3), bottom: small(0, 3), right: small(0, 3) });
  return fc
    .record({
      ...{ rows: small(1, 5), size: pair(1, 13), channels },
      ...{ kernel: pair(1, 5), stride: pair(1, 3), dilation: pair(1, 2), padding },
    })
    .map(({ rows, size, channels: [inChannels, outChannels, groups], ...window }) =>
      convShape({ rows, height: size[0], width: size[1], inChannels, outChannels, groups, ...window }),
    )
    .filter(({ outHeight, outWidth }) => outHeight > 0 && outWidth > 0);
}

/** The same with what Winograd computes: 3 x 3, one step at a time. */
export function winogradShapes(channels: fc.Arbitrary<readonly [number, number, number]>): fc.Arbitrary<ConvShape> {
  return convShapes(channels)
    .map((shape) => convShape({ ...shape, kernel: [3, 3], stride: [1, 1], dilation: [1, 1] }))
    .filter(({ outHeight, outWidth }) => outHeight > 0 && outWidth > 0);
}

/** What a test varies of a convolution besides its sizes. */
export interface ConvDraw {
  readonly bias?: boolean;
  readonly activation?: Activation;
  readonly seed?: number;
}

/** A convolution with normal weights, its input, and both as they lie on the device. */
export function drawConv(shape: ConvShape, { bias = true, activation = LINEAR, seed = 1 }: ConvDraw = {}) {
  const { rows, height, width, outHeight, outWidth, inChannels, outChannels, groups, kernel } = shape;
  const { stride, dilation, padding } = shape;
  const draw = random(seed);
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const inShape = [height, width, inChannels];
  const outShape = [outHeight, outWidth, outChannels];
  const values = normals(rows * height * width * inChannels);
  const weight = normals((kernel[0] * kernel[1] * inChannels * outChannels) / groups);
  const layer: Conv2dLayer = {
    ...{ kind: "conv2d", name: "conv", inputs: ["x"], inChannels, outChannels, groups },
    ...{ kernel, stride, dilation, padding, weight, bias: bias ? normals(outChannels) : null, activation },
  };
  return {
    ...{ layer, inShape, outShape, values },
    x: packTensor(values, rows, inShape),
    weight: packConvWeight(weight, layer),
    bias: packBias(layer.bias, outChannels),
  };
}

/** Largest error of `plan`, over the root mean square of y. What the kernel writes behind y counts as an error. */
export async function convError(
  gpu: Gpu,
  shape: ConvShape,
  plan: (shape: ConvShape, options: ConvOptions) => KernelPlan,
  options: ConvDraw = {},
): Promise<number> {
  const { bias = true, activation = LINEAR } = options;
  const { layer, inShape, outShape, values, ...buffers } = drawConv(shape, options);
  const floats = tensorFloats(shape.rows, outShape);
  const { y } = await runPlan(gpu, plan(shape, { bias, activation }), {
    ...buffers,
    y: new Float32Array(floats + 16).fill(UNTOUCHED),
  });
  if (y.subarray(floats).some((value) => value !== UNTOUCHED)) return Number.POSITIVE_INFINITY;
  return largestError(
    unpackTensor(y, shape.rows, outShape),
    evaluateLayer(layer, [{ values, shape: inShape }], shape.rows),
  );
}
