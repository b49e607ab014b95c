/** Stored values become exactly the rows that the transform gives, for bytes and floats, in order and by an order. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planGatherRows } from "./gather-rows.ts";
import { runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test.each([true, false])("bytes: %s", async (bytes) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        channels: fc.constantFrom(1, 3, 5),
        pixels: fc.integer({ min: 1, max: 23 }),
        rows: fc.integer({ min: 1, max: 33 }),
        start: fc.nat(4),
        ordered: fc.boolean(),
        seed: fc.integer(),
      }),
      async ({ channels, pixels, rows, start, ordered, seed }) => {
        const draw = random(seed);
        const features = channels * pixels;
        const samples = start + rows + 2;
        const levels = Float32Array.from({ length: channels * 256 }, () => draw.normal());
        const order = draw.permutation(samples);
        const words = Math.ceil(features / 4);
        const raw = new Uint8Array(samples * words * 4).map(() => draw.below(256));
        const floats = Float32Array.from({ length: samples * features }, () => draw.normal());
        const wanted = Float32Array.from({ length: rows * features }, (_, at) => {
          const row = start + Math.floor(at / features);
          const sample = ordered ? order[row]! : row;
          const feature = at % features;
          if (!bytes) return floats[sample * features + feature]!;
          return levels[(feature % channels) * 256 + raw[sample * words * 4 + feature]!]!;
        });
        const { x } = await runPlan(gpu, planGatherRows({ rows, start, features, channels, bytes, ordered }), {
          values: new Uint32Array(bytes ? raw.buffer : floats.buffer),
          order,
          levels,
          x: new Float32Array(rows * features + 5).fill(UNTOUCHED),
        });
        expect(x).toEqual(Float32Array.of(...wanted, ...Array(5).fill(UNTOUCHED)));
      },
    ),
    { seed: 14, numRuns: 25 },
  );
});
