/** Test support: gradients of convolutions of odd sizes, and their reference. */
import { random } from "../core/random.ts";
import { conv2dGradient } from "../reference/gradients/conv2d.ts";
import type { ConvShape } from "./conv-shape.ts";
import { drawConv } from "./conv2d.fixture.ts";
import { packConvWeight } from "./pack-weights.ts";
import { drawTensor } from "./tensor.fixture.ts";

/** A convolution, a gradient by its output, and the gradients that follow: `dx` by its input, `dw` by its filters. */
export function drawConvGradient(shape: ConvShape, seed: number) {
  const conv = drawConv(shape, { bias: false, seed });
  const { layer, inShape, outShape, values, x, weight } = conv;
  const dy = drawTensor(random(seed + 1), shape.rows, outShape);
  const input = { values, shape: inShape };
  const { inputs, parameters } = conv2dGradient(layer, input, Float64Array.from(dy.values), shape.rows, outShape);
  return { layer, inShape, x, weight, dy: dy.packed, dx: inputs[0]!, dw: parameters.weight! };
}

/**
 * Filters, [kernel rows, kernel columns, inChannels / groups, outChannels], out of the layout of `packConvWeight`. Throws
 * where the padding holds what is not finite.
 */
export function unpackConvWeight(packed: Float32Array, shape: ConvShape): Float64Array {
  const { kernel, inChannels, outChannels, groups } = shape;
  const count = (kernel[0] * kernel[1] * inChannels * outChannels) / groups;
  const places = packConvWeight(
    Float32Array.from({ length: count }, (_, i) => i + 1),
    shape,
  );
  const weight = new Float64Array(count);
  places.forEach((place, at) => {
    if (!Number.isFinite(packed[at])) throw new Error(`filters at ${at}: ${packed[at]}`);
    if (place > 0) weight[place - 1] = packed[at]!;
  });
  return weight;
}

/** Numbers that filters take in the layout of `packConvWeight`. */
export function packedWeightFloats({ kernel, inChannels, outChannels, groups }: ConvShape): number {
  const count = (kernel[0] * kernel[1] * inChannels * outChannels) / groups;
  return packConvWeight(new Float32Array(count), { kernel, inChannels, outChannels, groups }).length;
}
