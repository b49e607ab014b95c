/** Gradients of slices on the GPU, forwards and backwards, against what the slice itself took from where. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { SliceLayer } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { drawOutput, runGradient } from "./gradient.fixture.ts";
import { planSliceGradient } from "./slice-gradient.ts";
import { drawTensor, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const shapes = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }), someChannels)
  .map(([outer, channels]) => [...outer, channels])
  .filter((shape) => sizeOf(shape) <= 1500);

test("each number taken gets its gradient, the others 0", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const draw = random(seed);
      const steps = shape.map(() => [1, 1, 2, 3, -1, -2][draw.below(6)]!);
      const sizes = shape.map((size, axis) => {
        const most = Math.ceil(size / Math.abs(steps[axis]!));
        // A third of the axes whole.
        return draw.below(3) === 0 ? most : 1 + draw.below(most);
      });
      const starts = shape.map((size, axis) => {
        const reach = (sizes[axis]! - 1) * Math.abs(steps[axis]!);
        return (steps[axis]! < 0 ? reach : 0) + draw.below(size - reach);
      });
      const layer: SliceLayer = { kind: "slice", name: "y", inputs: ["x"], starts, steps, sizes };
      const x = drawTensor(draw, rows, shape);
      const dy = drawOutput(draw, layer, [x], rows);
      const got = await runGradient(gpu, planSliceGradient(rows, shape, layer), { dy: dy.packed }, rows, shape);
      // A slice of the numbers' own places says where each of its numbers came from.
      const places = evaluateLayer(layer, [{ values: Float64Array.from(x.values, (_, i) => i), shape }], rows);
      const wanted = new Float32Array(x.values.length);
      places.forEach((place, i) => {
        wanted[place] = dy.values[i]!;
      });
      expect(got).toEqual(wanted);
    }),
    { seed: 1337, numRuns: 60 },
  );
});

test("refuses more axes than it has", () => {
  const shape = [2, 2, 2, 2, 2, 3];
  const slice = { starts: shape.map(() => 0), steps: shape.map(() => 1), sizes: shape.map(() => 1) };
  expect(() => planSliceGradient(2, shape, slice)).toThrow("slice-gradient: [1, 1, 1, 1, 1, 1] of [2, 2, 2, 2, 2, 3]");
});
