/** Plans of convolutions and products by tiles, without a GPU: every result has its thread, every constant fits. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planBatchedGemmTile } from "./batched-gemm-tile.ts";
import { type ConvShape, isDepthwise, spanConstants } from "./conv-shape.ts";
import { convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import { conv2dDirectVariants, planConv2dDirect } from "./conv2d-direct.ts";
import { conv2dTileVariants, planConv2dTile } from "./conv2d-tile.ts";
import { depthwiseConv2dVariants, planDepthwiseConv2d } from "./depthwise-conv2d.ts";
import type { KernelPlan } from "./plan.ts";
import { everyTile } from "./product-tile.fixture.ts";
import { tileSize, tileVariants } from "./product-tile.ts";

/** Expects `count` workgroups, and less than a row of the grid to spare. */
function expectGrid({ workgroups: [x, y] }: KernelPlan, count: number): void {
  expect(x * y).toBeGreaterThanOrEqual(count);
  expect(x * (y - 1)).toBeLessThan(count);
  expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
}

const groups = fc.constantFrom(1, 2, 3, 5);
const channels = fc.tuple(oddChannels, oddChannels, groups).map(([i, o, g]) => [i * g, o * g, g] as const);
const vectors = (channels: number) => Math.ceil(channels / 4);

test("each span of outputs, and group of channels, has a thread of its own", () => {
  fc.assert(
    fc.property(convShapes(channels), fc.boolean(), (shape, isProcessor) => {
      const { rows, outHeight, outWidth, outChannels, inChannels, groups } = shape;
      for (const variant of conv2dDirectVariants(isProcessor, shape)) {
        const whole = (inChannels / groups) % 4 === 0 && (outChannels / groups) % 4 === 0;
        const apart = whole ? groups : 1;
        const tiles = apart * Math.ceil(vectors(outChannels) / apart / variant.columns4);
        const threads = rows * outHeight * Math.ceil(outWidth / variant.positions) * tiles;
        expectGrid(planConv2dDirect(shape, variant), Math.ceil(threads / variant.workgroup));
      }
      for (const variant of depthwiseConv2dVariants(isProcessor, shape)) {
        const threads = rows * outHeight * Math.ceil(outWidth / variant.positions) * vectors(outChannels);
        expectGrid(planDepthwiseConv2d(shape, variant), Math.ceil(threads / variant.workgroup));
      }
    }),
    { seed: 1337 },
  );
});

test("a span holds the columns that its outputs read, and few others", () => {
  const sizes = fc.record({
    ...{ taps: fc.integer({ min: 1, max: 11 }), stride: fc.integer({ min: 1, max: 5 }) },
    ...{ dilation: fc.integer({ min: 1, max: 25 }), positions: fc.constantFrom(1, 2, 4, 8) },
  });
  fc.assert(
    fc.property(sizes, ({ taps, stride, dilation, positions }) => {
      const window = convShape({ kernel: [1, taps], stride: [1, stride], dilation: [1, dilation] });
      const constant = spanConstants(window, positions);
      const { SPAN = 0, SPACING = 0, HOP = 0, TAP_HOP = 0, TAPS = 0, SEGMENTS = 0 } = constant;
      expect(TAPS * SEGMENTS).toBe(taps);
      expect(SPAN * SEGMENTS).toBeLessThanOrEqual(positions * taps);
      for (let output = 0; output < positions; output++) {
        for (let tap = 0; tap < taps; tap++) {
          const [segment, within] = [Math.floor(tap / TAPS), tap % TAPS];
          const at = output * HOP + within * TAP_HOP;
          expect(at).toBeLessThan(SPAN);
          expect(segment * dilation + at * SPACING).toBe(output * stride + tap * dilation);
        }
      }
    }),
    { seed: 1337, numRuns: 500 },
  );
});

test("tiles cover a product once, in every variant", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100_000 }));
  fc.assert(
    fc.property(size, size, fc.integer({ min: 1, max: 36 }), (rows, columns4, batches) => {
      for (const variant of tileVariants(rows, 4 * columns4, batches)) {
        const [tileRows, tileColumns] = tileSize(variant);
        const plan = planBatchedGemmTile({ batches, rows, columns4, depth4: 3 }, variant);
        expectGrid(plan, batches * Math.ceil(rows / tileRows) * Math.ceil((4 * columns4) / tileColumns));
      }
    }),
    { seed: 1337 },
  );
});

test.each(everyTile)("constants of %o are whole, and within what every adapter has", (variant) => {
  const { constants } = planBatchedGemmTile({ batches: 1, rows: 9, columns4: 9, depth4: 9 }, variant);
  const { threads, depth4, stages } = variant;
  const [rows, columns] = tileSize(variant);
  const workgroup = threads[0] * threads[1];
  expect(workgroup).toBeLessThanOrEqual(256);
  expect(stages * 4 * depth4 * (rows + columns) * 4).toBeLessThanOrEqual(16_384);
  for (const name of ["LOADS_A", "LOADS_B"]) expect(Number.isInteger(constants[name]), name).toBe(true);
  for (const whole of [workgroup / depth4, 8 / depth4, rows / 8, workgroup / (columns / 4)]) {
    expect(Number.isInteger(whole)).toBe(true);
  }
});

test("large tiles come first where there are enough of them, and small ones where not", () => {
  const first = (rows: number, columns: number) => tileSize(tileVariants(rows, columns)[0]!);
  expect(first(100_000, 512)).toEqual([64, 64]);
  expect(first(100_000, 20)).toEqual([128, 32]);
  expect(first(49, 512)).toEqual([32, 32]);
  expect(first(8, 65_536)).toEqual([16, 64]);
});

test("every plan gives each parameter and constant that its shader declares, and no other", () => {
  const shape: ConvShape = convShape({ inChannels: 6, outChannels: 6, groups: 6 });
  const plans = [
    ...conv2dDirectVariants(true, shape).map((variant) => planConv2dDirect(shape, variant)),
    ...depthwiseConv2dVariants(true, shape).map((variant) => planDepthwiseConv2d(shape, variant)),
    ...conv2dTileVariants(shape).map((variant) => planConv2dTile(shape, variant)),
    planBatchedGemmTile({ batches: 1, rows: 9, columns4: 9, depth4: 9 }, everyTile[0]!),
  ];
  for (const { shader, constants, parameters } of plans) {
    expect(Object.keys(parameters).sort(), shader.name).toEqual(Object.keys(shader.bindings["size"]!.fields).sort());
    for (const name of Object.keys(constants)) expect(shader.constants, shader.name).toHaveProperty(name);
    for (const value of Object.values({ ...parameters, ...constants })) expect(Number.isInteger(value)).toBe(true);
  }
});

test("depthwise is every channel by itself, and more than one", () => {
  expect(isDepthwise({ inChannels: 6, outChannels: 6, groups: 6 })).toBe(true);
  expect(isDepthwise({ inChannels: 6, outChannels: 12, groups: 6 })).toBe(false);
  expect(isDepthwise({ inChannels: 1, outChannels: 1, groups: 1 })).toBe(false);
});
