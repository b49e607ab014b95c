/** Test support: gradients as kernels give them, and as central differences of the float64 reference do. */
import type { Random } from "../core/random.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Layer } from "../network/network.ts";
import { outputShape, type Shape, sizeOf } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import type { KernelPlan } from "./plan.ts";
import { runPlan, type Words } from "./run.fixture.ts";
import { blankTensor, checkedTensor, drawTensor, packTensor } from "./tensor.fixture.ts";

const STEP = 1e-4;

/** What `plan` leaves in `output`, [rows, ...shape]. Throws where it writes behind its end, or padding that is not 0. */
export async function runGradient(
  gpu: Gpu,
  plan: KernelPlan,
  data: Readonly<Record<string, Words>>,
  rows: number,
  shape: Shape,
  output = "dx",
): Promise<Float32Array> {
  const written = await runPlan(gpu, plan, { ...data, [output]: blankTensor(rows, shape) });
  return checkedTensor(plan.shader.name, written[output] as Float32Array, rows, shape);
}

interface Values {
  readonly values: Float32Array;
  readonly shape: Shape;
}

/** Normal numbers of what `layer` gives for `inputs`. */
export function drawOutput(draw: Random, layer: Layer, inputs: readonly Values[], rows: number) {
  return drawTensor(
    draw,
    rows,
    outputShape(
      layer,
      inputs.map(({ shape }) => shape),
    ),
  );
}

/** The gradient of sum(dy * layer(inputs)) by input `by`, [rows, ...its shape]: samples are moved all at once. */
export function differences(
  layer: Layer,
  inputs: readonly Values[],
  by: number,
  dy: Float32Array,
  rows: number,
): Float64Array {
  const size = sizeOf(inputs[by]!.shape);
  const outSize = dy.length / rows;
  const moved = inputs.map(({ values, shape }) => ({ values: Float64Array.from(values), shape }));
  const own = moved[by]!.values;
  const gradient = new Float64Array(rows * size);
  for (let i = 0; i < size; i++) {
    for (const sign of [1, -1]) {
      for (let row = 0; row < rows; row++) own[row * size + i]! += sign * STEP;
      const y = evaluateLayer(layer, moved, rows);
      for (let at = 0; at < y.length; at++) {
        gradient[Math.floor(at / outSize) * size + i]! += (sign * y[at]! * dy[at]!) / (2 * STEP);
      }
      for (let row = 0; row < rows; row++) own[row * size + i] = inputs[by]!.values[row * size + i]!;
    }
  }
  return gradient;
}

/** Numbers of which no two of a sample are within hundreds of steps of each other: which is the largest stays. */
export function drawDistinct(draw: Random, rows: number, shape: Shape) {
  const size = sizeOf(shape);
  const values = Float32Array.from(
    Array.from({ length: rows }, () => [...draw.permutation(size)].map((place) => (place - size / 3) / 16)).flat(),
  );
  return { values, shape, packed: packTensor(values, rows, shape) };
}
