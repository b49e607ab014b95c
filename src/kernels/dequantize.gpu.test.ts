/** 8-bit weights on the GPU are, to the bit, those that the host expands: whole, or some of their columns. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { floatsOf } from "../network/weight.ts";
import { planDequantize } from "./dequantize.ts";
import { runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const sizes = fc.record({
  rows: fc.constantFrom(1, 3, 17, 65),
  stride4: fc.integer({ min: 1, max: 33 }),
  cut: fc.tuple(fc.nat(32), fc.nat(32)),
  scale: fc.double({ min: 1e-6, max: 10, noNaN: true }),
  min: fc.double({ min: -10, max: 10, noNaN: true }),
  seed: fc.integer(),
});

test("equals the host's", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ rows, stride4, cut, scale, min, seed }) => {
      const draw = random(seed);
      const values = Uint8Array.from({ length: rows * stride4 * 4 }, () => draw.below(256));
      const start4 = cut[0] % stride4;
      const columns4 = 1 + (cut[1] % (stride4 - start4));
      const weight = { values, scale: Math.fround(scale), min: Math.fround(min) };
      const wanted = floatsOf(weight).filter((_, at) => {
        const column4 = Math.floor(at / 4) % stride4;
        return column4 >= start4 && column4 < start4 + columns4;
      });
      const shape = { rows, stride4, start4, columns4, scale: weight.scale, min: weight.min };
      const got = await runPlan(gpu, planDequantize(shape), {
        values: new Uint32Array(values.buffer),
        weight: new Float32Array(wanted.length + 8).fill(UNTOUCHED),
      });
      expect(got.weight.subarray(0, wanted.length)).toEqual(wanted);
      expect([...got.weight.subarray(wanted.length)]).toEqual(Array(8).fill(UNTOUCHED));
    }),
    { seed: 1337, numRuns: 30 },
  );
});
