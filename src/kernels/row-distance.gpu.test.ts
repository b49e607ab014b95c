/** Squared distances and norms of rows, against float64; what lies in the padding counts for nothing. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planRowDistance, rowDistanceParts } from "./row-distance.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { drawTensor, packTensor, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("row-distance gives the squared distance and the squared norm of each row", async () => {
  const sizes = fc.record({
    rows: someRows,
    positions: fc.constantFrom(1, 3, 37, 400),
    channels: someChannels,
    isProcessor: fc.boolean(),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ rows, positions, channels, isProcessor, seed }) => {
      const draw = random(seed);
      const shape = [positions, channels];
      const a = drawTensor(draw, rows, shape);
      // The first row is the same in both: its distance is 0 to the last bit.
      const b = a.values.map((value, at) => (at < positions * channels ? value : value + 0.1 * draw.normal()));
      const parts = rowDistanceParts(isProcessor, shape);
      const { partial } = await runPlan(gpu, planRowDistance({ rows, shape, parts }), {
        // The padding of b is another, so that it would show.
        ...{ a: a.packed, b: packTensor(b, rows, shape).map((value) => (Math.abs(value) > 900 ? 2 * value : value)) },
        partial: new Float32Array(rows * parts * 2 + 2).fill(UNTOUCHED),
      });
      expect([...partial.subarray(-2)]).toEqual([UNTOUCHED, UNTOUCHED]);
      const [found, wanted] = [new Float64Array(2 * rows), new Float64Array(2 * rows)];
      partial.subarray(0, -2).forEach((value, at) => {
        const to = 2 * Math.floor(at / 2 / parts) + (at % 2);
        found[to] = found[to]! + value;
      });
      b.forEach((value, at) => {
        const row = 2 * Math.floor(at / (positions * channels));
        wanted[row] = wanted[row]! + (value - a.values[at]!) ** 2;
        wanted[row + 1] = wanted[row + 1]! + a.values[at]! ** 2;
      });
      expect(found[0]).toBe(0);
      const column = (values: Float64Array, which: number) => values.filter((_, at) => at % 2 === which);
      expect(largestError(column(found, 0), column(wanted, 0))).toBeLessThan(1e-5);
      expect(largestError(column(found, 1), column(wanted, 1))).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 25 },
  );
});
