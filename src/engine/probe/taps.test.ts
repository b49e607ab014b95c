/** How many samples go by the taps at once, on paper: no buffer is larger than one may be, and little is read back at a time. */
import { describe, expect, test } from "vitest";
import { memoryDataset } from "../../data/dataset.ts";
import type { Network } from "../../network/network.ts";
import { compileGraph } from "../graph/compiled-graph.ts";
import { denseNet } from "../training/training-nets.fixture.ts";
import { profileTap } from "./activation-profile.ts";
import type { ProbeSource } from "./source.ts";
import { planTaps, type Tap } from "./taps.ts";
import { productsTap } from "./unit-products.ts";

const MIB = 2 ** 20;
const gpu = { isProcessor: false };
const limits = { ...gpu, budgetBytes: 2048 * MIB, bindingBytes: 128 * MIB };

/** As many samples as are said, without any being there. */
function sourceOf(network: Network, samples: number): ProbeSource {
  const { name, shape } = network.inputs[0]!;
  const one = { name, shape, values: new Float32Array(shape[0]!), labels: new Uint16Array(1), classes: 10 };
  const dataset = { ...memoryDataset({ ...one, classNames: [] }), samples };
  return {
    graph: compileGraph(network),
    dataset,
    transform: { scale: 1, mean: [0], std: [1], threshold: null },
    samples,
  };
}

const largest = (taps: readonly Tap[], rows: number) =>
  4 * Math.max(...taps.flatMap((tap) => [tap.resultFloats(rows), tap.scratchFloats?.(rows) ?? 0]));
const readBack = (taps: readonly Tap[], rows: number) => 4 * taps.reduce((sum, tap) => sum + tap.resultFloats(rows), 0);

describe("of 60,000 samples", () => {
  const source = sourceOf(denseNet(1, [784, 1024, 1024, 10]), 60_000);
  const profiles = ["d0", "d1"].map((layer) => profileTap(gpu, source, layer));
  const products = ["d0", "d1"].map((layer) => productsTap(gpu, source, layer));

  test.each([
    ["profiles", profiles],
    ["profiles and products", [...profiles, ...products]],
  ])("%s fit the largest buffer", (_, taps) => {
    const { rows } = planTaps(limits, source, taps);
    expect(largest(taps, rows)).toBeLessThanOrEqual(128 * MIB);
    expect(readBack(taps, rows)).toBeLessThanOrEqual(64 * MIB);
    // Nor are they fewer than could be.
    expect(readBack(taps, rows + 1)).toBeGreaterThan(64 * MIB);
  });

  test("products fit where a buffer holds two of their parts", () => {
    const { rows } = planTaps({ ...limits, bindingBytes: 8 * MIB }, source, products);
    expect(largest(products, rows)).toBeLessThanOrEqual(8 * MIB);
    expect(rows).toBeGreaterThan(1);
  });
});

test("what taps compute counts towards the work of a batch", () => {
  const source = sourceOf(denseNet(1, [784, 4096, 10]), 60_000);
  const taps = [profileTap(gpu, source, "d0"), productsTap(gpu, source, "d0")];
  const { rows } = planTaps({ ...limits, budgetBytes: 2 ** 33, bindingBytes: 2 ** 32 }, source, taps);
  // A GPU is taken to do 1e9 multiply-accumulates a millisecond, and a batch to be a tenth of a second.
  expect(rows * (784 * 4096 + 4096 * 4096)).toBeLessThan(1.01e11);
});

test("what single samples read back is no reason to go one by one", () => {
  const source = sourceOf(denseNet(1, [784, 4096, 10]), 5000);
  const taps = [profileTap(gpu, source, "d0"), productsTap(gpu, source, "d0")];
  expect(planTaps({ ...limits, bindingBytes: 1024 * MIB }, source, taps).rows).toBeGreaterThan(500);
});
