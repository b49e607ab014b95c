/** Batch norm in training and frozen, forward statistics and gradients, against float64, also far from 0. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { BatchNormLayer } from "../network/network.ts";
import { channelStatistics, batchNormGradient as referenceGradient } from "../reference/gradients/channelwise.ts";
import { batchNormGradient } from "./batch-norm-gradient.ts";
import { batchNormStatistics, batchNormStatisticsLayout } from "./batch-norm-statistics.ts";
import { largestError, UNTOUCHED } from "./run.fixture.ts";
import { runSequence } from "./sequence.fixture.ts";
import { blankTensor, packTensor, unpackTensor } from "./tensor.fixture.ts";
import { paddedChannels } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const EPSILON = 1e-3;
const MOMENTUM = 0.1;

const sizes = fc.record({
  groups: fc.integer({ min: 1, max: 3 }),
  // Of 2500, a GPU's parts are joined in two steps.
  positions: fc.constantFrom(1, 2, 9, 37, 700, 2500),
  channels: fc.constantFrom(1, 4, 5, 19),
  gap: fc.nat(2),
  /** Mean over standard deviation. */
  far: fc.constantFrom(0, 100),
  isProcessor: fc.boolean(),
  seed: fc.integer(),
});
type Size = typeof sizes extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** The networks of a batch: a layer and a batch of each, and both as they lie on the device. */
function problem({ groups, positions, channels, gap, far, seed }: Size) {
  const draw = random(seed);
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const networks = Array.from({ length: groups }, () => {
    const deviation = normals(channels).map((value) => 10 ** value);
    const center = normals(channels).map((value, c) => far * deviation[c]! * Math.sign(value));
    const x = normals(positions * channels).map((value, at) => {
      // On both sides of the mean, so that the deviation of a few is not small by chance.
      const side = Math.floor(at / channels) % 2 === 0 ? 1 : -1;
      return center[at % channels]! + deviation[at % channels]! * (side + 0.2 * value);
    });
    const layer: BatchNormLayer = {
      ...{ kind: "batch-norm", name: "bn", inputs: ["x"], epsilon: EPSILON },
      ...{ gamma: normals(channels), beta: normals(channels), mean: center },
      variance: normals(channels).map((value, c) => deviation[c]! ** 2 * (1 + 0.1 * value)),
    };
    return { layer, x: { values: x, shape: [positions, channels] }, dy: normals(positions * channels) };
  });
  const width = paddedChannels(channels);
  const stride = width + 4 * gap;
  /** [groups, stride], with what must stay behind each group's channels. */
  const parameters = (of: (layer: BatchNormLayer) => Float32Array) => {
    const values = new Float32Array(groups * stride).fill(UNTOUCHED);
    networks.forEach(({ layer }, g) => {
      values.set(of(layer), g * stride);
    });
    return values;
  };
  const packed = (of: (network: (typeof networks)[number]) => Float32Array) =>
    packTensor(
      networks.flatMap((network) => [...of(network)]),
      groups,
      [of(networks[0]!).length / channels, channels],
    );
  const { sizeBytes } = batchNormStatisticsLayout({ groups, channels });
  return {
    networks,
    stride,
    data: {
      x: packed(({ x }) => x.values),
      gamma: parameters(({ gamma }) => gamma),
      beta: parameters(({ beta }) => beta),
      runningMean: packed(({ layer }) => layer.mean),
      runningVariance: packed(({ layer }) => layer.variance),
      statistics: new Float32Array(sizeBytes / 4).fill(Number.NaN),
    },
    backward: {
      dy: packed(({ dy }) => dy),
      dx: blankTensor(groups, [positions, channels]),
      dgamma: new Float32Array(groups * stride).fill(UNTOUCHED),
      dbeta: new Float32Array(groups * stride).fill(UNTOUCHED),
    },
  };
}

test.each([false, true])("frozen: %s", async (frozen) => {
  await fc.assert(
    fc.asyncProperty(sizes, async (size) => {
      const { groups, positions, channels, gap, isProcessor } = size;
      const { networks, stride, data, backward } = problem(size);
      const parameterStride4 = paddedChannels(channels) / 4 + gap;
      const batch = { groups, positions, channels, parameterStride4, isProcessor, frozen };
      const running = ["runningMean", "runningVariance"] as const;
      const forward = await runSequence(
        gpu,
        batchNormStatistics({ ...batch, epsilon: EPSILON, momentum: MOMENTUM }),
        data,
        ["statistics", ...running],
      );
      const sequence = batchNormGradient({ ...batch, wanted: { parameters: true, data: true } });
      const given = { ...data, ...forward, ...backward };
      const { dx, dgamma, dbeta } = await runSequence(gpu, sequence, given, ["dx", "dgamma", "dbeta"]);

      const { offsetBytes } = batchNormStatisticsLayout(batch);
      const row = (values: Float32Array, at: number) => values.subarray(at, at + channels);
      networks.forEach(({ layer, x, dy }, g) => {
        const found = channelStatistics(x);
        const { mean, variance } = frozen ? layer : found;
        const deviation = Float64Array.from(variance, (value) => Math.sqrt(value + EPSILON));
        const scale = deviation.map((value, c) => layer.gamma[c]! / value);
        const width = paddedChannels(channels);
        const part = (name: keyof typeof offsetBytes) => row(forward.statistics, offsetBytes[name] / 4 + g * width);
        // Each channel by its own measure: they differ by orders of magnitude.
        const ones = new Float64Array(channels).fill(1);
        const errorOf = (got: ArrayLike<number>, wanted: ArrayLike<number>, unit: ArrayLike<number>) =>
          largestError(
            ones.map((_, c) => 1 + (got[c]! - wanted[c]!) / unit[c]!),
            ones,
          );
        const spread = deviation.map((value, c) => value + Math.abs(mean[c]!));
        expect(errorOf(part("mean"), mean, spread)).toBeLessThan(1e-6);
        const rstd = deviation.map((value) => 1 / value);
        expect(errorOf(part("rstd"), rstd, rstd)).toBeLessThan(1e-5);
        expect(errorOf(part("scale"), scale, scale)).toBeLessThan(1e-5);
        const shift = scale.map((value, c) => layer.beta[c]! - mean[c]! * value);
        const summands = scale.map((value, c) => 1 + Math.abs(mean[c]! * value));
        expect(errorOf(part("shift"), shift, summands)).toBeLessThan(1e-5);

        const share = frozen ? 0 : MOMENTUM;
        const unbiased = positions / Math.max(1, positions - 1);
        const newMean = ones.map((_, c) => (1 - share) * layer.mean[c]! + share * found.mean[c]!);
        const newVariance = ones.map(
          (_, c) => (1 - share) * layer.variance[c]! + share * unbiased * found.variance[c]!,
        );
        expect(errorOf(row(forward.runningMean, g * width), newMean, spread)).toBeLessThan(1e-6);
        expect(errorOf(row(forward.runningVariance, g * width), newVariance, newVariance)).toBeLessThan(1e-5);

        const wanted = referenceGradient(layer, x, Float64Array.from(dy), frozen ? null : found);
        const got = unpackTensor(dx, groups, [positions, channels]).subarray(g * dy.length, (g + 1) * dy.length);
        // Against scale times dy, about 1, because dx itself vanishes where there are only two positions.
        const errors = got.map((value, at) => (value - wanted.inputs[0]![at]!) / scale[at % channels]!);
        expect(Math.max(...errors.map(Math.abs))).toBeLessThan(5e-5);
        expect(largestError(row(dbeta, g * stride), wanted.parameters.beta!)).toBeLessThan(1e-5);
        expect(largestError(row(dgamma, g * stride), wanted.parameters.gamma!)).toBeLessThan(1e-4);
        for (const values of [dgamma, dbeta]) {
          const behind = values.subarray(g * stride + channels, (g + 1) * stride);
          expect([...behind]).toEqual(Array.from(behind, (_, at) => (channels + at < width ? 0 : UNTOUCHED)));
        }
      });
      expect(dx.subarray(-8).every((value) => value === UNTOUCHED)).toBe(true);
    }),
    { seed: 1337, numRuns: 40 },
  );
});
