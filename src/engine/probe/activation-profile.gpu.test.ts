/** Profiles, products and small maps of units against what float64 makes of the same activations. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { largestError } from "../../kernels/run.fixture.ts";
import { positionsOf } from "../../kernels/tensor-layout.ts";
import { ablatableOf } from "../../network/ablatable.ts";
import type { Network } from "../../network/network.ts";
import { smallConvNet } from "../../reference/network.fixture.ts";
import { planPass, stepsOf } from "../graph/pass.ts";
import { randomGraph } from "../graph/random-graph.fixture.ts";
import { concatNet, denseNet, groupedNet } from "../training/training-nets.fixture.ts";
import { profileActivations } from "./activation-profile.ts";
import { pooledMaps } from "./pooled-maps.ts";
import { drawProbe, fusedPoolNet } from "./probe.fixture.ts";
import type { ProbeSource } from "./source.ts";
import { profileMacs } from "./taps.ts";
import { unitProducts, unitProductsMacs } from "./unit-products.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const SAMPLES = 7;
const nets: readonly (readonly [string, Network])[] = [
  ["a chain of dense layers", denseNet(1)],
  ["branches joined", concatNet(2)],
  ["grouped convolutions", groupedNet(3)],
  ["a residual block with batch norms and a pool", smallConvNet(4)],
  ["a pool that is computed with its convolution", fusedPoolNet(7)],
  ["a random graph", randomGraph(5, 6)],
];

/** What some samples take at once is too little for all: they go in several batches. */
async function tightSession(source: ProbeSource, names: readonly string[]): Promise<Gpu> {
  using wide = gpu.session();
  await profileActivations(wide, { ...source, samples: 4 }, names);
  return gpu.session(wide.arena.peakBytes);
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

describe.each(nets)("%s", (_, network) => {
  const { source, results } = drawProbe(network, SAMPLES);
  const layers = ablatableOf(source.graph.network);
  const names = layers.map(({ layer }) => layer);
  const intact = results();
  const positions = (layer: string) => positionsOf(source.graph.shapes.get(layer)!);
  /** Values of one unit, sample after sample. */
  const unitOf = (layer: string, units: number, unit: number) =>
    intact.get(layer)!.filter((_, at) => at % units === unit);

  test("is profiled as float64 has it, in several batches", async () => {
    using own = await tightSession(source, names);
    let batches = 0;
    const profiles = await profileActivations(own, source, names, async () => {
      batches++;
      return true;
    });
    expect(batches).toBeGreaterThan(1);
    expect(own.arena.allocatedBytes).toBe(0);
    expect(profiles!.map(({ layer }) => layer)).toEqual(names);
    for (const [i, { layer, units }] of layers.entries()) {
      const profile = profiles![i]!;
      const places = positions(layer);
      expect(profile).toMatchObject({ units, samples: SAMPLES, positions: places });
      const wanted = Array.from({ length: units }, (_, unit) => unitOf(layer, units, unit));
      const means = Float64Array.from({ length: SAMPLES * units }, (_, at) => {
        const own = wanted[at % units]!;
        const from = Math.floor(at / units) * places;
        return sum(own.subarray(from, from + places)) / places;
      });
      expect(largestError(profile.means, means)).toBeLessThan(1e-4);
      expect(largestError(profile.sums, wanted.map(sum))).toBeLessThan(1e-4);
      expect(
        largestError(
          profile.squares,
          wanted.map((own) => sum(own.map((value) => value * value))),
        ),
      ).toBeLessThan(1e-4);
      expect(
        largestError(
          profile.max,
          wanted.map((own) => Math.max(...own)),
        ),
      ).toBeLessThan(1e-4);
      expect([...profile.zeros]).toEqual(wanted.map((own) => own.filter((value) => value === 0).length));
    }
  });

  test("has the products of its units", async () => {
    const found = await unitProducts(gpu, source, names);
    for (const [i, { layer, units }] of layers.entries()) {
      const { products, sums, count } = found![i]!;
      const wanted = Array.from({ length: units }, (_, unit) => unitOf(layer, units, unit));
      expect(count).toBe(SAMPLES * positions(layer));
      expect(largestError(sums, wanted.map(sum))).toBeLessThan(1e-4);
      const pairs = wanted.flatMap((u) => wanted.map((v) => sum(u.map((value, at) => value * v[at]!))));
      expect(largestError(products, pairs)).toBeLessThan(1e-4);
    }
  });
});

test("maps are averaged over windows, the last of which may be smaller", async () => {
  const { source, results } = drawProbe(smallConvNet(4), SAMPLES);
  const [maps] = (await pooledMaps(gpu, source, ["conv1"]))!;
  // 9 x 7 positions in windows of 3 x 2: 3 x 4, the last ones one column wide.
  expect(maps).toMatchObject({ units: 6, samples: SAMPLES, height: 3, width: 4 });
  const a = results().get("conv1")!;
  const wanted = Float64Array.from({ length: 6 * SAMPLES * 12 }, (_, at) => {
    const [unit, n, top, left] = [
      Math.floor(at / 12 / SAMPLES),
      Math.floor(at / 12) % SAMPLES,
      3 * Math.floor((at % 12) / 4),
      2 * (at % 4),
    ];
    const window = [0, 1, 2].flatMap((y) =>
      [0, 1].filter((x) => left + x < 7).map((x) => a[((n * 9 + top + y) * 7 + left + x) * 6 + unit]!),
    );
    return sum(window) / window.length;
  });
  expect(largestError(maps!.values, wanted)).toBeLessThan(1e-4);
});

test("units of a dense layer have maps of one position", async () => {
  const { source, results } = drawProbe(denseNet(1), SAMPLES);
  const [maps] = (await pooledMaps(gpu, source, ["d0"]))!;
  expect(maps).toMatchObject({ units: 9, height: 1, width: 1 });
  const a = results().get("d0")!;
  const wanted = Float64Array.from(
    { length: 9 * SAMPLES },
    (_, at) => a[(at % SAMPLES) * 9 + Math.floor(at / SAMPLES)]!,
  );
  expect(largestError(maps!.values, wanted)).toBeLessThan(1e-4);
});

test("ends where it is told to, and refuses what is no ablatable layer", async () => {
  const { source } = drawProbe(denseNet(1), SAMPLES);
  expect(await profileActivations(gpu, source, ["d0"], async () => false)).toBeNull();
  expect(await unitProducts(gpu, source, ["d0"], async () => false)).toBeNull();
  expect(await pooledMaps(gpu, source, ["d0"], async () => false)).toBeNull();
  await expect(profileActivations(gpu, source, ["d2"])).rejects.toMatchObject({
    code: "bad-study",
    message: expect.stringContaining('"d2"'),
  });
});

test("a tapped layer is not pooled on the way, though it would be otherwise", () => {
  const { graph } = drawProbe(fusedPoolNet(7), 1).source;
  const plan = planPass(graph, stepsOf(graph, graph.network.layers), new Set());
  expect([...plan.fused]).toEqual([["b", "halved"]]);
});

test("costs what is computed up to the last layer asked for", () => {
  const { source } = drawProbe(denseNet(1, [11, 9, 6, 5]), SAMPLES);
  expect(profileMacs(source, ["d0"])).toBe(SAMPLES * 11 * 9);
  expect(profileMacs(source, ["d0", "d1"])).toBe(SAMPLES * (11 * 9 + 9 * 6));
  expect(unitProductsMacs(source, ["d1"])).toBe(SAMPLES * (11 * 9 + 9 * 6 + 6 * 6));
});
