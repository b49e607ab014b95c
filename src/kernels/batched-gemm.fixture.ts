/** Test support: batched products of odd sizes, and what a kernel computes of them against float64. */
import fc from "fast-check";
import { random } from "../core/random.ts";
import type { Gpu } from "../gpu/device.ts";
import { RELU6 } from "../network/network.ts";
import type { BatchedGemmOptions, BatchedGemmShape } from "./batched-gemm.ts";
import type { KernelPlan } from "./plan.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";

/** Sizes that leave whole and partial tiles of all kinds; rows of c apart where there is one batch. */
export const productShapes: fc.Arbitrary<BatchedGemmShape> = fc
  .record({
    batches: fc.integer({ min: 1, max: 3 }),
    rows: fc.oneof(fc.integer({ min: 1, max: 33 }), fc.constantFrom(65, 130)),
    columns4: fc.constantFrom(1, 2, 3, 5, 8, 17, 33),
    depth4: fc.constantFrom(1, 2, 3, 4, 5, 9, 17),
    gap: fc.nat(3),
  })
  .map(({ gap, ...shape }) => (shape.batches === 1 ? { ...shape, cStride4: shape.columns4 + gap } : shape));

/**
 * Largest error of `plan`, over the root mean square of c; NaN where it writes behind c, or between its rows. `fused`:
 * with bias and ReLU6.
 */
export async function productError(
  gpu: Gpu,
  shape: BatchedGemmShape,
  plan: (shape: BatchedGemmShape, options: BatchedGemmOptions) => KernelPlan,
  { fused, seed }: { readonly fused: boolean; readonly seed: number },
): Promise<number> {
  const { batches, rows, columns4, depth4, cStride4 = columns4 } = shape;
  const [columns, depth, stride] = [4 * columns4, 4 * depth4, 4 * cStride4];
  const draw = random(seed);
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const a = normals(batches * rows * depth);
  const b = normals(batches * depth * columns);
  const bias = normals(columns);
  const c = new Float32Array(batches * rows * stride + 16).fill(UNTOUCHED);
  const wanted = Float64Array.from(c);
  for (let row = 0; row < batches * rows; row++) {
    const batch = Math.floor(row / rows);
    for (let n = 0; n < columns; n++) {
      let sum = fused ? bias[n]! : 0;
      for (let k = 0; k < depth; k++) sum += a[row * depth + k]! * b[(batch * depth + k) * columns + n]!;
      wanted[row * stride + n] = fused ? Math.min(Math.max(sum, 0), 6) : sum;
    }
  }
  const result = await runPlan(gpu, plan(shape, fused ? { bias: true, activation: RELU6 } : {}), { a, b, bias, c });
  const untouched = (values: ArrayLike<number>) =>
    Float64Array.from(values, (value, i) => (wanted[i] === UNTOUCHED ? (value === UNTOUCHED ? 0 : Number.NaN) : value));
  return largestError(untouched(result.c), untouched(wanted));
}
