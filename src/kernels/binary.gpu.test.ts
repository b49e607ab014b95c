/** Elementwise arithmetic of two tensors on the GPU against float64: all ways to broadcast, all sources of rows. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { BinaryLayer } from "../network/network.ts";
import { broadcastShape } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planBinary } from "./binary.ts";
import { largestError } from "./run.fixture.ts";
import {
  drawOperand,
  drawRowTable,
  packTensor,
  runTensorPlan,
  someChannels,
  someRowModes,
  someRows,
} from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** Two shapes of which either repeats some axes, and leaves out some of the first. */
const shapes = fc
  .record({
    outer: fc
      .array(fc.constantFrom<number>(1, 2, 3, 5), { maxLength: 5 })
      .filter((sizes) => sizes.reduce((n, s) => n * s, 1) < 99),
    channels: someChannels,
    how: fc.array(fc.constantFrom("both", "both", "both", "a", "b"), { minLength: 6, maxLength: 6 }),
    missing: fc.tuple(fc.nat(3), fc.nat(3)),
    firstShort: fc.boolean(),
  })
  .map(({ outer, channels, how, missing, firstShort }) => {
    const whole = [...outer, channels];
    const operand = (own: string, left: number) => {
      return whole.map((size, axis) => (how[axis] === own || how[axis] === "both" ? size : 1)).slice(left);
    };
    const most = (left: number) => Math.min(left, whole.length - 1);
    return {
      a: operand("a", firstShort ? most(missing[0]) : 0),
      b: operand("b", firstShort ? 0 : most(missing[1])),
    };
  });

test.each(["add", "subtract", "multiply", "divide"] as const)("%s equals the reference", async (operator) => {
  await fc.assert(
    fc.asyncProperty(
      ...([shapes, someRows, someRowModes, someRowModes, fc.boolean(), fc.integer()] as const),
      async (shape, rows, aMode, bMode, relu, seed) => {
        const draw = random(seed);
        const table = drawRowTable(draw, rows);
        const a = drawOperand(draw, aMode, table, shape.a);
        const b = drawOperand(draw, bMode, table, shape.b);
        const activation = { kind: relu ? "relu" : "linear", alpha: 0 } as const;
        const layer: BinaryLayer = { kind: "binary", name: "y", inputs: ["a", "b"], operator, activation };
        const plan = planBinary({
          rows,
          a: { shape: shape.a, rows: aMode },
          b: { shape: shape.b, rows: bMode },
          operator,
          activation,
        });
        const outShape = broadcastShape(shape.a, shape.b)!;
        const got = await runTensorPlan(gpu, plan, { a: a.packed, b: b.packed, rows: table }, rows, outShape);
        expect(largestError(got, evaluateLayer(layer, [a, b], rows))).toBeLessThan(1e-5);
      },
    ),
    { seed: 1337, numRuns: 40 },
  );
});

test("padding of 0 is not divided by", async () => {
  const activation = { kind: "linear", alpha: 0 } as const;
  const operand = { shape: [5], rows: "own" } as const;
  const plan = planBinary({ rows: 1, a: operand, b: operand, operator: "divide", activation });
  const a = packTensor([1, 2, 3, 4, 5], 1, [5]).fill(0, 5);
  // Throws where the padding holds NaN.
  const got = await runTensorPlan(gpu, plan, { a, b: a, rows: new Uint32Array(2) }, 1, [5]);
  expect([...got]).toEqual([1, 1, 1, 1, 1]);
});
