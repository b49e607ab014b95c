/** Stored samples become exactly the batches that networks read, changed at random as the TypeScript of it says. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { sizeOf } from "../network/shapes.ts";
import { augmentationOf } from "./gather-batch.fixture.ts";
import { type GatherBatchShape, planGatherBatch } from "./gather-batch.ts";
import { planGatherCached } from "./gather-cached.ts";
import { runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor } from "./tensor.fixture.ts";
import { channelsOf, paddedChannels, tensorFloats } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const side = fc.integer({ min: 1, max: 9 });
const shapes = fc.oneof(
  fc.tuple(fc.constantFrom(1, 3, 10, 37, 64)),
  fc.tuple(side, fc.constantFrom(1, 3, 4, 5, 8)),
  fc.tuple(side, side, fc.constantFrom(1, 3, 4, 5, 8)),
);
const augmentations = fc.record({
  flip: fc.boolean(),
  shift: fc.nat(3),
  seed: fc.integer(),
  epoch: fc.nat(100),
});
const batches = fc.record({
  networks: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 7 }),
  start: fc.nat(4),
  ordering: fc.constantFrom("none", "shared", "own"),
  seed: fc.integer(),
});

/** An order, and the sample of each row of each network. */
function drawOrder({
  networks,
  rows,
  start,
  ordering,
  seed,
}: typeof batches extends fc.Arbitrary<infer B> ? B : never) {
  const draw = random(seed);
  const samples = start + rows + 2;
  const orders = Array.from({ length: ordering === "own" ? networks : 1 }, () => draw.permutation(samples));
  const sampleOf = Array.from({ length: networks * rows }, (_, row) => {
    const place = start + (row % rows);
    return ordering === "none" ? place : orders[Math.floor(row / rows) % orders.length]![place]!;
  });
  return {
    ...{ draw, samples, sampleOf, order: Uint32Array.from(orders.flatMap((order) => [...order])) },
    batch: { networks, rows, start, orderStride: { none: null, shared: 0, own: samples }[ordering] },
  };
}

/** What feature `feature` of a sample is to the network: that of the pixel it comes from, or 0. */
function changed(
  { shape, augment }: Pick<GatherBatchShape, "shape" | "augment">,
  sample: number,
  feature: number,
  read: (feature: number) => number,
): number {
  if (!augment) return read(feature);
  const [height, width, channels] = shape as [number, number, number];
  const { mirrored, dx, dy } = augmentationOf(augment, sample);
  const pixel = Math.floor(feature / channels);
  const y = Math.floor(pixel / width) + dy;
  const x = (mirrored ? width - 1 - (pixel % width) : pixel % width) + dx;
  if (y < 0 || y >= height || x < 0 || x >= width) return 0;
  return read((y * width + x) * channels + (feature % channels));
}

test.each([true, false])("batches of samples, bytes: %s", async (bytes) => {
  await fc.assert(
    fc.asyncProperty(
      batches,
      shapes,
      fc.constantFrom(1, 3),
      fc.option(augmentations),
      async (drawn, shape, channels, augmentation) => {
        const { draw, samples, sampleOf, order, batch } = drawOrder(drawn);
        const augment = shape.length === 3 ? augmentation : null;
        const features = sizeOf(shape);
        const words = Math.ceil(features / 4);
        const levels = Float32Array.from({ length: channels * 256 }, () => draw.normal());
        const raw = new Uint8Array(samples * words * 4).map(() => draw.below(256));
        const floats = Float32Array.from({ length: samples * features }, () => draw.normal());
        const wanted = sampleOf.flatMap((sample) =>
          Array.from({ length: features }, (_, at) =>
            changed({ shape, augment }, sample, at, (feature) =>
              bytes
                ? levels[(feature % channels) * 256 + raw[sample * words * 4 + feature]!]!
                : floats[sample * features + feature]!,
            ),
          ),
        );
        const plan = planGatherBatch({ ...batch, shape, bytes, channels, augment });
        const values = new Uint32Array(bytes ? raw.buffer : floats.buffer);
        const { x } = await runPlan(gpu, plan, { values, order, levels, x: blankTensor(sampleOf.length, shape) });
        const width = paddedChannels(channelsOf(shape));
        const padded = Float32Array.from({ length: tensorFloats(sampleOf.length, shape) }, (_, at) => {
          const channel = at % width;
          return channel < channelsOf(shape) ? wanted[Math.floor(at / width) * channelsOf(shape) + channel]! : 0;
        });
        expect(x.subarray(0, padded.length)).toEqual(padded);
        expect(x.subarray(padded.length).every((value) => value === UNTOUCHED)).toBe(true);
      },
    ),
    { seed: 1337, numRuns: 40 },
  );
});

test("rows of kept activations", async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.integer({ min: 1, max: 70 }), async (drawn, vectors) => {
      const { draw, samples, sampleOf, order, batch } = drawOrder(drawn);
      const cache = Float32Array.from({ length: samples * vectors * 4 }, () => draw.normal());
      const wanted = sampleOf.flatMap((sample) => [
        ...cache.subarray(sample * vectors * 4, (sample + 1) * vectors * 4),
      ]);
      const behind = Array(4).fill(UNTOUCHED);
      const x = Float32Array.of(...wanted.map(() => Number.NaN), ...behind);
      const got = await runPlan(gpu, planGatherCached({ ...batch, vectors }), { cache, order, x });
      expect(got.x).toEqual(Float32Array.of(...wanted, ...behind));
    }),
    { seed: 1337, numRuns: 20 },
  );
});
