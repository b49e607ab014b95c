/** How damage spreads, against two networks in float64: one intact, one damaged. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { ablatableOf } from "../../network/ablatable.ts";
import type { Network } from "../../network/network.ts";
import { smallConvNet } from "../../reference/network.fixture.ts";
import { randomGraph } from "../graph/random-graph.fixture.ts";
import { coefficientsOf } from "../site.ts";
import { concatNet, denseNet, residualNet } from "../training/training-nets.fixture.ts";
import { type Cascade, cascade, cascadeMacs, type DamagedLayer } from "./cascade.ts";
import { drawProbe, fusedPoolNet } from "./probe.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const SAMPLES = 7;
const nets: readonly (readonly [string, Network])[] = [
  ["a chain of dense layers", denseNet(1)],
  ["a residual sum", residualNet(2)],
  ["branches joined", concatNet(3)],
  ["a residual block with batch norms and a pool", smallConvNet(4)],
  ["a pool that is computed with its convolution", fusedPoolNet(7)],
  ["a random graph", randomGraph(6, 6)],
];

describe.each(nets)("%s", (_, network) => {
  const { source, results } = drawProbe(network, SAMPLES);
  const layers = ablatableOf(source.graph.network);
  const intact = results();

  /** Drawn coefficients of a layer; its first unit, and every other one, damaged. */
  const damageOf = (index: number, place: DamagedLayer["place"]): DamagedLayer => {
    const { layer, units } = layers[index]!;
    const draw = random(index, "coefficients");
    const coefficients = Float32Array.from({ length: 3 * units }, (_, at) => (at % 3 < 2 ? draw.normal() : 0));
    const some = Array.from({ length: units }, (_, unit) => unit).filter((unit) => unit % 2 === 0);
    return { layer, units: some, coefficients, place, seed: 1 };
  };

  function expected(damage: readonly DamagedLayer[]) {
    const damaged = results(
      damage.flatMap(({ layer, units, coefficients, place }) =>
        units.map((unit) => ({
          ...{ layer, units: [unit], scale: coefficients[3 * unit]!, shift: coefficients[3 * unit + 1]! },
          preActivation: place === "pre-activation",
        })),
      ),
    );
    return (layer: string) => {
      const [a, b] = [intact.get(layer)!, damaged.get(layer)!];
      const squares = (from: number, to: number, of: (at: number) => number) => {
        let sum = 0;
        for (let at = from; at < to; at++) sum += of(at) ** 2;
        return sum;
      };
      const size = a.length / SAMPLES;
      const ratio = (from: number, to: number) =>
        Math.sqrt(squares(from, to, (at) => b[at]! - a[at]!) / squares(from, to, (at) => a[at]!));
      const ratios = Array.from({ length: SAMPLES }, (_, n) => ratio(n * size, (n + 1) * size)).filter(Number.isFinite);
      const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
      const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (ratios.length - 1);
      return {
        change: ratio(0, a.length),
        samples: ratios.length,
        mean,
        standardError: Math.sqrt(variance / ratios.length),
      };
    };
  }

  const cases = layers.flatMap((_, index) => [[index, "post-activation"] as const, [index, "pre-activation"] as const]);
  test.each(cases)("layer %i damaged, %s", async (index, place) => {
    const damage = [damageOf(index, place)];
    const [found] = (await cascade(gpu, source, [damage]))!;
    const wanted = expected(damage);
    expect(gpu.arena.allocatedBytes).toBe(0);
    expect(found![0]!.layer).toBe(layers[index]!.layer);
    expect(found!.at(-1)!.layer).toBe(source.graph.network.outputs[0]);
    for (const { layer, change, samples, mean, standardError } of found!) {
      const own = wanted(layer);
      expect(samples).toBe(own.samples);
      expect(change! / own.change, layer).toBeCloseTo(1, 4);
      expect(mean! / own.mean, layer).toBeCloseTo(1, 4);
      expect(standardError!, layer).toBeCloseTo(own.standardError, 3);
    }
  });

  test("damage of all layers at once, in several batches", async () => {
    const damage = layers.map((_, index) => damageOf(index, "post-activation"));
    using wide = gpu.session();
    await cascade(wide, { ...source, samples: 3 }, [damage]);
    using tight = gpu.session(wide.arena.peakBytes);
    let batches = 0;
    const [found] = (await cascade(tight, source, [damage], async () => {
      batches++;
      return true;
    }))!;
    expect(batches).toBeGreaterThan(1);
    const wanted = expected(damage);
    for (const { layer, change } of found!) expect(change! / wanted(layer).change, layer).toBeCloseTo(1, 4);
    expect(found!.map(({ layer }) => layer)).toEqual([
      ...layers.map(({ layer }) => layer),
      source.graph.network.outputs[0],
    ]);
  });

  test("damages that are asked for together are as if alone, in several batches", async () => {
    const each = layers.map((_, index) => [damageOf(index, index % 2 === 0 ? "post-activation" : "pre-activation")]);
    const alone: Cascade[] = [];
    for (const damage of each) alone.push(...(await cascade(gpu, source, [damage]))!);
    using wide = gpu.session();
    await cascade(wide, { ...source, samples: 3 }, each);
    using tight = gpu.session(wide.arena.peakBytes);
    const done: number[] = [];
    let asked = 0;
    const together = await cascade(
      tight,
      source,
      each,
      async () => ++asked > 0,
      (samples) => done.push(samples),
    );
    expect(together).toEqual(alone);
    expect(done.length).toBeGreaterThan(1);
    expect(done.at(-1)).toBe(SAMPLES);
    expect(asked).toBe(done.length * each.length);
  });

  test("what replaces units by themselves changes nothing", async () => {
    const { layer, units } = layers[0]!;
    const coefficients = coefficientsOf({ kind: "scale", factor: 1 }, units, null);
    const damage: DamagedLayer = { layer, units: [0], coefficients, place: "post-activation", seed: 1 };
    const [found] = (await cascade(gpu, source, [[damage]]))!;
    for (const { change, mean, standardError } of found!) expect([change, mean, standardError]).toEqual([0, 0, 0]);
  });
});

test("a layer that the damage does not reach is left out", async () => {
  const { source } = drawProbe(residualNet(2), SAMPLES);
  const zero = (layer: string, units: number): DamagedLayer => ({
    ...{ layer, units: [0], coefficients: new Float32Array(3 * units), place: "post-activation", seed: 1 },
  });
  const reached = async (damage: DamagedLayer) =>
    (await cascade(gpu, source, [[damage]]))![0]!.map(({ layer }) => layer);
  expect(await reached(zero("a", 5))).toEqual(["a", "b", "c", "short", "classes"]);
  expect(await reached(zero("b", 7))).toEqual(["b", "c", "classes"]);
});

test("noise is decided by the sample's place in the set, not by its batch", async () => {
  const { source } = drawProbe(denseNet(1), SAMPLES);
  const coefficients = Float32Array.from({ length: 27 }, (_, at) => [1, 0, 2][at % 3]!);
  const damage: DamagedLayer[] = [{ layer: "d0", units: [0, 4], coefficients, place: "post-activation", seed: 3 }];
  const whole = await cascade(gpu, source, [damage]);
  using wide = gpu.session();
  await cascade(wide, { ...source, samples: 2 }, [damage]);
  using tight = gpu.session(wide.arena.peakBytes);
  expect(await cascade(tight, source, [damage])).toEqual(whole);
  expect(await cascade(gpu, source, [[{ ...damage[0]!, seed: 4 }]])).not.toEqual(whole);
});

test("ends where it is told to, refuses units that are not there, and says what it costs", async () => {
  const { source } = drawProbe(denseNet(1, [11, 9, 6, 5]), SAMPLES);
  const zero = (units: readonly number[]): DamagedLayer => ({
    ...{ layer: "d1", units, coefficients: new Float32Array(18), place: "post-activation", seed: 1 },
  });
  expect(await cascade(gpu, source, [[zero([0])]], async () => false)).toBeNull();
  await expect(cascade(gpu, source, [[zero([6])]])).rejects.toMatchObject({ code: "bad-study" });
  await expect(cascade(gpu, source, [[zero([])]])).rejects.toMatchObject({ code: "bad-study" });
  await expect(cascade(gpu, source, [[{ ...zero([0]), layer: "d2" }]])).rejects.toMatchObject({ code: "bad-study" });
  const [first, second, third] = [11 * 9, 9 * 6, 6 * 5];
  expect(await cascade(gpu, source, [])).toEqual([]);
  expect(cascadeMacs(source, [[zero([0])]])).toBe(SAMPLES * (first + 2 * (second + third)));
  expect(cascadeMacs(source, [[zero([0])], [zero([1])]])).toBe(SAMPLES * (first + 3 * (second + third)));
});
