/** Gradients of transpose, pad and concat on the GPU against what the layers themselves moved where. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Layer } from "../network/network.ts";
import { type Shape, sizeOf } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { drawOutput, runGradient } from "./gradient.fixture.ts";
import type { KernelPlan } from "./plan.ts";
import { planConcatGradient, planPadGradient, planTransposeGradient } from "./rearrange-gradient.ts";
import { drawTensor, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const base = { name: "y", inputs: ["x"] } as const;
const shapes = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }), fc.constantFrom(1, 3, 4, 5, 7))
  .map(([outer, channels]) => [...outer, channels]);

/** Against the layer applied to the numbers' own places, counted from 1: 0 is from nowhere. */
async function compare(
  layer: Layer,
  shapesIn: readonly Shape[],
  by: number,
  plan: KernelPlan,
  rows: number,
  seed: number,
) {
  const inputs = shapesIn.map((shape) => drawTensor(random(seed), rows, shape));
  const dy = drawOutput(random(seed + 1), layer, inputs, rows);
  const got = await runGradient(gpu, plan, { x: dy.packed }, rows, shapesIn[by]!, "y");
  const numbered = inputs.map(({ values, shape }, i) => {
    return { values: Float64Array.from(values, (_, at) => (i === by ? at + 1 : 0)), shape };
  });
  const wanted = new Float32Array(rows * sizeOf(shapesIn[by]!));
  evaluateLayer(layer, numbered, rows).forEach((place, i) => {
    if (place > 0) wanted[place - 1] = dy.values[i]!;
  });
  expect(got).toEqual(wanted);
}

test("transpose", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const axes = [...random(seed).permutation(shape.length)];
      const plan = planTransposeGradient(rows, shape, { axes });
      await compare({ ...base, kind: "transpose", axes }, [shape], 0, plan, rows, seed);
    }),
    { seed: 1337, numRuns: 20, examples: [[[3, 2, 5], 2, 8]] },
  );
});

test("pad", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const draw = random(seed);
      // Either end longer, as it is, or cut, such that something is left.
      const ends = () => shape.map((size) => draw.below(3) - Math.min(1, Math.floor((size - 1) / 2)));
      const pad = { before: ends(), after: ends(), mode: "constant", value: 0 } as const;
      await compare({ ...base, kind: "pad", ...pad }, [shape], 0, planPadGradient(rows, shape, pad), rows, seed);
    }),
    { seed: 1337, numRuns: 20 },
  );
  expect(() => planPadGradient(1, [3, 5], { before: [1, 0], after: [0, 0], mode: "edge" })).toThrow(
    "the gradient of padding [3, 5] in mode edge",
  );
});

test("concat", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const draw = random(seed);
      const axis = draw.below(shape.length);
      const inputs = Array.from({ length: 3 }, () => shape.with(axis, 1 + draw.below(6)));
      const by = draw.below(3);
      const sizes = inputs.map((input) => input[axis]!);
      const begin = sizes.slice(0, by).reduce((sum, size) => sum + size, 0);
      const outShape = shape.with(
        axis,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      const plan = planConcatGradient({ rows, outShape, inputShape: inputs[by]!, axis, begin });
      await compare({ name: "y", inputs: ["a", "b", "c"], kind: "concat", axis }, inputs, by, plan, rows, seed);
    }),
    { seed: 1337, numRuns: 20 },
  );
});
