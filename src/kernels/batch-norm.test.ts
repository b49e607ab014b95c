/** How the channel-wise kernels of training are put together, without a GPU. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planActivationGradient } from "./activation-gradient.ts";
import { batchNormGradient } from "./batch-norm-gradient.ts";
import { batchNormStatistics, batchNormStatisticsLayout } from "./batch-norm-statistics.ts";
import { channelSumParts, planChannelSums } from "./channel-sums.ts";
import { planHoldChannels } from "./hold-channels.ts";
import type { KernelSequence } from "./sequence.ts";

const positive = (max: number) => fc.integer({ min: 1, max });

const batches = fc.record({
  groups: positive(300),
  positions: positive(100_000),
  channels: positive(600),
  isProcessor: fc.boolean(),
  frozen: fc.boolean(),
});

/** What a sequence reads and nobody gives it: neither a caller under a name of `given`, nor its scratch. */
function strangers({ steps, scratch }: KernelSequence, given: readonly string[]): string[] {
  const named = steps.flatMap(({ buffers }) => Object.values(buffers));
  return named.filter((name) => !(name in scratch) && !given.includes(name));
}

/** Whether each step names all buffers of its shader, gives all of its parameters, and writes nothing that it also reads. */
function isSound({ steps }: KernelSequence): boolean {
  return steps.every(({ plan: { shader, parameters, constants }, buffers }) => {
    const bindings = Object.entries(shader.bindings);
    const data = bindings.filter(([, { kind }]) => kind !== "uniform");
    const [, uniform] = bindings.find(([, { kind }]) => kind === "uniform")!;
    const written = data.filter(([, { kind }]) => kind === "storage").map(([name]) => buffers[name]);
    return (
      data.every(([name]) => name in buffers) &&
      Object.keys(uniform.fields).sort().join() === Object.keys(parameters).sort().join() &&
      Object.keys(constants).every((name) => name in shader.constants) &&
      written.every((name) => Object.values(buffers).filter((other) => other === name).length === 1)
    );
  });
}

describe("channelSumParts", () => {
  test("covers all positions, with no sum over more than 1,024 and no partial sums where there are few", () => {
    fc.assert(
      fc.property(batches, ({ groups, positions, channels, isProcessor }) => {
        const parts = channelSumParts(isProcessor, { groups, positions, channels4: Math.ceil(channels / 4) });
        expect(Math.ceil(positions / parts)).toBeLessThanOrEqual(1024);
        expect(parts).toBeLessThanOrEqual(Math.max(1, positions / 32));
      }),
      { seed: 1337 },
    );
    expect(channelSumParts(true, { groups: 220, positions: 256, channels4: 5 })).toBe(1);
    expect(channelSumParts(false, { groups: 1, positions: 65_536, channels4: 8 })).toBe(2048);
  });

  test("is what a plan has threads for", () => {
    fc.assert(
      fc.property(batches, ({ groups, positions, channels, isProcessor }) => {
        const size = { groups, positions, channels4: Math.ceil(channels / 4) };
        const parts = channelSumParts(isProcessor, size);
        const { workgroups, shader } = planChannelSums({ ...size, parts, second: "product" });
        const threads = workgroups[0] * workgroups[1] * shader.constants["WORKGROUP"]!;
        expect(threads).toBeGreaterThanOrEqual(parts * groups * size.channels4);
      }),
      { seed: 1337 },
    );
  });
});

describe("batch norm", () => {
  test("asks for no buffer that nobody gives, and for no more than it needs", () => {
    fc.assert(
      fc.property(batches, fc.boolean(), fc.boolean(), (batch, parameters, data) => {
        const statistics = batchNormStatistics({ ...batch, epsilon: 1e-5, momentum: 0.1 });
        const kept = ["gamma", "beta", "runningMean", "runningVariance", "statistics"];
        expect(strangers(statistics, batch.frozen ? kept : ["x", ...kept])).toEqual([]);
        expect(isSound(statistics)).toBe(true);
        const gradient = batchNormGradient({ ...batch, wanted: { parameters, data } });
        const read = batch.frozen && !parameters ? ["dy", "statistics"] : ["x", "dy", "statistics"];
        const written = [...(data ? ["dx"] : []), ...(parameters ? ["dgamma", "dbeta"] : [])];
        expect(strangers(gradient, [...read, ...written])).toEqual([]);
        expect(isSound(gradient)).toBe(true);
      }),
      { seed: 1337 },
    );
  });

  test("lays its statistics out so that each part can be bound", () => {
    const { offsetBytes, partBytes, sizeBytes, stride4 } = batchNormStatisticsLayout({ groups: 3, channels: 21 });
    expect({ offsetBytes, partBytes, sizeBytes, stride4 }).toEqual({
      offsetBytes: { mean: 0, rstd: 512, scale: 1024, shift: 1536 },
      partBytes: 288,
      sizeBytes: 2048,
      stride4: 32,
    });
  });
});

test("networks of no whole runs of positions have threads of their own", () => {
  const size = { rows: 9, rowsPerNetwork: 3, shape: [3, 5] } as const;
  const gradient = planActivationGradient({
    ...size,
    ...{ activation: { kind: "relu", alpha: 0 }, of: "output", held: true },
  });
  expect(gradient.parameters).toMatchObject({ networks: 3, positions: 9, parts: 3 });
  expect(planHoldChannels(size).parameters).toMatchObject({ networks: 3, positions: 9, parts: 2 });
});
