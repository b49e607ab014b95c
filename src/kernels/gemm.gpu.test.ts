/** The plain product in every variant: any strides, odd sizes, every activation on the way in and out. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Activation, ActivationKind } from "../network/network.ts";
import { differentiable } from "../reference/activation.ts";
import { type GemmOptions, type GemmShape, type GemmVariant, gemmVariants, planGemm } from "./gemm.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** Every variant that any adapter and width offers, once. */
const variants = [
  ...new Map(
    [true, false]
      .flatMap((isProcessor) => [3, 10, 17, 24, 65].flatMap((columns) => gemmVariants(isProcessor, columns)))
      .map((variant) => [JSON.stringify(variant), variant] as const),
  ),
];

const linear: Activation = { kind: "linear", alpha: 0 };

/** The product in float64; what it does not write is UNTOUCHED. */
function product(
  { rows, columns, depth, a, b, c }: GemmShape,
  { bias, load = linear, store = linear }: GemmOptions,
  data: { a: Float32Array; b: Float32Array; bias: Float32Array; c: Float32Array },
): Float64Array {
  const results = Float64Array.from(data.c);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      let sum = bias ? data.bias[n]! : 0;
      for (let k = 0; k < depth; k++) {
        sum += differentiable(load).value(data.a[m * a[0] + k * a[1]]!) * data.b[k * b[0] + n * b[1]]!;
      }
      const at = m * c[0] + n * c[1];
      results[at] = differentiable(store).value(sum);
    }
  }
  return results;
}

/** Strides of a [first, second] array, row by row or column by column, with `gap` unused elements a line. */
const strides = (first: number, second: number, transposed: boolean, gap: number): [number, number] =>
  transposed ? [1, first + gap] : [second + gap, 1];
const extent = (first: number, second: number, [f, s]: readonly [number, number]) =>
  (first - 1) * f + (second - 1) * s + 1;

async function errorOf(shape: GemmShape, variant: GemmVariant, options: GemmOptions, seed: number): Promise<number> {
  const { rows, columns, depth } = shape;
  const draw = random(seed);
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const data = {
    a: normals(extent(rows, depth, shape.a)),
    b: normals(extent(depth, columns, shape.b)),
    bias: normals(columns),
    c: new Float32Array(extent(rows, columns, shape.c) + 9).fill(UNTOUCHED),
  };
  const wanted = product(shape, options, data);
  const { c } = await runPlan(gpu, planGemm(shape, variant, options), data);
  const written = wanted.map((value) => (value === UNTOUCHED ? 0 : value));
  const got = c.map((value, i) => (wanted[i] === UNTOUCHED && value === UNTOUCHED ? 0 : value));
  return largestError(got, written);
}

const size = fc.constantFrom(1, 3, 5, 7, 17, 33, 63, 65);
const shapes = fc
  .record({
    rows: fc.oneof(fc.integer({ min: 1, max: 33 }), fc.constant(65)),
    columns: size,
    depth: size,
    transposed: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    gap: fc.nat(3),
  })
  .map(
    ({ rows, columns, depth, transposed, gap }): GemmShape => ({
      rows,
      columns,
      depth,
      a: strides(rows, depth, transposed[0], gap),
      b: strides(depth, columns, transposed[1], gap),
      c: strides(rows, columns, transposed[2], gap),
    }),
  );

// One pipeline a variant: what follows differs in sizes, strides and data alone.
const load: Activation = { kind: "relu", alpha: 0 };
const store: Activation = { kind: "leaky-relu", alpha: 0.1 };

describe.each(variants)("%s", (_, variant) => {
  test("equals float64 for odd sizes and any strides", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), fc.integer(), async (shape, bias, seed) => {
        expect(await errorOf(shape, variant, { bias, load, store }, seed)).toBeLessThan(1e-5);
      }),
      { seed: 7, numRuns: 12 },
    );
  });

  test("adds up a column with strides of 0", async () => {
    const shape: GemmShape = { rows: 1, columns: 7, depth: 33, a: [0, 0], b: [7, 1], c: [7, 1] };
    expect(await errorOf(shape, variant, { load, store }, 3)).toBeLessThan(1e-5);
  });
});

const kinds: ActivationKind[] = [
  "linear",
  "relu",
  "leaky-relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu-tanh",
  "silu",
  "clip",
  "hard-sigmoid",
  "hard-swish",
  "elu",
];
const shape: GemmShape = { rows: 17, columns: 13, depth: 9, a: [9, 1], b: [13, 1], c: [13, 1] };

test.each(kinds)("%s in tiles: loaded and stored", async (kind) => {
  const activation = { kind, alpha: 0.3, beta: 0.6 };
  const options = { bias: true, load: activation, store: activation };
  expect(await errorOf(shape, gemmVariants(false, 10)[1]!, options, 11)).toBeLessThan(2e-5);
});

/** Where exponentials overflow, where approximations meet, and between. */
const far = [-1e4, -200, -88.8, -30, -5, -0.0501, -0.0499, -1e-6, 0, 1e-6, 0.0499, 0.0501, 5, 30, 88.8, 200, 1e4];

test.each(kinds)("%s in registers: stored, also far from 0", async (kind) => {
  const activation = { kind, alpha: 0.3, beta: 0.6 };
  const { value } = differentiable(activation);
  const variant = gemmVariants(true, 13)[1]!;
  const options = { bias: true, store: activation };
  expect(await errorOf(shape, variant, options, 12)).toBeLessThan(2e-5);

  const rows = far.length;
  const one: GemmShape = { rows, columns: 1, depth: 1, a: [1, 1], b: [1, 1], c: [1, 1] };
  const { c } = await runPlan(gpu, planGemm(one, variant, options), {
    a: Float32Array.from(far),
    b: new Float32Array([1]),
    bias: new Float32Array(1),
    c: new Float32Array(rows),
  });
  far.forEach((x, i) => {
    // The cube of a number this large leaves nothing of tanh's argument to compare.
    if (kind === "gelu-tanh" && Math.abs(x) > 1e3) return;
    const wanted = value(Math.fround(x));
    expect(Math.abs(c[i]! - wanted), `value of ${x}: ${c[i]}, not ${wanted}`).toBeLessThan(
      2e-6 + 3e-6 * Math.abs(wanted),
    );
  });
});
