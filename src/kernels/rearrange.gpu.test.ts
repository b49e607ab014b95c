/** Transpose, slice, pad and reshape on the GPU: exact, up to six axes, between layouts with different padding. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Layer } from "../network/network.ts";
import { outputShape, type Shape, sizeOf } from "../network/shapes.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import type { KernelPlan } from "./plan.ts";
import { isSameLayout, planPad, planReshape, planSlice, planTranspose } from "./rearrange.ts";
import { drawTensor, packTensor, runTensorPlan, someChannels, someRows, unpackTensor } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const shapes = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }), someChannels)
  .map(([outer, channels]) => [...outer, channels])
  .filter((shape) => sizeOf(shape) <= 1500);

async function compare(layer: Layer, plan: KernelPlan, rows: number, shape: Shape, seed: number): Promise<void> {
  const x = drawTensor(random(seed), rows, shape);
  const got = await runTensorPlan(gpu, plan, { x: x.packed }, rows, outputShape(layer, [shape]));
  expect(got).toEqual(Float32Array.from(evaluateLayer(layer, [x], rows)));
}
const base = { name: "y", inputs: ["x"] } as const;

test("transpose equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const axes = [...random(seed).permutation(shape.length)];
      await compare({ ...base, kind: "transpose", axes }, planTranspose(rows, shape, { axes }), rows, shape, seed);
    }),
    { seed: 1337, numRuns: 60, examples: [[[2, 3, 4, 2, 3, 5], 2, 3]] },
  );
});

test("slice equals the reference, forwards and backwards", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const draw = random(seed);
      const steps = shape.map(() => [1, 1, 2, 3, -1, -2][draw.below(6)]!);
      const sizes = shape.map((size, axis) => 1 + draw.below(Math.ceil(size / Math.abs(steps[axis]!))));
      const starts = shape.map((size, axis) => {
        const reach = (sizes[axis]! - 1) * Math.abs(steps[axis]!);
        return (steps[axis]! < 0 ? reach : 0) + draw.below(size - reach);
      });
      const slice = { starts, steps, sizes };
      await compare({ ...base, kind: "slice", ...slice }, planSlice(rows, shape, slice), rows, shape, seed);
    }),
    { seed: 1337, numRuns: 60 },
  );
});

test.each(["constant", "edge", "reflect", "wrap"] as const)("pad %s equals the reference", async (mode) => {
  await fc.assert(
    fc.asyncProperty(shapes, someRows, fc.integer(), async (shape, rows, seed) => {
      const draw = random(seed);
      const ends = shape.map((size) => {
        const most = mode === "reflect" ? size - 1 : size;
        // A third of the axes as they are, a third cut, a third longer; constants may do both.
        const change = draw.below(3);
        const cut = -Math.floor((size - 1) / 2);
        const lengths = [draw.below(Math.min(most, 3) + 1), draw.below(Math.min(most, 3) + 1)];
        if (change === 0) return [0, 0];
        if (change === 1) return mode === "constant" && draw.below(2) === 0 ? [cut, lengths[1]!] : [cut, cut];
        return lengths;
      });
      const pad = { before: ends.map(([first]) => first!), after: ends.map(([, last]) => last!), mode, value: -7.5 };
      await compare({ ...base, kind: "pad", ...pad }, planPad(rows, shape, pad), rows, shape, seed);
    }),
    { seed: 1337, numRuns: 40, examples: [[[3, 2, 3, 2, 3, 5], 1, 8]] },
  );
});

describe("reshape", () => {
  /** A shape and another of as many numbers: the factors of the first, dealt anew. */
  const pairs = fc
    .tuple(fc.array(fc.constantFrom(2, 3, 4, 5), { minLength: 1, maxLength: 5 }), fc.integer())
    .map(([factors, seed]) => {
      const draw = random(seed);
      const dealt = (): Shape => {
        const shape = Array<number>(1 + draw.below(4)).fill(1);
        for (const factor of factors) {
          const axis = draw.below(shape.length);
          shape[axis] = shape[axis]! * factor;
        }
        return shape;
      };
      return [dealt(), dealt()] as const;
    });

  test("equals the reference", async () => {
    await fc.assert(
      fc.asyncProperty(pairs, someRows, fc.integer(), async ([from, shape], rows, seed) => {
        await compare({ ...base, kind: "reshape", shape }, planReshape(rows, from, shape), rows, from, seed);
      }),
      { seed: 1337, numRuns: 60 },
    );
  });

  test("moves nothing exactly where the layouts are the same", () => {
    fc.assert(
      fc.property(pairs, someRows, ([from, to], rows) => {
        const values = Float32Array.from({ length: rows * sizeOf(from) }, (_, i) => i + 1);
        const packed = packTensor(values, rows, from);
        const read = packed.length === packTensor(values, rows, to).length ? unpackTensor(packed, rows, to) : null;
        expect(isSameLayout(from, to)).toBe(read?.every((value, i) => value === values[i]) ?? false);
      }),
      { seed: 1337, examples: [[[[7, 7, 512], [25088]], 2] as never, [[[1, 1, 5], [5]], 2] as never] },
    );
    expect(isSameLayout([7, 7, 512], [25088])).toBe(true);
    expect(isSameLayout([4], [8])).toBe(false);
  });
});
