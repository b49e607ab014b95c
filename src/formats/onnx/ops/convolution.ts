/** Conv with constant weights, over one or two axes of positions. */
import { LINEAR } from "../../../network/network.ts";
import { shapeText } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computedFrom } from "../features.ts";
import { permuted } from "../folding.ts";
import { hasInput, type Operation, type Value, weightInput } from "../operation.ts";
import type { FloatTensor } from "../tensor.ts";
import { imageInput, windowOf } from "./window.ts";

/** y[o] = sum of w[o, i] * x[i] over the input channels i of o's group, plus b[o]. */
export function Conv(operation: Operation): Value {
  const { attributes, where, name } = operation;
  const image = imageInput(operation, 0);
  const weight = weightInput(operation, 1);
  const [outChannels = 0, channels = 0, ...kernel] = weight.dims;
  const [inChannels = 0, ...positions] = image.shape;
  const groups = attributes.int("group", 1);
  if (kernel.length !== positions.length || weight.dims.includes(0)) {
    const text = `weights of the shape ${shapeText(weight.dims)} for ${positions.length} axes of positions`;
    throw impossible(`${where} has ${text}`, where);
  }
  if (!(groups > 0) || outChannels % groups !== 0 || channels * groups !== inChannels) {
    const text = `weights for ${channels} channels in each of ${groups} groups, ${outChannels} in all`;
    throw impossible(`${where} has ${text}, and reads ${inChannels} channels`, where);
  }
  const asked = attributes.ints("kernel_shape");
  if (asked !== null && asked.join() !== kernel.join()) {
    throw impossible(`${where} has a kernel of ${shapeText(asked)} and weights of ${shapeText(weight.dims)}`, where);
  }
  const bias = hasInput(operation, 2) ? weightInput(operation, 2).values : null;
  if (bias !== null && bias.length !== outChannels) {
    throw impossible(`${where} has ${bias.length} biases for ${outChannels} channels`, where);
  }
  return computedFrom(operation, image, {
    kind: "conv2d",
    name,
    inputs: [image.layer],
    ...windowOf(operation, positions, kernel),
    inChannels,
    outChannels,
    groups,
    weight: channelsLast(operation, weight),
    bias,
    activation: LINEAR,
  });
}

/** [outChannels, channels, ...kernel] as [...kernel, channels, outChannels]. */
function channelsLast(operation: Operation, weight: FloatTensor): Float32Array {
  const kernel = weight.dims.map((_, axis) => axis).slice(2);
  return permuted(operation, weight, [...kernel, 1, 0]).values;
}
