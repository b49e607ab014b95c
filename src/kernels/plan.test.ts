/** Plans, without a GPU: every result has its thread, once, and no dimension of a grid is beyond what WebGPU allows. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ActivationKind } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { planAdamStep } from "./adam-step.ts";
import { planBatchedGemmRegister, registerVariants } from "./batched-gemm-register.ts";
import { planBinary } from "./binary.ts";
import { CHANNEL_MOMENTS_BLOCK, planChannelMoments } from "./channel-moments.ts";
import { planConcat } from "./concat.ts";
import { convShape, oddChannels, winogradShapes } from "./conv2d.fixture.ts";
import { planConv2dDataGradient } from "./conv2d-data-gradient.ts";
import { conv2dDeltaVariants, planConv2dDelta, wholePart } from "./conv2d-delta.ts";
import { planConv2dDirect } from "./conv2d-direct.ts";
import { filterGradientTile, planConv2dFilterGradient } from "./conv2d-filter-gradient.ts";
import { conv2dFilterGradientDirectSplits, planConv2dFilterGradientDirect } from "./conv2d-filter-gradient-direct.ts";
import { conv2dRegisterVariants, planConv2dRegister } from "./conv2d-register.ts";
import { planCrossEntropy } from "./cross-entropy.ts";
import { deltaEntryVariants, planDeltaEntry } from "./delta-entry.ts";
import { planDepthwiseConv2d } from "./depthwise-conv2d.ts";
import { planDequantize } from "./dequantize.ts";
import { planDisplace } from "./displace.ts";
import { FUSED_TAIL_LIMITS, fusedTailVariants, packTiles, planFusedTail } from "./fused-tail.ts";
import { planGatherBatch } from "./gather-batch.ts";
import { planGatherCached } from "./gather-cached.ts";
import { planGatherRows } from "./gather-rows.ts";
import { type GemmVariant, gemmVariants, planGemm } from "./gemm.ts";
import { planGlobalPool } from "./global-pool.ts";
import { gradientNormPlans, partialFloats } from "./gradient-norm.ts";
import { planLrn } from "./lrn.ts";
import { planMaskChannels } from "./mask-channels.ts";
import { planMaskedGemm } from "./masked-gemm.ts";
import { planMoved } from "./moved.ts";
import { planMovedChannels } from "./moved-channels.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { planPool2d } from "./pool2d.ts";
import { planRank } from "./rank.ts";
import { planPad, planReshape, planSlice, planTranspose } from "./rearrange.ts";
import { planRemask } from "./remask.ts";
import { planReplaceChannels } from "./replace-channels.ts";
import { planScale } from "./scale.ts";
import { planScore } from "./score.ts";
import { planScoreRows } from "./score-rows.ts";
import { planSelectChannels } from "./select-channels.ts";
import { planSgdStep } from "./sgd-step.ts";
import { planSoftmax } from "./softmax.ts";
import { planSumParts } from "./sum-parts.ts";
import { tallyLayout } from "./tally.ts";
import { planTallyLosses } from "./tally-losses.ts";
import { planTransposeWeights } from "./transpose-weights.ts";
import { planTransposedGemm } from "./transposed-gemm.ts";
import { registerTile } from "./transposed-tile.ts";
import { MOMENTS_BLOCK, planUnitMoments } from "./unit-moments.ts";
import {
  planWinogradFilter,
  planWinogradFilterGradient,
  planWinogradGradient,
  planWinogradInput,
  planWinogradOutput,
} from "./winograd.ts";

/** The most that WebGPU's default limits allow. */
const MOST_WORKGROUPS = 65_535;
const MOST_THREADS = 256;
const MOST_WORKGROUP_BYTES = 16_384;

const linear = { kind: "linear", alpha: 0 } as const;
const strides = { a: [1, 1], b: [1, 1], c: [1, 1] } as const;
const everyVariant = (columns: number) => [...gemmVariants(true, columns), ...gemmVariants(false, columns)];
const workgroupOf = ({ constants, shader }: KernelPlan) => constants["WORKGROUP"] ?? shader.constants["WORKGROUP"]!;

/** Expects at least `threads` threads along x (and rows of y), and not a workgroup more than it takes. */
function expectFit(plan: KernelPlan, threads: number): void {
  const [x, y] = plan.workgroups;
  const needed = Math.ceil(threads / workgroupOf(plan));
  expect(x * y).toBeGreaterThanOrEqual(needed);
  expect(x * (y - 1)).toBeLessThan(Math.max(1, needed));
  expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
}

/** Expects of each plan every parameter that its shader declares, no other, and no constant that it does not. */
function expectDeclared(plans: readonly KernelPlan[]): void {
  for (const { shader, constants, parameters } of plans) {
    const uniform = Object.values(shader.bindings).find(({ kind }) => kind === "uniform")!;
    expect(Object.keys(parameters).sort(), shader.name).toEqual(Object.keys(uniform.fields).sort());
    for (const name of Object.keys(constants)) expect(shader.constants, shader.name).toHaveProperty(name);
    expect(Object.values({ ...parameters, ...constants }).every(Number.isFinite), shader.name).toBe(true);
  }
}

describe("grid", () => {
  test("has a place for each workgroup, and less than a row to spare", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32768 * 65535 }), (count) => {
        const [x, y] = grid(count);
        expect(x * y).toBeGreaterThanOrEqual(count);
        expect(x * y - count).toBeLessThan(Math.max(1, x));
        expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
      }),
      { seed: 25, examples: [[0], [1], [32768], [32769], [65535], [65536]] },
    );
  });
});

/** Blocks of c that the threads (or workgroups) of a product own, by the arithmetic of the shaders. */
function tileOf({ rows, columns4, threads }: GemmVariant): [number, number] {
  const [x, y] = threads ?? [1, 1];
  return [rows * y, columns4 * 4 * x];
}

test("a product's tiles cover it once, masked or not, in every variant", () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 3_000_000 }));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), (rows, columns) => {
      for (const variant of everyVariant(columns)) {
        const plan = planGemm({ rows, columns, depth: 3, ...strides }, variant);
        const [tileRows, tileColumns] = tileOf(variant);
        const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns);
        if (variant.threads) {
          const [x, y] = plan.workgroups;
          expect(x * y).toBeGreaterThanOrEqual(tiles);
          expect(x * (y - 1)).toBeLessThan(tiles);
          expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
        } else expectFit(plan, tiles);
        const masked = planMaskedGemm(
          {
            ...{ masks: rows, maskStart: 0, images: 1, imageStart: 0, columns, depth: 3, ...strides },
            ...{ bias: false, load: linear, store: linear },
          },
          variant,
        );
        expect(masked.workgroups).toEqual(plan.workgroups);
        expect(masked.parameters["rows"]).toBe(rows);
      }
    }),
    { seed: 26, numRuns: 200 },
  );
});

test("tiles keep to the threads and workgroup memory that every adapter has", () => {
  for (const variant of [3, 10, 17, 24, 65].flatMap(everyVariant)) {
    const { shader, constants } = planGemm({ rows: 9, columns: 9, depth: 9, ...strides }, variant);
    const constant = (name: string) => constants[name] ?? shader.constants[name]!;
    for (const name of ["ROWS", "COLUMNS4"]) expect(shader.constants).toHaveProperty(name);
    if (!variant.threads) continue;
    const threads = constant("THREADS_X") * constant("THREADS_Y");
    expect(threads).toBeLessThanOrEqual(MOST_THREADS);
    const [rows, columns] = tileOf(variant);
    expect(constant("DEPTH") * (rows + columns) * 4).toBeLessThanOrEqual(MOST_WORKGROUP_BYTES);
  }
});

test("the safest variant comes first: no barriers for a processor, workgroup memory for a GPU", () => {
  for (const columns of [1, 10, 33, 4096]) {
    expect(gemmVariants(true, columns).every(({ threads }) => threads === null)).toBe(true);
    expect(gemmVariants(false, columns)[0]!.threads).not.toBeNull();
  }
});

test("one thread a group of four samples and mask, in every variant of the fused tail", () => {
  const layout = tallyLayout(10, 10_000, "bits");
  const base = {
    masks: 210,
    maskStart: 0,
    stride: 10_048,
    width: 10,
    activation: linear,
    layout,
    top5: true,
    loss: false,
    extra: false,
    rowStart: 0,
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 70_000 }), (samples, count) => {
      for (const variant of [...fusedTailVariants(true), ...fusedTailVariants(false)]) {
        const { workgroups } = planFusedTail({ ...base, samples, tiles: { start: 0, count } }, variant);
        if (variant.listed) {
          expect(workgroups).toEqual(grid(count));
          continue;
        }
        const groups = Math.ceil(samples / 4);
        expect(workgroups[0] * variant.workgroup * variant.places).toBeGreaterThanOrEqual(groups);
        expect((workgroups[0] - 1) * variant.workgroup * variant.places).toBeLessThan(groups);
        expect(workgroups[1]).toBe(210);
      }
    }),
    { seed: 27 },
  );
  const two = planFusedTail({ ...base, samples: 9 }, { places: 2, workgroup: 32, listed: false });
  expect(two.constants).toMatchObject({ STAGES: 2, WIDTH: 10, CLASSES: 10, PLACES: 2, BITS5: layout.bits5, LOSS: 0 });
  const one = planFusedTail({ ...base, samples: 9, activation: null }, { places: 2, workgroup: 32, listed: true });
  expect(one.constants["STAGES"]).toBe(1);
  expect(one.shader.bindings).toHaveProperty("list");
  expect(FUSED_TAIL_LIMITS.classes).toBeLessThanOrEqual(layout.samples);
});

test("tiles of the listed tail cover each mask's samples once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 9 }), (lengths) => {
      const list = new Uint32Array(lengths.length + 1);
      lengths.forEach((length, mask) => {
        list[mask + 1] = list[mask]! + length;
      });
      for (const variant of fusedTailVariants(true)) {
        const tiles = packTiles(list, lengths.length, variant);
        const expected = lengths.flatMap((length, mask) => {
          const samplesATile = 4 * variant.places * variant.workgroup;
          return Array.from({ length: Math.ceil(length / samplesATile) }, (_, i) => [mask, (i * samplesATile) / 4]);
        });
        expect([...tiles]).toEqual(expected.flat());
      }
    }),
    { seed: 28 },
  );
});

test("one thread a result in the kernels without variants", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 900 }), (count, width) => {
      const layout = tallyLayout(width, count, "counts");
      const gathered = { rows: count, start: 0, features: width, channels: 1, bytes: true, ordered: true };
      expectFit(planGatherRows(gathered), count * Math.ceil(width / 16));
      expectFit(planScore({ masks: 7, images: count, imageStart: 0, rowStart: 0, layout, loss: true }), 7 * count);
      const remasked = {
        rows: count,
        units: width,
        images: count,
        maskStart: 0,
        imageStart: 0,
        sampleStart: 0,
        seed: 1,
        before: null,
      };
      expectFit(planRemask(remasked), count * width);
      expectFit(planRank({ images: count, classes: width, imageStride: 1, classStride: 1 }), count);

      const along = (plan: KernelPlan, threads: number, rows: number) => {
        expect(plan.workgroups).toEqual([Math.ceil(threads / workgroupOf(plan)), rows]);
      };
      const sizes = { units: width, samples: count, stride: count };
      const displaced = { ...sizes, activation: linear, before: false, seed: 1, sampleStart: 0 };
      along(planDisplace(displaced), count, width);
      along(planMoved(width, count, count), Math.ceil(count / 32), width);
      along(planUnitMoments(width, count, count, linear), Math.ceil(count / MOMENTS_BLOCK), width);
      for (const variant of deltaEntryVariants) {
        const entered = { masks: 5, maskStart: 0, images: count, imageStart: 0, columns: width, stride: count };
        along(
          planDeltaEntry({ ...entered, activation: linear }, variant),
          Math.ceil(count / variant.images) * Math.ceil(width / 4),
          5,
        );
      }
    }),
    { seed: 28, numRuns: 50 },
  );
});

test("every plan gives each parameter and constant that its shader declares, and no other", () => {
  const layout = tallyLayout(3, 9, "bits");
  const shape = { rows: 2, columns: 3, depth: 4, ...strides };
  const masked = { masks: 1, maskStart: 0, images: 2, imageStart: 0, columns: 3, depth: 4, ...strides };
  const plans = [
    ...everyVariant(3).map((variant) => planGemm(shape, variant)),
    ...everyVariant(3).map((variant) =>
      planMaskedGemm({ ...masked, bias: true, load: linear, store: linear }, variant),
    ),
    planScore({ masks: 1, images: 9, imageStart: 0, rowStart: 0, layout, loss: true }),
    planMoved(3, 9, 64),
    planDisplace({ units: 3, samples: 9, stride: 64, activation: linear, before: true, seed: -1, sampleStart: 0 }),
    planRemask({ rows: 9, units: 3, images: 9, maskStart: 0, imageStart: 0, sampleStart: 0, seed: -1, before: linear }),
  ];
  expectDeclared(plans);
});

test("adam's bias corrections are those of its step", () => {
  const options = { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
  const { parameters } = planAdamStep({ networks: 1, count: 64, clip: false, step: 3, ...options });
  expect(parameters["rate"]).toBeCloseTo(0.1 / 0.271, 12);
  expect(parameters["rootScale"]).toBeCloseTo(1 / Math.sqrt(0.002997001), 9);
  expect(parameters["share2"]).toBeCloseTo(0.001, 15);
});

test("activations have the numbers that the shaders give them", () => {
  const { constants } = planGemm({ rows: 1, columns: 1, depth: 1, ...strides }, gemmVariants(true, 1)[0]!).shader;
  const kinds: ActivationKind[] = ["linear", "relu", "leaky-relu", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu"];
  for (const kind of kinds) {
    expect(activationNumber(kind), kind).toBe(constants[kind.toUpperCase().replace("-", "_")]);
  }
});

describe("the kernels between convolutions", () => {
  const own = (shape: readonly number[]) => ({ shape, rows: "own" }) as const;
  const shared = (shape: readonly number[]) => ({ shape, rows: "shared" }) as const;
  const added = { operator: "add", activation: linear } as const;
  const window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1] } as const;
  const noPadding = { top: 0, left: 0, bottom: 0, right: 0 };
  const pooled = { ...window, padding: noPadding, pool: "max", countIncludePad: false } as const;
  const axes = [2, 0, 1] as const;

  test("have a thread for each vec4 of each run of positions", () => {
    const sizes = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(sizes, sizes, sizes, fc.integer({ min: 1, max: 300 }), (rows, height, width, channels) => {
        const shape = [height, width, channels];
        const positions = rows * height * width;
        const vectors = Math.ceil(channels / 4);
        const runs = (size: number) => Math.ceil(size / Math.min(4, size));
        const whole = vectors * runs(positions);
        expectFit(planScale({ rows, shape, activation: linear, affine: true }), whole);
        expectFit(planBinary({ rows, a: own(shape), b: own(shape), ...added }), whole);
        expectFit(
          planBinary({ rows, a: own(shape), b: shared(shape), ...added }),
          vectors * rows * runs(height * width),
        );
        const joined = { rows, outShape: [height, width, channels + 7], axis: 2 };
        expectFit(planConcat({ ...joined, input: own(shape), begin: 4 }), whole);
        expectFit(
          planConcat({ ...joined, input: own(shape), begin: 7 }),
          runs(positions) * Math.ceil((channels + 3) / 4),
        );
        expectFit(planGlobalPool(rows, shape, "average"), rows * vectors);
        expectFit(planLrn(rows, shape, { size: 5, alpha: 1, beta: 1, bias: 1 }), positions * vectors);
        expectFit(planSoftmax(rows, shape, false), positions);
        const out = { outHeight: height, outWidth: width };
        const pooling = { ...pooled, rows, height: 2 * height, width: 2 * width, channels, ...out };
        expectFit(planPool2d(pooling), rows * height * runs(width) * vectors);
        expectFit(
          planTranspose(rows, [width + 1, channels, height], { axes }),
          vectors * rows * height * runs(width + 1),
        );
      }),
      { seed: 29 },
    );
  });

  test("give each parameter and constant that their shaders declare, and no other", () => {
    const plans = [
      planBinary({ rows: 3, a: own([2, 3, 4, 5, 6, 7]), b: own([3, 1, 5, 1, 1]), ...added }),
      planConcat({ rows: 3, input: own([2, 3]), outShape: [2, 9], axis: 1, begin: 5 }),
      planGlobalPool(3, [2, 2, 5], "max"),
      planLrn(3, [5], { size: 4, alpha: 1, beta: 1, bias: 1 }),
      planPad(3, [2, 3], { before: [1, -1], after: [0, 2], mode: "edge", value: 0 }),
      planPool2d({ ...pooled, rows: 1, height: 4, width: 4, channels: 3, outHeight: 2, outWidth: 2 }),
      planReshape(3, [2, 3], [6]),
      planScale({ rows: 3, shape: [2, 3], activation: linear, affine: false }),
      planSlice(3, [5, 6], { starts: [4, 0], steps: [-2, 1], sizes: [3, 6] }),
      planSoftmax(3, [2, 3], true),
      planTranspose(3, [2, 3, 4], { axes }),
    ];
    expectDeclared(plans);
  });

  test("fuse the axes that both operands of a binary run through alike", () => {
    const axesOf = (a: readonly number[], b: readonly number[]) => {
      return planBinary({ rows: 5, a: own(a), b: own(b), ...added }).constants["AXES"];
    };
    expect(axesOf([6, 7, 8], [6, 7, 8])).toBe(1);
    expect(axesOf([6, 7, 8], [1, 1, 8])).toBe(1);
    expect(axesOf([6, 7, 8], [6, 7, 1])).toBe(1);
    expect(axesOf([6, 7, 8], [6, 1, 8])).toBe(2);
    expect(axesOf([2, 3, 4, 5, 6, 7], [2, 1, 4, 1, 6, 7])).toBe(5);
    const perChannel = planBinary({ rows: 5, a: own([6, 7, 8]), b: { shape: [8], rows: "one" }, ...added });
    expect(perChannel.parameters).toMatchObject({ rows: 1, size0: 5 * 6 * 7, aStride0: 2, bStride0: 0 });
  });

  test("refuse more axes than they have", () => {
    const long = { a: own([2, 3, 2, 3, 2, 3, 8]), b: own([1, 3, 1, 3, 1, 3, 8]) };
    expect(() => planBinary({ rows: 5, ...long, ...added })).toThrow(/\[2, 3, 2, 3, 2, 3, 8\]/);
    const backwards = [6, 5, 4, 3, 2, 1, 0];
    expect(() => planTranspose(5, [2, 3, 2, 3, 2, 3, 8], { axes: backwards })).toThrow("7 axes");
  });
});

describe("the kernels of convolutions, and of damage to them", () => {
  const vectors = (channels: number) => Math.ceil(channels / 4);
  const replacement = { noise: false, seed: 1, sampleStart: 0 };
  const tiles = [2, 4] as const;

  test("have a thread for each tile of results, in every variant", () => {
    const shapes = winogradShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1)));
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 3000 }), (small, rows) => {
        const shape = { ...small, rows };
        const { outHeight, outWidth, inChannels, outChannels } = shape;
        const outputs = outHeight * outWidth;
        const [ins4, outs4] = [vectors(inChannels), vectors(outChannels)];
        for (const variant of conv2dRegisterVariants) {
          const blocks = Math.ceil((rows * outputs) / variant.positions) * Math.ceil(outs4 / variant.channels4);
          expectFit(planConv2dRegister(shape, variant), blocks);
        }
        for (const variant of registerVariants(rows)) {
          const product = { batches: 16, rows, columns4: outs4, depth4: ins4 };
          const blocks = 16 * Math.ceil(rows / variant.rows) * Math.ceil(outs4 / variant.columns4);
          expectFit(planBatchedGemmRegister(product, variant), blocks);
        }
        const gradient = filterGradientTile(shape);
        const taps = shape.kernel[0] * Math.ceil(shape.kernel[1] / gradient.taps);
        const channels = Math.ceil(ins4 / gradient.channels4) * Math.ceil(outs4 / gradient.columns4);
        expectFit(planConv2dFilterGradient(true, shape, 5), 5 * taps * channels);
        const share = registerTile(ins4, outs4);
        const blocks = Math.ceil(ins4 / share.rows4) * Math.ceil(outs4 / share.columns4);
        const transposed = { batches: 3, depth: rows, rows4: ins4, columns4: outs4, splits: 2 };
        expectFit(planTransposedGemm(true, transposed), 6 * blocks);
        expectFit(planSumParts({ parts: 3, count4: rows }), rows);
        const entered = { ...shape, tapRows: 4 * ins4, channelStart: 0, part: wholePart(outChannels) };
        for (const variant of [...conv2dDeltaVariants(true, outputs), ...conv2dDeltaVariants(false, outputs)]) {
          const blocks = rows * Math.ceil(outputs / variant.positions) * Math.ceil(outs4 / variant.channels4);
          expectFit(planConv2dDelta(entered, variant), blocks);
        }
        for (const tile of tiles) {
          const tileCount = rows * Math.ceil(outHeight / tile) * Math.ceil(outWidth / tile);
          expectFit(planWinogradFilter(shape, tile), 4 * ins4 * outs4);
          expectFit(planWinogradInput(shape, tile, 7), tileCount * ins4);
          expectFit(planWinogradOutput(shape, tile, 7, { pool: true }), tileCount * outs4);
          expectFit(planWinogradGradient(shape, tile, 7), tileCount * outs4);
          expectFit(planWinogradFilterGradient(shape, tile, 7), 4 * ins4 * outs4);
        }
        const { height, width } = shape;
        expectFit(planConv2dDataGradient(shape), rows * height * Math.ceil(width / Math.min(4, width)) * ins4);
        for (const isProcessor of [true, false]) {
          const splits = conv2dFilterGradientDirectSplits(isProcessor, shape);
          // Each sums a line of outputs at least, and 64 positions where there are as many.
          expect(splits).toBeLessThanOrEqual(Math.max(1, Math.min(rows * outHeight, (rows * outputs) / 64)));
          expectFit(planConv2dFilterGradientDirect(shape, splits), splits * 3 * ins4 * outs4);
        }
        const matrices = { networks: rows, taps: 9, in4: ins4, out4: outs4, networkStride4: 36 * ins4 * outs4 };
        expectFit(planTransposeWeights(matrices), rows * 9 * ins4 * outs4);
        const map = { ...replacement, positions: outputs };
        const all = rows * outputs * outs4;
        expectFit(
          planReplaceChannels({ ...map, images: rows, channels: outChannels, activation: linear, before: true }),
          all,
        );
        expectFit(planMaskChannels({ ...map, rows, units: outChannels }), all);
        const selected = { rows, positions: outputs, channels: outChannels, channelStart: 0, units: 1 };
        expectFit(planSelectChannels(selected), all);
        expectFit(planMovedChannels(rows, outputs, outChannels), rows * outs4);
        expectFit(planScoreRows(rows, tallyLayout(outChannels, rows, "counts"), true), rows);
        expectFit(
          planChannelMoments(rows * outputs, outChannels, linear),
          Math.ceil((rows * outputs) / CHANNEL_MOMENTS_BLOCK) * outs4,
        );
        const bytes = { rows, stride4: outs4 + 2, start4: 1, columns4: outs4, scale: 1, min: 0 };
        expectFit(planDequantize(bytes), rows * outs4);
      }),
      { seed: 30, numRuns: 60 },
    );
  });

  test("give each parameter and constant that their shaders declare, and no other", () => {
    const shape = convShape({ rows: 3, inChannels: 8, outChannels: 8 });
    const entered = { ...shape, tapRows: 8, channelStart: 2, part: { start4: 1, count4: 1 } };
    const map = { ...replacement, positions: 9 };
    const plans = [
      planConv2dRegister(shape, conv2dRegisterVariants[0]),
      planConv2dDirect(shape, { positions: 4, columns4: 1, workgroup: 64 }),
      planDepthwiseConv2d({ ...shape, groups: 8 }, { positions: 4, workgroup: 64 }),
      planBatchedGemmRegister({ batches: 1, rows: 3, columns4: 2, depth4: 2, cStride4: 9 }, registerVariants(3)[0]),
      ...[1, 9].flatMap((positions) => planConv2dDelta(entered, conv2dDeltaVariants(false, positions)[0])),
      ...tiles.flatMap((tile) => [
        planWinogradFilter(shape, tile),
        planWinogradInput(shape, tile, 1),
        planWinogradOutput(shape, tile, 1),
        planWinogradGradient(shape, tile, 1),
        planWinogradFilterGradient(shape, tile, 1),
      ]),
      ...[1, 4, 8].flatMap((groups) => [
        planConv2dDataGradient({ ...shape, groups }),
        planConv2dFilterGradientDirect({ ...shape, groups }, 2),
      ]),
      planTransposeWeights({ networks: 2, taps: 9, in4: 2, out4: 3, networkStride4: 216 }),
      ...[true, false].flatMap((isProcessor) => [
        planConv2dFilterGradient(isProcessor, shape, 2),
        planTransposedGemm(isProcessor, { batches: 2, depth: 9, rows4: 2, columns4: 3, splits: 2 }),
      ]),
      planSumParts({ parts: 2, count4: 9 }),
      planReplaceChannels({ ...map, images: 3, channels: 5, activation: linear, before: false }),
      planMaskChannels({ ...map, rows: 3, units: 5, noise: true }),
      planSelectChannels({ rows: 3, positions: 9, channels: 5, channelStart: 1, units: 3 }),
      planMovedChannels(33, 9, 5),
      planScoreRows(9, tallyLayout(3, 9, "bits"), true),
      planChannelMoments(900, 5, linear),
      planDequantize({ rows: 3, stride4: 5, start4: 1, columns4: 2, scale: 0.1, min: -3 }),
    ];
    expectDeclared(plans);
  });
});

describe("the kernels of batches and optimizers of many networks", () => {
  const sgd = { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1, clip: true };
  const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5, clip: false };
  const augment = { flip: true, shift: 4, seed: -1, epoch: 0 };

  test("have a thread for each row, or for each vec4 of their share of one", () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(sizes, sizes, sizes, fc.integer({ min: 1, max: 40 }), (networks, rows, width, side) => {
        const batch = { networks, rows, start: 0, orderStride: 0 };
        const scored = { ...batch, classes: width };
        expectFit(planCrossEntropy({ ...scored, smoothing: 0, scale: 1, gradient: true }), networks * rows);
        expectFit(planTallyLosses(scored), networks * rows);
        expectFit(planGatherCached({ ...batch, vectors: width }), networks * rows * Math.ceil(width / 8));
        const read = { ...batch, bytes: true, channels: 1 };
        const flat = { ...read, shape: [width], augment: null };
        expectFit(planGatherBatch(flat), networks * rows * Math.ceil(width / 32));
        const image = { ...read, shape: [side, width, 3], augment };
        expectFit(planGatherBatch(image), networks * rows * side * Math.ceil(width / 8));
        expectFit(planSgdStep({ networks, count: 64 * width, ...sgd }), networks * width * 16);
        expectFit(planAdamStep({ networks, count: 64 * width, ...adam, kind: "adam", step: 1 }), networks * width * 16);
      }),
      { seed: 1337 },
    );
  });

  test("give each parameter and constant that their shaders declare, and no other", () => {
    const batch = { networks: 2, rows: 3, start: 4, orderStride: null };
    const read = { ...batch, bytes: false, channels: 3 };
    expectDeclared([
      planCrossEntropy({ ...batch, classes: 5, smoothing: 0.1, scale: 1, gradient: false }),
      planTallyLosses({ ...batch, classes: 5 }),
      planGatherCached({ ...batch, vectors: 5 }),
      planGatherBatch({ ...read, shape: [5], augment: null }),
      planGatherBatch({ ...read, shape: [2, 5, 3], augment: null }),
      planGatherBatch({ ...read, shape: [2, 5, 3], augment }),
      planSgdStep({ networks: 2, count: 64, ...sgd }),
      planAdamStep({ networks: 2, count: 64, ...adam, kind: "adamw", step: 1 }),
      ...gradientNormPlans({ networks: 2, count: 64, clip: 1 }),
    ]);
  });

  test("decay weights through the gradient, or apart from it", () => {
    const parametersOf = (kind: "adam" | "adamw") =>
      planAdamStep({ networks: 1, count: 64, ...adam, kind, step: 3 }).parameters;
    expect(parametersOf("adam")).toMatchObject({ weightDecay: 0.5, shrink: 0 });
    expect(parametersOf("adamw")).toMatchObject({ weightDecay: 0 });
    expect(parametersOf("adamw")["shrink"]).toBeCloseTo(0.05, 15);
    expect(parametersOf("adam")["rate"]).toBeCloseTo(0.1 / 0.271, 12);
    expect(parametersOf("adam")["rootScale"]).toBeCloseTo(1 / Math.sqrt(0.002997001), 9);
  });

  test("add up the squares of a gradient in passes, each in a place of its own, down to one a network", () => {
    for (const count of [64, 64 * 8, 64 * 600, 64 * 2_250_000]) {
      const networks = 3;
      const [squares, ...folds] = gradientNormPlans({ networks, count, clip: 1 });
      let [parts, end] = [squares!.parameters["parts"]!, 0];
      for (const { parameters } of folds) {
        expect(parameters).toMatchObject({ parts, begin: end, next: end + networks * parts });
        // No thread adds up many.
        expect(parts / parameters["outs"]!).toBeLessThanOrEqual(64);
        [parts, end] = [parameters["outs"]!, parameters["next"]!];
      }
      expect(parts).toBe(1);
      expect(partialFloats({ networks, count })).toBe(end + networks);
    }
  });
});
