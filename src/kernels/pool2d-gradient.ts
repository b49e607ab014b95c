/**
 * The gradient of pooling. Where windows of 2 x 2 neither overlap nor are padded, as in most networks, a thread a window
 * reads and writes each number once; else a thread a number looks at all windows that hold it.
 */
import generalShader from "../../shaders/pool2d-gradient.wgsl";
import pool2x2Shader from "../../shaders/pool2x2-gradient.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { type Pool2dShape, planPool2d } from "./pool2d.ts";
import { vectorsOf } from "./tensor-layout.ts";

/**
 * x and dx: [rows, height, width, channels], dy: [rows, outHeight, outWidth, channels]. A maximum's gradient goes to the
 * first of its window's largest numbers in row-major order, as in PyTorch and TensorFlow. x is bound, and not read, for means.
 */
export function planPool2dGradient(shape: Pool2dShape): KernelPlan {
  return isPlain2x2(shape) ? planPool2x2Gradient(shape) : planGeneral(shape);
}

function isPlain2x2({ pool, kernel, stride, dilation, padding }: Pool2dShape): boolean {
  const all = (pair: readonly [number, number], size: number) => pair.every((value) => value === size);
  return pool === "max" && all(kernel, 2) && all(stride, 2) && all(dilation, 1) && padding.top + padding.left === 0;
}

function planPool2x2Gradient({ rows, height, width, channels, outHeight, outWidth }: Pool2dShape): KernelPlan {
  const threads = rows * Math.ceil(height / 2) * Math.ceil(width / 2) * vectorsOf(channels);
  return {
    shader: pool2x2Shader,
    constants: {},
    parameters: { rows, height, width, channels, outHeight, outWidth },
    workgroups: grid(Math.ceil(threads / pool2x2Shader.constants.WORKGROUP)),
  };
}

function planGeneral(shape: Pool2dShape): KernelPlan {
  // How windows lie is told in the same words in both directions.
  const { constants, parameters } = planPool2d(shape);
  const { COLUMNS: _, ...windows } = constants;
  const threads = shape.rows * shape.height * shape.width * vectorsOf(shape.channels);
  return {
    shader: generalShader,
    constants: windows,
    parameters,
    workgroups: grid(Math.ceil(threads / generalShader.constants.WORKGROUP)),
  };
}
