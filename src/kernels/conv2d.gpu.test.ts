/** Convolution kernels in every variant against the reference: odd sizes, strides, padding, dilation, groups. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { RELU6 } from "../network/network.ts";
import type { ConvOptions, ConvShape } from "./conv-shape.ts";
import { type ConvDraw, convError, convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import { conv2dDirectVariants, planConv2dDirect } from "./conv2d-direct.ts";
import { planConv2dTile } from "./conv2d-tile.ts";
import { depthwiseConv2dVariants, planDepthwiseConv2d } from "./depthwise-conv2d.ts";
import type { KernelPlan } from "./plan.ts";
import { everyTile } from "./product-tile.fixture.ts";
import type { TileVariant } from "./product-tile.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

type Plan = (shape: ConvShape, options: ConvOptions) => KernelPlan;

const PLAIN = { bias: false };
const FULL = { activation: RELU6 };

/** Expects of `runs` shapes that all are computed. Options are few, because each takes a pipeline of its own. */
async function expectExact(
  plan: Plan,
  shapes: fc.Arbitrary<ConvShape>,
  runs: number,
  choices: readonly ConvDraw[] = [PLAIN, FULL],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(shapes, fc.constantFrom(...choices), fc.integer(), async (shape, options, seed) => {
      expect(await convError(gpu, shape, plan, { ...options, seed })).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: runs },
  );
}

const oneGroup = fc.tuple(oddChannels, oddChannels, fc.constant(1));
const inGroups = fc
  .tuple(fc.constantFrom(1, 2, 3, 4, 5, 8), fc.constantFrom(1, 2, 3, 4, 7, 8, 12), fc.constantFrom(2, 3, 5))
  // Depthwise ones are packed for a kernel of their own.
  .filter(([deep, wide]) => deep * wide > 1)
  .map(([deep, wide, groups]) => [deep * groups, wide * groups, groups] as const);
const wholeGroups = fc
  .tuple(fc.constantFrom(4, 8), fc.constantFrom(4, 12, 20), fc.constantFrom(2, 3))
  .map(([deep, wide, groups]) => [deep * groups, wide * groups, groups] as const);
const depthwise = fc.constantFrom(2, 3, 4, 5, 7, 17, 63, 65).map((channels) => [channels, channels, channels] as const);

const image = convShape({ rows: 1, height: 57, width: 57, outChannels: 16 });
const network = convShape({ rows: 33, height: 3, width: 3, inChannels: 17, outChannels: 9 });
const first = convShape({ rows: 1, height: 23, width: 31, kernel: [7, 7], stride: [2, 2], outChannels: 17 });
const wide = convShape({
  height: 30,
  width: 40,
  dilation: [12, 12],
  padding: { top: 12, left: 12, bottom: 12, right: 12 },
});

describe.each([true, false])("direct, on a processor: %s", (isProcessor) => {
  const variants = conv2dDirectVariants(isProcessor, convShape({ outChannels: 64, width: 64 }));
  const plans = variants.map(
    (variant): Plan =>
      (shape, options) =>
        planConv2dDirect(shape, variant, options),
  );

  test("one group", () => expectExact(plans[0]!, convShapes(oneGroup), 12));
  test("groups of any size", () => expectExact(plans[1]!, convShapes(inGroups), 8));
  test("groups of whole vec4s", () => expectExact(plans[2]!, convShapes(wholeGroups), 8));
  test.each([
    ["57 x 57", image],
    ["33 rows", network],
    ["7 x 7, stride 2", first],
    ["dilation 12", wide],
    ["1 x 1, stride 3", convShape({ kernel: [1, 1], stride: [3, 3], width: 13 })],
  ])("%s", async (_, shape) => {
    for (const plan of [plans[0]!, plans.at(-1)!]) expect(await convError(gpu, shape, plan, FULL)).toBeLessThan(1e-5);
  });
});

describe.each([true, false])("depthwise, on a processor: %s", (isProcessor) => {
  const variants = depthwiseConv2dVariants(isProcessor, convShape({ width: 64 }));

  test.each(variants)("%o", async (variant) => {
    const plan: Plan = (shape, options) => planDepthwiseConv2d(shape, variant, options);
    await expectExact(plan, convShapes(depthwise), 6);
    for (const shape of [image, network, first, wide]) {
      const apart = { ...shape, inChannels: 6, outChannels: 6, groups: 6 };
      expect(await convError(gpu, apart, plan, FULL)).toBeLessThan(1e-5);
    }
  });
});

describe("in tiles", () => {
  const planOf =
    (variant: TileVariant): Plan =>
    (shape, options) =>
      planConv2dTile(shape, variant, options);

  // A tile takes a processor two seconds to compile: each with all there is, one without.
  test.each(everyTile)("%o", async (variant) => {
    await expectExact(planOf(variant), convShapes(oneGroup), 6, [FULL]);
    for (const shape of [{ ...image, rows: 2 }, network]) {
      expect(await convError(gpu, shape, planOf(variant), FULL)).toBeLessThan(1e-5);
    }
  });
  test("without bias and activation", () => expectExact(planOf(everyTile[0]!), convShapes(oneGroup), 4, [PLAIN]));
});
