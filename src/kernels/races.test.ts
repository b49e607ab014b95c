/**
 * No two threads of a workgroup touch the same memory without a barrier between them: every kernel is run by
 * wgsl_reflect's race detector, on small sizes. The detector interprets, so it sees nothing where it runs nothing; each
 * kernel must write its output under it, and be caught when its threads are made to share work or lose their barriers.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { detectRaces } from "wgsl_reflect";
import { random } from "../core/random.ts";
import { packProgram } from "../engine/masks.ts";
import { specialize } from "../gpu/specialize.ts";
import { planAccumulate } from "./accumulate.ts";
import { planActivationGradient } from "./activation-gradient.ts";
import { planAdamStep } from "./adam-step.ts";
import { batchNormGradient } from "./batch-norm-gradient.ts";
import { batchNormStatistics, planMergeMoments, planMoments } from "./batch-norm-statistics.ts";
import { planBatchedGemmRegister } from "./batched-gemm-register.ts";
import { planBatchedGemmTile } from "./batched-gemm-tile.ts";
import { planBinary } from "./binary.ts";
import { planBinaryGradient } from "./binary-gradient.ts";
import { planChannelMoments } from "./channel-moments.ts";
import { planChannelProducts } from "./channel-products.ts";
import { planChannelProfile } from "./channel-profile.ts";
import { planChannelSums } from "./channel-sums.ts";
import { planConcat } from "./concat.ts";
import { convShape } from "./conv2d.fixture.ts";
import { planConv2dDataGradient } from "./conv2d-data-gradient.ts";
import { planConv2dDelta, wholePart } from "./conv2d-delta.ts";
import { planConv2dDirect } from "./conv2d-direct.ts";
import { planConv2dFilterGradientRegister, planConv2dFilterGradientTile } from "./conv2d-filter-gradient.ts";
import { planConv2dFilterGradientDirect } from "./conv2d-filter-gradient-direct.ts";
import { planConv2dRegister } from "./conv2d-register.ts";
import { planConv2dTile } from "./conv2d-tile.ts";
import { planCrossEntropy } from "./cross-entropy.ts";
import { planDeltaEntry } from "./delta-entry.ts";
import { planDepthwiseConv2d } from "./depthwise-conv2d.ts";
import { planDequantize } from "./dequantize.ts";
import { planDisplace } from "./displace.ts";
import { planFusedTail } from "./fused-tail.ts";
import { planGatherBatch } from "./gather-batch.ts";
import { planGatherCached } from "./gather-cached.ts";
import { planGatherRows } from "./gather-rows.ts";
import { planGemm } from "./gemm.ts";
import { planGlobalPool } from "./global-pool.ts";
import { planGlobalPoolGradient } from "./global-pool-gradient.ts";
import { gradientNormPlans } from "./gradient-norm.ts";
import { planHoldChannels } from "./hold-channels.ts";
import { planLrn } from "./lrn.ts";
import { planLrnGradient } from "./lrn-gradient.ts";
import { planMaskChannels } from "./mask-channels.ts";
import { planMaskedGemm } from "./masked-gemm.ts";
import { planMoved } from "./moved.ts";
import { planMovedChannels } from "./moved-channels.ts";
import type { KernelPlan } from "./plan.ts";
import { planPool2d } from "./pool2d.ts";
import { planPool2dGradient } from "./pool2d-gradient.ts";
import { planRank } from "./rank.ts";
import { planPad } from "./rearrange.ts";
import { planRemask } from "./remask.ts";
import { planReplaceChannels } from "./replace-channels.ts";
import { planRowDistance } from "./row-distance.ts";
import { planScale } from "./scale.ts";
import { planScore } from "./score.ts";
import { planScoreRows } from "./score-rows.ts";
import { planSelectChannels } from "./select-channels.ts";
import { planSgdStep } from "./sgd-step.ts";
import { planSliceGradient } from "./slice-gradient.ts";
import { planSoftmax } from "./softmax.ts";
import { planOccupied, planSparseGemm, planSparseStart, planSparseTransposedGemm } from "./sparse-gemm.ts";
import { planSumParts } from "./sum-parts.ts";
import { tallyLayout } from "./tally.ts";
import { planTallyLosses } from "./tally-losses.ts";
import { planTransposeWeights } from "./transpose-weights.ts";
import { planTransposedGemmRegister, planTransposedGemmTile } from "./transposed-gemm.ts";
import { planTsneAffinities } from "./tsne-affinities.ts";
import { planTsneBandwidth } from "./tsne-bandwidth.ts";
import { planTsneDistances } from "./tsne-distances.ts";
import { planTsneDivergence } from "./tsne-divergence.ts";
import { planTsneForces } from "./tsne-forces.ts";
import { planTsneStep } from "./tsne-step.ts";
import { planTsneTotal } from "./tsne-total.ts";
import { planUnitMoments } from "./unit-moments.ts";
import {
  planWinogradFilter,
  planWinogradFilterGradient,
  planWinogradGradient,
  planWinogradInput,
  planWinogradOutput,
} from "./winograd.ts";

type Words = Float32Array | Uint32Array;
interface Case {
  readonly plan: KernelPlan;
  readonly data: Readonly<Record<string, Words>>;
}

const draw = random(1);
const floats = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
const words = (count: number, below: number) => Uint32Array.from({ length: count }, () => draw.below(below));
/** What a kernel must overwrite. */
const blank = (count: number) => new Float32Array(count).fill(-77);
const blankWords = (count: number) => new Uint32Array(count).fill(0x77777777);

const relu = { kind: "relu", alpha: 0 } as const;
const gemmShape = { rows: 5, columns: 7, depth: 3, a: [3, 1], b: [7, 1], c: [7, 1] } as const;
const gemmData = { a: floats(15), b: floats(21), bias: floats(7), c: blank(35) };
const registers = { rows: 2, columns4: 1, threads: null };
const tiles = { rows: 2, columns4: 1, threads: [2, 2] } as const;
const masked = { masks: 2, maskStart: 0, images: 3, imageStart: 0, columns: 7, depth: 3 } as const;
const maskedShape = { ...masked, a: [3, 1], b: [7, 1], c: [7, 1], bias: true, load: relu, store: relu } as const;
const maskedData = {
  ...{ a: floats(9), displacement: floats(9), masks: Uint32Array.of(5, 2), b: floats(21), bias: floats(7) },
  c: blank(42),
};
const layout = tallyLayout(3, 8, "bits");
const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 };
const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
const tailShape = {
  masks: 1,
  maskStart: 0,
  samples: 8,
  stride: 64,
  width: 3,
  activation: relu,
  layout,
  top5: true,
  loss: false,
  extra: false,
};
// As many threads as there is work: the detector stops all of a workgroup where one returns behind a call, as here.
const tail = { ...tailShape, rowStart: 0 };
const tailData = {
  ...{ z: floats(6 * 64), displacement: floats(3 * 64), entryWeight: floats(9), last: floats(12) },
  // Ranks that no sample has, so that all of them change.
  truth: words(64, 3).map((label) => label | (9 << 16)),
  program: packProgram([[1]], 3),
  tally: new Uint32Array(layout.words),
};
// 3 x 3 over 4 x 4, five channels to five; 16 output positions.
const conv = convShape({ rows: 1, height: 4, width: 4, inChannels: 5 });
const convData = { x: floats(128), weight: floats(9 * 64), bias: floats(8), y: blank(128) };
const fused = { bias: true, activation: relu };
const sparse = {
  batches: 1,
  groups: 1,
  rows: 5,
  vectors: 16,
  columns4: 2,
  weightStride4: 128,
  line4: 1,
  background: -1,
};
const transposed = { batches: 2, depth: 16, rows4: 3, columns4: 2, splits: 2 } as const;
const transposedData = { a: floats(384), b: floats(256), c: blank(384) };
const panels = { rows4: 1, columns4: 1, threads: [2, 4], depth: 4 } as const;
const slabs = { rows: 4, columns4: 1, threads: [2, 4], depth4: 2, stages: 1 } as const;

/** Winograd's transforms of `conv`, 5 channels to 5: 8 filters, 8 or 2 tiles and vec4s. */
const winogradCases = (tile: 2 | 4): Readonly<Record<string, Case>> => {
  const points = (tile + 2) ** 2;
  const tiles = 16 / tile ** 2;
  return {
    [`winograd-filter-${tile}`]: {
      plan: planWinogradFilter(conv, tile),
      data: { weight: floats(9 * 64), u: blank(points * 64) },
    },
    [`winograd-input-${tile}`]: {
      plan: planWinogradInput(conv, tile, 0),
      data: { x: floats(128), v: blank(points * tiles * 8) },
    },
    [`winograd-output-${tile}`]: {
      plan: planWinogradOutput(conv, tile, 0, fused),
      data: { m: floats(points * tiles * 8), bias: floats(8), y: blank(128) },
    },
    [`winograd-gradient-${tile}`]: {
      plan: planWinogradGradient(conv, tile, 0),
      data: { dy: floats(128), m: blank(points * tiles * 8) },
    },
    [`winograd-filter-gradient-${tile}`]: {
      plan: planWinogradFilterGradient(conv, tile, 2),
      data: { u: floats(2 * points * 64), dw: blank(9 * 64) },
    },
  };
};
const channelRows = Uint32Array.of(1, 0, 0, 1);
// Two networks of two rows, each with an order of its own over four samples.
const batch = { networks: 2, rows: 2, start: 1, orderStride: 4 } as const;
const order = Uint32Array.of(3, 2, 1, 0, 0, 2, 1, 3);
const changes = { flip: true, shift: 1, seed: 1, epoch: 1 };
// Two networks of 64 parameters, some of them held.
const stepped = { networks: 2, count: 64, clip: true } as const;
const steppedData = {
  g: floats(128),
  held: Uint32Array.of(1, 6, 0, 9),
  factor: floats(2),
  v: floats(128),
  w: floats(128),
};
const [squareSums, gradientNorm] = gradientNormPlans({ networks: 2, count: 64, clip: 1 });
const replacement = { positions: 3, noise: false, seed: 1, sampleStart: 0 };

// Two networks, 37 positions each, of 5 channels.
const moments = { groups: 2, positions: 37, channels4: 2, parts: 3, partSize: 13 };
const norm = { groups: 2, positions: 37, channels: 5, isProcessor: true, frozen: false };
const normed = batchNormStatistics({ ...norm, epsilon: 1e-3, momentum: 0.1 }).steps.at(-1)!.plan;
const normGradient = batchNormGradient({ ...norm, wanted: { parameters: true, data: true } }).steps;
const held = { rows: 4, rowsPerNetwork: 2, shape: [3, 5] } as const;
const trainingCases: Readonly<Record<string, Case>> = {
  "activation-gradient": {
    plan: planActivationGradient({ ...held, activation: relu, of: "output", held: true }),
    data: { z: floats(96).map(Math.abs), held: Uint32Array.of(5, 2), dy: floats(96) },
  },
  "batch-norm-gradient": {
    plan: normGradient.at(-1)!.plan,
    data: { x: floats(592), dy: floats(592), sums: floats(32), statistics: floats(256), dx: blank(592) },
  },
  "batch-norm-moments": { plan: planMoments(moments), data: { x: floats(592), partial: blank(96) } },
  "batch-norm-parameter-gradient": {
    plan: normGradient.at(-2)!.plan,
    data: { sums: floats(32), statistics: floats(256), dgamma: blank(16), dbeta: blank(16) },
  },
  "batch-norm-statistics": {
    plan: normed,
    data: {
      ...{ partial: floats(32).map(Math.abs), gamma: floats(16), beta: floats(16) },
      ...{ runningMean: floats(16), runningVariance: floats(16), statistics: blank(256) },
    },
  },
  "channel-sums": {
    plan: planChannelSums({ ...moments, second: "product", shifted: true }),
    data: { x: floats(592), other: floats(592), shift: floats(16), partial: blank(96) },
  },
  "hold-channels": {
    plan: planHoldChannels(held),
    data: { held: Uint32Array.of(31, 31), values: floats(16), y: floats(96) },
  },
  "merge-moments": {
    plan: planMergeMoments(moments, 2),
    data: { partial: floats(96), merged: blank(64) },
  },
};

// 9 points, one part; as many threads as a workgroup has, and some too many.
const points = 9;
const columns = { points, block: { first4: 0, stride4: 8 }, from4: 0, count4: 8 } as const;
const square = floats(1024).map(Math.abs);
const tsneCases: Readonly<Record<string, Case>> = {
  "tsne-affinities": {
    plan: planTsneAffinities(columns, true),
    data: { bands: floats(160).map(Math.abs), p: square },
  },
  "tsne-bandwidth": {
    plan: planTsneBandwidth(columns, { perplexity: 3, first: true }, true),
    data: { d: square, bands: blank(160) },
  },
  "tsne-distances": { plan: planTsneDistances(columns, 2, true), data: { x: floats(64), d: blank(1024) } },
  "tsne-divergence": {
    plan: planTsneDivergence(columns, true),
    data: { p: square, y: floats(64), divergence: blank(32) },
  },
  "tsne-forces": { plan: planTsneForces(columns, true), data: { p: square, y: floats(64), forces: blank(160) } },
  "tsne-step": {
    plan: planTsneStep(points, { exaggeration: 12, momentum: 0.5, rate: 50 }, true),
    data: {
      ...{ forces: floats(160), totals: floats(256).map(Math.abs) },
      ...{ y: floats(64), velocity: floats(64), gain: floats(64) },
    },
  },
  "tsne-total": { plan: planTsneTotal(points, true), data: { forces: floats(160), totals: blank(256) } },
};

const cases: Readonly<Record<string, Case>> = {
  ...trainingCases,
  ...tsneCases,
  "delta-entry": {
    plan: planDeltaEntry({ ...masked, stride: 5, activation: relu }, { images: 1 }),
    data: {
      z: floats(70),
      displacement: floats(15),
      b: floats(21),
      program: packProgram([[0], [1]], 3),
      c: blank(42),
    },
  },
  displace: {
    plan: planDisplace({ units: 2, samples: 7, stride: 9, activation: relu, before: true, seed: 1, sampleStart: 0 }),
    data: { z: floats(18), coefficients: Float32Array.of(0, 1, 0, 2, 3, 0), displacement: blank(18) },
  },
  "fused-tail": {
    plan: planFusedTail(tail, { places: 1, workgroup: 2, listed: false }),
    data: tailData,
  },
  "fused-tail-listed": {
    plan: planFusedTail({ ...tail, tiles: { start: 9, count: 1 } }, { places: 1, workgroup: 2, listed: true }),
    data: { ...tailData, list: Uint32Array.of(2, 9, 0, 1, 2, 3, 4, 5, 7, 0, 0) },
  },
  "gather-rows": {
    plan: planGatherRows({ rows: 3, start: 1, features: 5, channels: 1, bytes: true, ordered: true }),
    data: { values: words(8, 2 ** 32), order: Uint32Array.of(3, 2, 1, 0), levels: floats(256), x: blank(15) },
  },
  "gemm-register": {
    plan: planGemm(gemmShape, registers, { bias: true, store: relu }),
    data: gemmData,
  },
  "gemm-tile": {
    plan: planGemm(gemmShape, tiles, { bias: true, store: relu }),
    data: gemmData,
  },
  "masked-gemm-register": { plan: planMaskedGemm(maskedShape, registers), data: maskedData },
  "masked-gemm-tile": { plan: planMaskedGemm(maskedShape, tiles), data: maskedData },
  moved: { plan: planMoved(2, 70, 80), data: { displacement: floats(176), moved: blankWords(6) } },
  rank: {
    plan: planRank({ images: 7, classes: 3, imageStride: 3, classStride: 1 }),
    data: { logits: floats(21), labels: words(7, 3), truth: blankWords(7), losses: blank(7) },
  },
  remask: {
    plan: planRemask({
      rows: 4,
      units: 3,
      images: 2,
      maskStart: 0,
      imageStart: 0,
      sampleStart: 0,
      seed: 1,
      before: relu,
    }),
    data: { masks: Uint32Array.of(7, 7), coefficients: Float32Array.of(0, 9, 0, 0, 9, 0, 0, 9, 0), h: floats(12) },
  },
  score: {
    plan: planScore({ masks: 1, images: 8, imageStart: 0, rowStart: 0, layout, loss: true }),
    data: {
      logits: floats(24),
      truth: words(8, 3).map((label) => label | (9 << 16)),
      tally: new Uint32Array(layout.words),
    },
  },
  binary: {
    plan: planBinary({
      rows: 2,
      a: { shape: [3, 5], rows: "own" },
      b: { shape: [1], rows: "shared" },
      operator: "multiply",
      activation: relu,
    }),
    data: { a: floats(48), b: floats(4), rows: new Uint32Array(4), y: blank(48) },
  },
  concat: {
    // Two lanes into the vec4s that the input before it began.
    plan: planConcat({ rows: 2, input: { shape: [3, 5], rows: "own" }, outShape: [3, 9], axis: 1, begin: 2 }),
    data: { x: floats(48), rows: new Uint32Array(4), y: blank(72) },
  },
  // Gradients of layers without weights.
  accumulate: { plan: planAccumulate(20), data: { x: floats(20), y: floats(20) } },
  "binary-gradient": {
    // A number a channel, repeated over two axes that the other operand keeps apart.
    plan: planBinaryGradient({
      ...{ rows: 2, shape: [1, 1, 5], other: { shape: [1, 3, 5], mode: "one" }, operator: "multiply", side: "b" },
    }),
    data: { a: floats(24), b: floats(16), dy: floats(48), dx: blank(16) },
  },
  "global-pool-gradient": {
    plan: planGlobalPoolGradient(3, [2, 3, 5], "max"),
    data: { x: floats(144), dy: floats(24), dx: blank(144) },
  },
  "lrn-gradient": {
    plan: planLrnGradient(1, [3, 5], { size: 3, alpha: 1, beta: 1, bias: 1 }),
    data: { x: floats(24), dy: floats(24), dx: blank(24) },
  },
  "pool2d-gradient": {
    plan: planPool2dGradient({
      ...{ rows: 1, height: 3, width: 3, channels: 5, outHeight: 3, outWidth: 3 },
      ...{ pool: "max", countIncludePad: false, kernel: [2, 2], stride: [1, 1], dilation: [1, 1] },
      padding: { top: 1, left: 1, bottom: 0, right: 0 },
    }),
    data: { x: floats(72), dy: floats(72), dx: blank(72) },
  },
  "pool2x2-gradient": {
    plan: planPool2dGradient({
      ...{ rows: 1, height: 5, width: 5, channels: 5, outHeight: 2, outWidth: 2 },
      ...{ pool: "max", countIncludePad: false, kernel: [2, 2], stride: [2, 2], dilation: [1, 1] },
      padding: { top: 0, left: 0, bottom: 0, right: 0 },
    }),
    data: { x: floats(200), dy: floats(32), dx: blank(200) },
  },
  "slice-gradient": {
    plan: planSliceGradient(2, [3, 6], { starts: [1, 4], steps: [1, -2], sizes: [2, 2] }),
    data: { dy: floats(16), dx: blank(48) },
  },
  "batched-gemm-register": {
    plan: planBatchedGemmRegister(
      { batches: 2, rows: 5, columns4: 2, depth4: 2 },
      { rows: 2, columns4: 1, workgroup: 4 },
      fused,
    ),
    data: { a: floats(80), b: floats(128), bias: floats(8), c: blank(80) },
  },
  "batched-gemm-tile": {
    plan: planBatchedGemmTile({ batches: 2, rows: 17, columns4: 3, depth4: 3 }, slabs, fused),
    data: { a: floats(408), b: floats(288), bias: floats(12), c: blank(408) },
  },
  "channel-moments": {
    plan: planChannelMoments(300, 5, relu),
    data: { z: floats(2400), partial: blank(32) },
  },
  "channel-products": {
    plan: planChannelProducts({ groups: 2, positions: 5, channels: 5, parts: 2, absolute: true }),
    data: { x: floats(80), y: floats(80), sums: blank(64) },
  },
  "channel-profile": {
    plan: planChannelProfile({ images: 2, positions: 5, channels: 5, parts: 2 }),
    data: { a: floats(80), profile: blank(128) },
  },
  "conv2d-data-gradient": {
    plan: planConv2dDataGradient(conv),
    data: { dy: floats(128), weight: floats(9 * 64), dx: blank(128) },
  },
  "conv2d-filter-gradient-direct": {
    plan: planConv2dFilterGradientDirect(conv, 2),
    data: { x: floats(128), dy: floats(128), dw: blank(2 * 9 * 64) },
  },
  "conv2d-delta": {
    plan: planConv2dDelta(
      { ...conv, rows: 2, tapRows: 8, channelStart: 1, part: wholePart(5) },
      { positions: 4, channels4: 1, workgroup: 4 },
      { activation: relu },
    ),
    data: {
      ...{ z: floats(256), zReplaced: floats(256), d: floats(256), weight: floats(9 * 64) },
      ...{ program: packProgram([[0, 1, 3], [2]], 4), rows: channelRows, y: blank(256) },
    },
  },
  "conv2d-direct": {
    plan: planConv2dDirect(conv, { positions: 2, columns4: 1, workgroup: 8 }, fused),
    data: convData,
  },
  "conv2d-filter-gradient-register": {
    plan: planConv2dFilterGradientRegister(conv, 2, { taps: 2, channels4: 1, columns4: 1 }),
    data: { x: floats(128), dy: floats(128), dw: blank(1152) },
  },
  "conv2d-filter-gradient-tile": {
    plan: planConv2dFilterGradientTile(conv, 2, panels),
    data: { x: floats(128), dy: floats(128), dw: blank(1152) },
  },
  "conv2d-register": {
    plan: planConv2dRegister(conv, { positions: 2, channels4: 1 }, fused),
    data: convData,
  },
  "conv2d-tile": { plan: planConv2dTile(conv, slabs, fused), data: convData },
  "depthwise-conv2d": {
    plan: planDepthwiseConv2d({ ...conv, groups: 5 }, { positions: 2, workgroup: 8 }, fused),
    data: { ...convData, weight: floats(72) },
  },
  dequantize: {
    plan: planDequantize({ rows: 3, stride4: 5, start4: 2, columns4: 3, scale: 0.1, min: -2 }),
    data: { values: words(15, 2 ** 32), weight: blank(36) },
  },
  "global-pool": { plan: planGlobalPool(3, [2, 3, 5], "average"), data: { x: floats(144), y: blank(24) } },
  lrn: {
    plan: planLrn(1, [3, 5], { size: 3, alpha: 1, beta: 1, bias: 1 }),
    data: { x: floats(24), y: blank(24) },
  },
  "mask-channels": {
    plan: planMaskChannels({ ...replacement, rows: 2, units: 5, activation: relu }),
    data: { masks: Uint32Array.of(31, 31), coefficients: floats(24), rows: channelRows, h: floats(48) },
  },
  "moved-channels": {
    plan: planMovedChannels(2, 3, 5),
    data: { a: floats(48), replaced: floats(48), moved: new Uint32Array(8) },
  },
  pool2d: {
    plan: planPool2d({
      ...{ rows: 1, height: 3, width: 3, channels: 5, outHeight: 3, outWidth: 3 },
      ...{ pool: "max", countIncludePad: false, kernel: [2, 2], stride: [1, 1], dilation: [1, 1] },
      padding: { top: 1, left: 1, bottom: 0, right: 0 },
    }),
    data: { x: floats(72), y: blank(72) },
  },
  rearrange: {
    plan: planPad(1, [3, 5], { before: [1, 1], after: [0, 2], mode: "constant", value: 2 }),
    data: { x: floats(24), y: blank(32) },
  },
  "replace-channels": {
    plan: planReplaceChannels({ ...replacement, images: 2, channels: 5, activation: relu, before: false }),
    data: { z: floats(48), coefficients: floats(24), replaced: blank(48) },
  },
  // As many threads as there is work: see fused-tail.
  "row-distance": {
    plan: planRowDistance({ rows: 2, shape: [3, 5], parts: 2 }),
    data: { a: floats(48), b: floats(48), partial: blank(8) },
  },
  scale: {
    plan: planScale({ rows: 2, shape: [3, 5], activation: relu, affine: true }),
    data: { x: floats(48), scale: floats(8), shift: floats(8), y: blank(48) },
  },
  "score-rows": {
    plan: planScoreRows(8, layout, true),
    data: {
      ...{ logits: floats(32), truth: words(8, 3).map((label) => label | (9 << 16)) },
      rows: Uint32Array.from({ length: 16 }, (_, at) => (at % 2 === 0 ? at / 2 : 0)),
      tally: new Uint32Array(layout.words),
    },
  },
  "select-channels": {
    plan: planSelectChannels({ rows: 2, positions: 3, channels: 5, channelStart: 1, units: 3 }),
    data: { a: floats(48), replaced: floats(48), masks: Uint32Array.of(5, 2), rows: channelRows, y: blank(48) },
  },
  softmax: { plan: planSoftmax(3, [2, 5], false), data: { x: floats(48), y: blank(48) } },
  occupied: { plan: planOccupied(sparse, "squares"), data: { x: floats(320), bits: new Uint32Array(4) } },
  "sparse-start": {
    plan: planSparseStart(sparse, true),
    data: { w: floats(512), bias: floats(8), start: blank(8) },
  },
  "sparse-gemm": {
    plan: planSparseGemm(sparse, relu),
    data: { x: floats(320), occupied: Uint32Array.of(5), w: floats(512), start: floats(8), c: blank(40) },
  },
  "sparse-transposed-gemm": {
    plan: planSparseTransposedGemm(sparse),
    data: { x: floats(320), occupied: new Uint32Array(4).fill(5), b: floats(40), total: floats(8), c: blank(512) },
  },
  "sum-parts": { plan: planSumParts({ parts: 3, count4: 9 }), data: { x: floats(108), y: blank(36) } },
  "transposed-gemm-register": {
    plan: planTransposedGemmRegister(transposed, { rows4: 2, columns4: 1 }),
    data: transposedData,
  },
  "transposed-gemm-tile": { plan: planTransposedGemmTile(transposed, panels), data: transposedData },
  "transpose-weights": {
    plan: planTransposeWeights({ networks: 2, taps: 3, in4: 2, out4: 1, networkStride4: 25 }),
    data: { weight: floats(200), transposed: blank(192) },
  },
  "unit-moments": {
    plan: planUnitMoments(2, 130, 140, relu),
    data: { z: floats(280), partial: blank(12) },
  },
  "adam-step": {
    plan: planAdamStep({ ...stepped, ...adam, kind: "adam", step: 1 }),
    data: { ...steppedData, m: floats(128), v: new Float32Array(128).fill(1) },
  },
  "cross-entropy": {
    plan: planCrossEntropy({ ...batch, classes: 5, smoothing: 0.1, scale: 0.5, gradient: true }),
    data: {
      ...{ logits: floats(32), labels: words(4, 5), order },
      ...{ gradient: blank(32), rowLoss: blank(4), rowHit: blankWords(4) },
    },
  },
  "gather-batch": {
    plan: planGatherBatch({ ...batch, shape: [37], bytes: true, channels: 1, augment: null }),
    data: { values: words(40, 2 ** 32), order, levels: floats(256), x: blank(160) },
  },
  "gather-cached": {
    plan: planGatherCached({ ...batch, vectors: 5 }),
    data: { cache: floats(80), order, x: blank(80) },
  },
  "gather-images": {
    plan: planGatherBatch({ ...batch, shape: [3, 5, 3], bytes: true, channels: 3, augment: changes }),
    // One word more than the samples have: the last thread reads it and leaves it.
    data: { values: words(49, 2 ** 32), order, levels: floats(768), x: blank(240) },
  },
  "gradient-norm": { plan: gradientNorm!, data: { partial: floats(4).map(Math.abs), factor: blank(2) } },
  "sgd-step": { plan: planSgdStep({ ...stepped, ...sgd, nesterov: true }), data: steppedData },
  "square-sums": { plan: squareSums!, data: { g: floats(128), held: Uint32Array.of(1, 6, 0, 9), partial: blank(4) } },
  "tally-losses": {
    plan: planTallyLosses({ ...batch, classes: 1 }),
    data: {
      ...{ rowLoss: floats(4), rowHit: Uint32Array.of(1, 1, 1, 1), labels: new Uint32Array(4), order },
      ...{ totalLoss: floats(2), classCorrect: new Uint32Array(2) },
    },
  },
  ...winogradCases(2),
  ...winogradCases(4),
};

/** Few threads, and tiles of two steps, so that the detector compares few accesses and all paths are taken. */
function sourceOf({ shader, constants }: KernelPlan): string {
  const small = Object.entries({ WORKGROUP: 4, DEPTH: 2, ...constants }).filter(([name]) => name in shader.constants);
  const text = specialize(shader.source, Object.fromEntries(small));
  // The detector does not know how long an array is whose length is a product of constants.
  const factorOf = (term: string): number =>
    Number.parseInt(term, 10) || product(new RegExp(`^const ${term} = ([^;]+);`, "m").exec(text)![1]!);
  const product = (factors: string): number =>
    factors.split("*").reduce((value, term) => value * factorOf(term.trim()), 1);
  return (
    text
      .replace(/(array<\w+, )(\w+(?: \* \w+)+)>/g, (_, array, length) => `${array}${product(length)}>`)
      // Nor does it see a barrier within a condition.
      .replace("if (STAGES == 1u) { workgroupBarrier(); }", constants["STAGES"] === 1 ? "workgroupBarrier();" : "")
  );
}

/** The uniform struct's bytes. */
function uniformOf({ shader, parameters }: KernelPlan): ArrayBuffer {
  const { fields } = Object.values(shader.bindings).find(({ kind }) => kind === "uniform")!;
  const view = new DataView(new ArrayBuffer(256));
  for (const [name, { offset, type }] of Object.entries(fields)) {
    if (type === "f32") view.setFloat32(offset, parameters[name]!, true);
    else view.setUint32(offset, parameters[name]!, true);
  }
  return view.buffer;
}

/** Runs the detector on a text of a plan's shader; `written`: the buffers whose contents changed. */
function examine({ plan, data }: Case, source: string) {
  const { shader } = plan;
  const copies = Object.fromEntries(Object.entries(data).map(([name, values]) => [name, values.slice()]));
  const data0: Record<string, Words> = {};
  let uniformAt = 0;
  for (const [name, { binding, kind }] of Object.entries(shader.bindings)) {
    if (kind === "uniform") uniformAt = binding;
    else data0[binding] = copies[name]!;
  }
  const groups = { 0: data0, 1: { [uniformAt]: { uniform: uniformOf(plan) } } };
  const { races, errors } = detectRaces(source, "main", [...plan.workgroups], groups);
  const outputs = Object.keys(data).filter((name) => shader.bindings[name]!.kind === "storage");
  const written = outputs.filter((name) => copies[name]!.some((value, i) => value !== data[name]![i]));
  return { races: races.map(({ message }) => message), errors, outputs, written };
}

test("every shader is examined", () => {
  const files = readdirSync(join(import.meta.dirname, "../../shaders")).filter((file) => file.endsWith(".wgsl"));
  expect(Object.keys(cases).sort()).toEqual(files.map((file) => file.replace(".wgsl", "")).sort());
  for (const [name, { plan, data }] of Object.entries(cases)) {
    expect(plan.shader.name).toBe(name);
    const bound = Object.entries(plan.shader.bindings).filter(([, { kind }]) => kind !== "uniform");
    expect(bound.map(([binding]) => binding).sort()).toEqual(Object.keys(data).sort());
  }
});

describe.each(Object.entries(cases))("%s", (_, example) => {
  const source = sourceOf(example.plan);

  test("has no race", () => {
    const { races, errors, outputs, written } = examine(example, source);
    expect({ races, errors }).toEqual({ races: [], errors: [] });
    expect(written).toEqual(outputs);
  });

  test("would be caught", () => {
    // Atomic accesses never race; where all writes are atomic, it is the type that must be missed.
    const damaged = source.includes("atomic<u32>")
      ? source.replace("array<atomic<u32>>", "array<u32>")
      : source.replaceAll(/\b(id|local)\.x\b/g, "($1.x / 2u)").replace("+ thread;", "+ thread / 2u;");
    expect(damaged).not.toBe(source);
    const { races } = examine(example, damaged);
    expect(races[0]).toMatch(/Data race on '\w+'/);
  });
});

describe("a missing barrier", () => {
  test("is caught in the smallest kernel that needs one", () => {
    const source = `
      @group(0) @binding(0) var<storage, read_write> x: array<f32>;
      var<workgroup> shared_: array<f32, 4>;
      @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) {
        shared_[i] = x[i];
        workgroupBarrier();
        x[i] = shared_[3u - i];
      }`;
    const racesOf = (text: string) => detectRaces(text, "main", [1], { 0: { 0: Float32Array.of(1, 2, 3, 4) } }).races;
    expect(racesOf(source)).toEqual([]);
    expect(racesOf(source.replace("workgroupBarrier();", ""))).not.toEqual([]);
  });

  test.each(
    [
      ...["batched-gemm-tile", "conv2d-filter-gradient-tile", "conv2d-tile", "gemm-tile", "masked-gemm-tile"],
      "transposed-gemm-tile",
    ].flatMap((name) => [0, 1].map((which) => [name, which] as const)),
  )("is caught in %s, barrier %i", (name, which) => {
    const example = cases[name]!;
    let found = 0;
    const damaged = sourceOf(example.plan).replaceAll("workgroupBarrier();", (barrier) =>
      found++ === which ? "" : barrier,
    );
    expect(found).toBe(2);
    expect(examine(example, damaged).races[0]).toMatch(/panel[AB]/);
  });

  test("is caught in tiles of two stages, which need one barrier a slab", () => {
    const shape = { batches: 1, rows: 9, columns4: 2, depth4: 7 };
    const plan = planBatchedGemmTile(shape, { ...slabs, stages: 2 });
    const example = { plan, data: { a: floats(252), b: floats(224), bias: floats(8), c: blank(72) } };
    const source = sourceOf(plan);
    expect(source.split("workgroupBarrier();").length).toBe(2);
    expect(examine(example, source)).toMatchObject({ races: [], errors: [], written: ["c"] });
    expect(examine(example, source.replace("workgroupBarrier();", "")).races[0]).toMatch(/panel[AB]/);
  });

  test("cannot be in the other kernels, which share no workgroup memory", () => {
    for (const [name, { plan }] of Object.entries(cases)) {
      expect(plan.shader.source.includes("var<workgroup>"), name).toBe(name.endsWith("-tile"));
    }
  });
});
