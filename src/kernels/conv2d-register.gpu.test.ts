/** The implicit matrix product in every variant against the reference: odd sizes, strides, padding, dilation. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { RELU6 } from "../network/network.ts";
import type { ConvOptions, ConvShape } from "./conv-shape.ts";
import { convError, convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import { conv2dRegisterVariants, planConv2dRegister } from "./conv2d-register.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const oneGroup = fc.tuple(oddChannels, oddChannels, fc.constant(1));
const wide = { top: 12, left: 12, bottom: 12, right: 12 };
const fixed: readonly ConvShape[] = [
  convShape({ rows: 1, height: 57, width: 57, inChannels: 5, outChannels: 7 }),
  convShape({ rows: 33, height: 3, width: 3, inChannels: 17, outChannels: 9 }),
  convShape({ rows: 3, height: 1, width: 1, inChannels: 65, outChannels: 63 }),
  convShape({ rows: 1, height: 23, width: 31, kernel: [7, 7], stride: [2, 2] }),
  convShape({ height: 30, width: 40, dilation: [12, 12], padding: wide }),
];

test.each(conv2dRegisterVariants)("%o", async (variant) => {
  const plan = (shape: ConvShape, options: ConvOptions) => planConv2dRegister(shape, variant, options);
  await fc.assert(
    fc.asyncProperty(convShapes(oneGroup), fc.boolean(), fc.integer(), async (shape, plain, seed) => {
      const options = plain ? { bias: false, seed } : { activation: RELU6, seed };
      expect(await convError(gpu, shape, plan, options)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 20 },
  );
  for (const shape of fixed) {
    expect(await convError(gpu, shape, plan, { activation: RELU6 })).toBeLessThan(1e-5);
  }
});
