/** Conv, depthwise and separable convolutions, over images and series. TensorFlow's kernels have Lesion's layout. */
import { type Conv2dLayer, LINEAR, type Weight } from "../../../network/network.ts";
import type { Shape } from "../../../network/shapes.ts";
import { floatsOf } from "../../../network/weight.ts";
import { activationsOf, withAfter } from "../activations.ts";
import {
  asImage,
  type Call,
  channelsOf,
  counted,
  onlyInput,
  positive,
  requireChannelsLast,
  type Value,
  type Variable,
} from "../call.ts";
import { impossible } from "../failure.ts";
import { windowOf } from "./window.ts";

export const Conv2D = (call: Call): Value => convolution(call, 2);
export const Conv1D = (call: Call): Value => convolution(call, 1);
export const DepthwiseConv2D = (call: Call): Value => depthwise(call, 2);
export const DepthwiseConv1D = (call: Call): Value => depthwise(call, 1);
export const SeparableConv2D = (call: Call): Value => separable(call, 2);
export const SeparableConv1D = (call: Call): Value => separable(call, 1);

/** kernel: [...kernel_size, inChannels / groups, filters]. */
function convolution(call: Call, axes: 1 | 2): Value {
  const { image, window, size, activations } = begin(call, axes);
  const inChannels = channelsOf(image);
  const outChannels = positive(call, "filters", null);
  const groups = positive(call, "groups", 1);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    const message = `has ${groups} groups for ${inChannels} channels and ${outChannels} filters`;
    throw impossible(`${call.config.where} ${message}`, call.config.where);
  }
  const kernel = { names: ["kernel"], shape: [...size, inChannels / groups, outChannels] };
  const [weight, bias] = call.weights([kernel, ...biasOf(call, outChannels)]);
  const layer: Conv2dLayer = {
    kind: "conv2d",
    name: call.name,
    inputs: [image.layer],
    ...window,
    inChannels,
    outChannels,
    groups,
    weight: weight!,
    bias: shiftOf(bias),
    activation: activations.own,
  };
  return withAfter(call, counted(call.emit(layer), axes), activations);
}

/**
 * kernel: [...kernel_size, inChannels, depth_multiplier]: channel c gives the output channels c * multiplier + 0, 1, ...,
 * so the same numbers are a kernel [rows, columns, 1, inChannels * multiplier] of as many groups as channels.
 */
function depthwise(call: Call, axes: 1 | 2): Value {
  const { image, window, size, activations } = begin(call, axes);
  const inChannels = channelsOf(image);
  const multiplier = positive(call, "depth_multiplier", 1);
  const outChannels = inChannels * multiplier;
  const kernel = { names: ["depthwise_kernel", "kernel"], shape: [...size, inChannels, multiplier] };
  const [weight, bias] = call.weights([kernel, ...biasOf(call, outChannels)]);
  const layer: Conv2dLayer = {
    kind: "conv2d",
    name: call.name,
    inputs: [image.layer],
    ...window,
    inChannels,
    outChannels,
    groups: inChannels,
    weight: weight!,
    bias: shiftOf(bias),
    activation: activations.own,
  };
  return withAfter(call, counted(call.emit(layer), axes), activations);
}

/** Depthwise without bias or activation, then 1 x 1 with both (Chollet 2017). */
function separable(call: Call, axes: 1 | 2): Value {
  const { image, window, size, activations } = begin(call, axes);
  const inChannels = channelsOf(image);
  const multiplier = positive(call, "depth_multiplier", 1);
  const between = inChannels * multiplier;
  const outChannels = positive(call, "filters", null);
  const ones = size.map(() => 1);
  const [depthwiseWeight, pointwiseWeight, bias] = call.weights([
    { names: ["depthwise_kernel"], shape: [...size, inChannels, multiplier] },
    { names: ["pointwise_kernel"], shape: [...ones, between, outChannels] },
    ...biasOf(call, outChannels),
  ]);
  const spread = call.emit({
    kind: "conv2d",
    name: call.extraName("depthwise"),
    inputs: [image.layer],
    ...window,
    inChannels,
    outChannels: between,
    groups: inChannels,
    weight: depthwiseWeight!,
    bias: null,
    activation: LINEAR,
  });
  const mixed = call.emit({
    kind: "conv2d",
    name: call.name,
    inputs: [spread.layer],
    ...ONE_BY_ONE,
    inChannels: between,
    outChannels,
    groups: 1,
    weight: pointwiseWeight!,
    bias: shiftOf(bias),
    activation: activations.own,
  });
  return withAfter(call, counted(mixed, axes), activations);
}

const ONE_BY_ONE = {
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  padding: { top: 0, left: 0, bottom: 0, right: 0 },
} as const;

/** What all three begin with; `size` is the kernel's as the weights have it. */
function begin(call: Call, axes: 1 | 2) {
  requireChannelsLast(call);
  const image = asImage(call, onlyInput(call), axes);
  const window = windowOf(call, image, axes, "kernel_size");
  const size: Shape = axes === 1 ? [window.kernel[1]] : window.kernel;
  return { image, window, size, activations: activationsOf(call) };
}

function biasOf(call: Call, channels: number): Variable[] {
  return call.config.flag("use_bias", true) ? [{ names: ["bias"], shape: [channels] }] : [];
}

function shiftOf(bias: Weight | undefined): Float32Array | null {
  return bias === undefined ? null : floatsOf(bias);
}
