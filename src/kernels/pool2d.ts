/** The maximum or mean of each window. */
import shader from "../../shaders/pool2d.wgsl";
import type { Pool2dLayer, Window } from "../network/network.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { runOf, vectorsOf } from "./tensor-layout.ts";

/** Whether windows are rounded up or down shows in outHeight and outWidth alone. */
export interface Pool2dShape extends Window, Pick<Pool2dLayer, "pool" | "countIncludePad"> {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** x: [rows, height, width, channels], y: [rows, outHeight, outWidth, channels]. */
export function planPool2d(shape: Pool2dShape): KernelPlan {
  const { rows, height, width, channels, outHeight, outWidth, kernel, stride, dilation, padding } = shape;
  const reach = (axis: 0 | 1, windows: number) => (windows - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis];
  const outside = reach(0, outHeight) >= height || reach(1, outWidth) >= width;
  const columns = runOf(outWidth);
  const threads = rows * outHeight * Math.ceil(outWidth / columns) * vectorsOf(channels);
  return {
    shader,
    constants: {
      AVERAGE: shape.pool === "average" ? 1 : 0,
      COUNT_PADDING: shape.countIncludePad ? 1 : 0,
      PADDED: outside || padding.top > 0 || padding.left > 0 ? 1 : 0,
      KERNEL_Y: kernel[0],
      KERNEL_X: kernel[1],
      DILATION_Y: dilation[0],
      DILATION_X: dilation[1],
      COLUMNS: columns,
    },
    parameters: {
      rows,
      height,
      width,
      channels,
      outHeight,
      outWidth,
      strideY: stride[0],
      strideX: stride[1],
      padTop: padding.top,
      padLeft: padding.left,
      paddedHeight: padding.top + height + padding.bottom,
      paddedWidth: padding.left + width + padding.right,
    },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}
