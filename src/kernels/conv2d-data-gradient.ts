/**
 * Gradient of a convolution by its input, from its definition: any strides, dilations, padding and groups. With stride 1 and
 * one group it is a convolution itself, of flipped and transposed filters, for which there are faster kernels.
 */
import shader from "../../shaders/conv2d-data-gradient.wgsl";
import { type ConvShape, convParameters, isDepthwise, partialGroup } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { runOf, vectorsOf } from "./tensor-layout.ts";

/** `shape`: of the forward convolution. Buffers: dy, weight (`packConvWeight`), dx, whose padding becomes 0. */
export function planConv2dDataGradient(shape: ConvShape): KernelPlan {
  const { rows, height, width, inChannels, groups, stride } = shape;
  const positions = runOf(Math.ceil(width / stride[1]));
  const spans = Math.min(stride[1], width) * Math.ceil(width / (stride[1] * positions));
  const partial = partialGroup(shape);
  const depthwise = isDepthwise(shape);
  return {
    shader,
    constants: {
      POSITIONS: positions,
      // One shader for depthwise convolutions of any width.
      GROUPS: depthwise ? 1 : groups,
      GROUP_IN: partial?.deep ?? 0,
      GROUP_OUT: partial?.wide ?? 0,
      DEPTHWISE: depthwise ? 1 : 0,
    },
    parameters: convParameters(shape),
    workgroups: grid(Math.ceil((rows * height * spans * vectorsOf(inChannels)) / shader.constants.WORKGROUP)),
  };
}
