import { describe, expect, test } from "vitest";
import { chainNetwork, randomChain } from "./chain.fixture.ts";
import { type CheckedAblation, checkAgainst, float64Reference, type ReferenceRequest } from "./check.ts";
import { columnMeans, evaluate, forward, logitsOf, type UnitChange } from "./oracle.ts";

const SAMPLES = 37;
const { layers, inputs, labels } = randomChain(12, [9, 7, 5, 4], SAMPLES, "gelu");
const intact = forward(layers, inputs, SAMPLES);

function bitsWith(changes: UnitChange[]): Uint32Array {
  return evaluate(logitsOf(forward(layers, inputs, SAMPLES, changes)), labels).bits;
}

const zeroed: CheckedAblation = {
  row: 3,
  sites: [{ layerIndex: 0, units: [1, 4] }],
  replacement: { kind: "zero" },
  bits: bitsWith([1, 4].map((unit) => ({ layerIndex: 0, unit, scale: 0, shift: 0 }))),
};
const request: ReferenceRequest = {
  network: chainNetwork(layers),
  inputs,
  samples: SAMPLES,
  labels,
  logits: Float32Array.from(logitsOf(intact)),
  ablations: [zeroed],
};

const check = (changed: Partial<ReferenceRequest>) => {
  const asked = { ...request, ...changed };
  return checkAgainst(asked, float64Reference(asked));
};
/** The same bits with the given samples turned over. */
const flipped = (bits: Uint32Array, ...samples: number[]) => {
  const copy = bits.slice();
  for (const n of samples) copy[n >>> 5] = (copy[n >>> 5]! ^ (1 << (n & 31))) >>> 0;
  return copy;
};

describe("checkAgainst", () => {
  test("agrees with what float32 rounding leaves", async () => {
    const report = await check({});
    expect(report).toMatchObject({ reference: "float64", samples: SAMPLES, ablations: 1, countDifferences: [] });
    expect(report.logitError).toBeGreaterThan(0);
    expect(report.logitError).toBeLessThan(1e-6);
    expect(report.agrees).toBe(true);
  });

  test("repeats mean, constant and scale on several layers, means from the intact network", async () => {
    const sites = [
      { layerIndex: 0, units: [2] },
      { layerIndex: 1, units: [0, 3] },
    ];
    const changesTo = (scale: number, shift: (layerIndex: number, unit: number) => number) =>
      sites.flatMap(({ layerIndex, units }) =>
        units.map((unit) => ({ layerIndex, unit, scale, shift: shift(layerIndex, unit) })),
      );
    const means = intact.post.map((post) => columnMeans(post, SAMPLES));
    const ablations = [
      { row: 0, sites, replacement: { kind: "mean" }, bits: bitsWith(changesTo(0, (l, u) => means[l]![u]!)) },
      { row: 1, sites, replacement: { kind: "constant", value: 6 }, bits: bitsWith(changesTo(0, () => 6)) },
      { row: 2, sites, replacement: { kind: "scale", factor: -9 }, bits: bitsWith(changesTo(-9, () => 0)) },
    ];
    expect(new Set([zeroed, ...ablations].map(({ bits }) => bits.join())).size).toBe(4);
    expect(await check({ ablations })).toMatchObject({ ablations: 3, countDifferences: [], agrees: true });
  });

  test("replaces by class means, by other samples' activations and by given constants", async () => {
    const sites = [
      { layerIndex: 0, units: [1, 4] },
      { layerIndex: 1, units: [0] },
    ];
    const donors = Uint32Array.from({ length: SAMPLES }, (_, n) => (n + 5) % SAMPLES);
    const seen = (layerIndex: number, unit: number, n: number) =>
      intact.post[layerIndex]![n * layers[layerIndex]!.outFeatures + unit]!;
    const classMean = (layerIndex: number, unit: number, n: number) => {
      const same = [...labels.keys()].filter((other) => labels[other] === labels[n]);
      return same.reduce((sum, other) => sum + seen(layerIndex, unit, other), 0) / same.length;
    };
    const bits = (of: (layerIndex: number, unit: number, n: number) => number) =>
      bitsWith(
        sites.flatMap(({ layerIndex, units }) =>
          units.map((unit) => ({
            layerIndex,
            unit,
            values: Float64Array.from({ length: SAMPLES }, (_, n) => of(layerIndex, unit, n)),
          })),
        ),
      );
    const constants = sites.map((site) => ({ ...site, values: site.units.map((unit) => 3 - unit) }));
    const ablations: CheckedAblation[] = [
      { row: 0, sites, replacement: { kind: "class-mean" }, bits: bits(classMean) },
      { row: 1, sites, replacement: { kind: "resample" }, bits: bits((l, u, n) => seen(l, u, donors[n]!)) },
      { row: 2, sites: constants, replacement: { kind: "optimal" }, bits: bits((_, unit) => 3 - unit) },
    ];
    expect(new Set(ablations.map((ablation) => ablation.bits.join())).size).toBe(3);
    expect(await check({ ablations, donors })).toMatchObject({ ablations: 3, countDifferences: [], agrees: true });
    const swapped = [{ ...ablations[0]!, bits: ablations[1]!.bits }];
    expect((await check({ ablations: swapped, donors })).agrees).toBe(false);
  });

  test("finds a sample that should not differ, also where the counts are equal", async () => {
    const { bits } = zeroed;
    const right = [...Array(SAMPLES).keys()].find((n) => (bits[n >>> 5]! >>> (n & 31)) & 1)!;
    const wrong = [...Array(SAMPLES).keys()].find((n) => !((bits[n >>> 5]! >>> (n & 31)) & 1))!;
    const once = await check({ ablations: [{ ...zeroed, bits: flipped(bits, right) }] });
    expect(once.agrees).toBe(false);
    expect(once.countDifferences).toMatchObject([{ row: 3, unexplained: 1 }]);
    expect(once.countDifferences[0]!.reference - once.countDifferences[0]!.lesion).toBe(1);
    const twice = await check({ ablations: [{ ...zeroed, bits: flipped(bits, right, wrong) }] });
    expect(twice.countDifferences).toMatchObject([{ row: 3, unexplained: 2 }]);
    expect(twice.agrees).toBe(false);
  });

  test("excuses a sample on which the reference is undecided", async () => {
    // Everything before the output silenced: the logits are the biases, and two of them are equal.
    const tied = [...layers.slice(0, 2), { ...layers[2]!, bias: Float32Array.of(1, 1, 0, 0) }];
    const sites = [{ layerIndex: 1, units: [0, 1, 2, 3, 4] }];
    const ablations = [{ row: 0, sites, replacement: { kind: "zero" }, bits: new Uint32Array(2) }];
    const logits = Float32Array.from(logitsOf(forward(tied, inputs, SAMPLES)));
    const ones = await check({ network: chainNetwork(tied), logits, labels: labels.map(() => 0), ablations });
    expect(ones.countDifferences).toEqual([{ row: 0, lesion: 0, reference: SAMPLES, unexplained: 0 }]);
    expect(ones.agrees).toBe(true);
  });

  test.each([
    ["shifted", (logits: Float32Array) => logits.with(5, logits[5]! + 0.01)],
    ["NaN", (logits: Float32Array) => logits.with(0, Number.NaN)],
  ])("refuses %s logits", async (_, damage) => {
    const report = await check({ logits: damage(request.logits) });
    expect(report.logitError).toBeGreaterThan(1e-3);
    expect(report.agrees).toBe(false);
  });

  test.each([
    ["bits of other samples", { ablations: [{ ...zeroed, bits: new Uint32Array(1) }] }, "bad-data"],
    ["too few labels", { labels: labels.subarray(1) }, "bad-data"],
    ["too few logits", { logits: request.logits.subarray(1) }, "bad-data"],
    ["no samples", { samples: 0, inputs: new Float32Array(0) }, "bad-data"],
    ["a unit that is not there", { ablations: [{ ...zeroed, sites: [{ layerIndex: 0, units: [7] }] }] }, "bad-study"],
    ["noise", { ablations: [{ ...zeroed, replacement: { kind: "noise" } }] }, "unsupported"],
    ["resampling without donors", { ablations: [{ ...zeroed, replacement: { kind: "resample" } }] }, "unsupported"],
    ["optima that are not given", { ablations: [{ ...zeroed, replacement: { kind: "optimal" } }] }, "unsupported"],
    ["a constant without its value", { ablations: [{ ...zeroed, replacement: { kind: "constant" } }] }, "unsupported"],
  ])("throws a typed error for %s", async (_, changed, code) => {
    await expect(async () => check(changed)).rejects.toMatchObject({ name: "LesionError", code });
  });
});
