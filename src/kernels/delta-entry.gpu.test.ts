/** Entering by subtraction equals computing the damaged layer, from either end: intact, or with all units replaced. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { packProgram } from "../engine/masks.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { differentiable } from "../reference/activation.ts";
import { deltaEntryVariants, planDeltaEntry } from "./delta-entry.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const cases = fc.integer({ min: 1, max: 40 }).chain((units) =>
  fc.record({
    units: fc.constant(units),
    masks: fc.array(fc.subarray([...Array(units).keys()]), { minLength: 1, maxLength: 6 }),
    skipped: fc.nat(2),
    images: fc.integer({ min: 1, max: 33 }),
    imageStart: fc.nat(5),
    columns: fc.constantFrom(1, 3, 5, 7, 17, 63, 65),
    seed: fc.integer(),
  }),
);
const activation = { kind: "silu", alpha: 0 } as const;

test.each(deltaEntryVariants)("%o", async (variant) => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ units, masks, skipped, images, imageStart, columns, seed }) => {
      const draw = random(seed);
      const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
      const stride = imageStart + images + 3;
      const displacement = normals(units * stride);
      const b = normals(units * columns);
      const intact = normals(columns * stride);
      /** What replacing some units adds to column n of sample i. */
      const added = (mask: readonly number[], n: number, i: number) =>
        mask.reduce((sum, unit) => sum + displacement[unit * stride + i]! * b[unit * columns + n]!, 0);
      const everyUnit = [...Array(units).keys()];
      const replaced = intact.map((value, at) => value + added(everyUnit, Math.floor(at / stride), at % stride));
      const z = new Float32Array(2 * columns * stride);
      z.set(intact);
      z.set(replaced, columns * stride);

      const maskStart = Math.min(skipped, masks.length - 1);
      const computed = masks.slice(maskStart);
      const written = computed.length * images * columns;
      const wanted = Float64Array.from({ length: written }, (_, at) => {
        const n = at % columns;
        const row = Math.floor(at / columns);
        const i = imageStart + (row % images);
        const sum = intact[n * stride + i]! + added(computed[Math.floor(row / images)]!, n, i);
        return differentiable(activation).value(sum);
      });
      const shape = { masks: computed.length, maskStart, images, imageStart, columns, stride, activation };
      const { c } = await runPlan(gpu, planDeltaEntry(shape, variant), {
        z,
        displacement,
        b,
        program: packProgram(masks, units),
        c: new Float32Array(written + 7).fill(UNTOUCHED),
      });
      expect(largestError(c.subarray(0, written), wanted)).toBeLessThan(2e-5);
      expect([...c.subarray(written)]).toEqual(Array(7).fill(UNTOUCHED));
    }),
    { seed: 9, numRuns: 20 },
  );
});
