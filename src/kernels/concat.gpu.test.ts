/** Joining tensors along any axis on the GPU: exact, at any offset of channels, from all sources of rows. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { outputShape } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planConcat } from "./concat.ts";
import { drawOperand, drawRowTable, runTensorPlans, someChannels, someRowModes, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rows: someRows,
        outer: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        channels: someChannels,
        axis: fc.nat(3),
        inputs: fc.array(fc.tuple(someRowModes, fc.constantFrom(1, 2, 3, 4, 6, 9)), { minLength: 1, maxLength: 5 }),
        seed: fc.integer(),
      }),
      async ({ rows, outer, channels, axis: drawn, inputs, seed }) => {
        const draw = random(seed);
        const table = drawRowTable(draw, rows);
        const axis = Math.min(drawn, outer.length);
        const tensors = inputs.map(([mode, size]) => ({
          mode,
          ...drawOperand(draw, mode, table, [...outer, channels].with(axis, size)),
        }));
        const layer = { kind: "concat", name: "y", inputs: inputs.map(() => "x"), axis } as const;
        const outShape = outputShape(
          layer,
          tensors.map(({ shape }) => shape),
        );
        let begin = 0;
        const steps = tensors.map(({ mode, shape, packed }) => {
          const plan = planConcat({ rows, input: { shape, rows: mode }, outShape, axis, begin });
          begin += shape[axis]!;
          return { plan, data: { x: packed, rows: table } };
        });
        const got = await runTensorPlans(gpu, steps, rows, outShape);
        expect(got).toEqual(Float32Array.from(evaluateLayer(layer, tensors, rows)));
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});
