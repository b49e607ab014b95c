/**
 * Sweeps that replace units before or after their activation, by constants or sample by sample, equal the float64 oracle: a
 * sample differs only where it is undecided.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasBit } from "../core/bitset.ts";
import { chunkBytes } from "../engine/prefix.ts";
import type { ReplacementOptions } from "../engine/site.ts";
import { Tuner } from "../engine/tuner.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { ActivationKind } from "../network/network.ts";
import { chainNetwork } from "../reference/chain.fixture.ts";
import { type Change, evaluateNetwork } from "../reference/evaluate-network.ts";
import { columnMeans, evaluate, forward } from "../reference/oracle.ts";
import type { Ablation, AblationPlace } from "./ablation.ts";
import { identity, randomProblem } from "./chain.fixture.ts";
import type { Effect, Outcome } from "./effects.ts";
import { donorsOf } from "./given-statistics.ts";
import { planSweep } from "./planner.ts";
import { runSweep } from "./run-sweep.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

type Problem = ReturnType<typeof randomProblem>;

const SEED = 3;

async function sweep({ chain, dataset }: Problem, ablations: readonly Ablation[]) {
  const source = { count: ablations.length, at: (row: number) => ablations[row]! };
  const plan = planSweep({
    chain,
    ablations: source,
    skip: () => false,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: 2 ** 28,
    isProcessor: gpu.isProcessor,
    bindingBytes: 2 ** 27,
  });
  const optimal = (stage: number, site: AblationPlace) =>
    Float32Array.from({ length: chain.stages[stage]!.outFeatures }, (_, unit) => optimum(stage, unit, site));
  const request = { gpu, tuner: new Tuner(gpu), chain, dataset, transform: identity, plan, ablations: source, optimal };
  const effects: Effect[] = [];
  let intact: Outcome | null = null;
  for await (const event of runSweep({ ...request, top5: true, loss: true, seed: SEED, proceed: async () => true })) {
    if (event.kind === "failed") throw event.error;
    if (event.kind === "intact") intact = event.outcome;
    if (event.kind === "effects") effects.push(...event.effects);
  }
  return { plan, intact: intact!, effects: effects.sort((a, b) => a.row - b.row) };
}

/** Single units, most of a layer, all of it, and units of several layers at once. */
function sitesOf(units: readonly number[]): Ablation["sites"][] {
  const all = (count: number) => [...Array(count).keys()];
  return units.flatMap((count, layerIndex) => [
    ...all(Math.min(count, 6)).map((unit) => [{ layerIndex, units: [unit] }]),
    [{ layerIndex, units: all(count - 1) }],
    [{ layerIndex, units: all(count) }],
    ...units.slice(layerIndex + 1).map((_, below) => [
      { layerIndex, units: [1] },
      { layerIndex: layerIndex + 1 + below, units: [0, 2] },
    ]),
  ]);
}

/** Some constant of a unit's own. */
function optimum(stage: number, unit: number, site: AblationPlace = "post-activation"): number {
  return Math.fround(((stage * 7 + unit * 3) % 5) / 4 - (site === "pre-activation" ? 1 : 0));
}

/** A unit's values [samples] by another sample's, or by the mean of its class. */
function bySample(values: Float64Array, units: number, unit: number, labels: Uint16Array, kind: string): Float64Array {
  const of = (n: number) => values[n * units + unit]!;
  if (kind === "resample") return Float64Array.from(donorsOf(labels.length, SEED), of);
  return Float64Array.from(labels, (label) => {
    const same = [...labels.keys()].filter((n) => labels[n] === label);
    return same.reduce((sum, n) => sum + of(n), 0) / same.length;
  });
}

/** An ablation as the oracle of networks takes it. */
function changesOf({ sites, replacement, site }: Ablation, { layers, inputs, labels }: Problem): Change[] {
  const samples = inputs.length / layers[0]!.inFeatures;
  const { pre, post } = forward(layers, inputs, samples);
  return sites.flatMap(({ layerIndex, units }) =>
    units.map((unit) => {
      const seen = (site === "pre-activation" ? pre : post)[layerIndex]!;
      const isBySample = replacement.kind === "class-mean" || replacement.kind === "resample";
      const shifts = {
        mean: columnMeans(seen, samples)[unit]!,
        constant: "value" in replacement ? replacement.value : 0,
        optimal: optimum(layerIndex, unit, site),
      };
      return {
        layer: `dense${layerIndex}`,
        units: [unit],
        scale: replacement.kind === "scale" ? replacement.factor : 0,
        shift: isBySample
          ? bySample(seen, layers[layerIndex]!.outFeatures, unit, labels, replacement.kind)
          : replacement.kind in shifts
            ? shifts[replacement.kind as keyof typeof shifts]
            : 0,
        preActivation: site === "pre-activation",
      };
    }),
  );
}

const shapes: readonly (readonly [sizes: number[], kind: ActivationKind])[] = [
  [[13, 9, 7, 5], "relu"],
  [[7, 9, 33, 6, 5], "tanh"],
  [[5, 20, 11], "gelu"],
];
const replacements: readonly ReplacementOptions[] = [
  { kind: "zero" },
  { kind: "mean" },
  { kind: "constant", value: 0.7 },
  { kind: "scale", factor: -0.5 },
  { kind: "class-mean" },
  { kind: "resample" },
  { kind: "optimal" },
];

test.each(shapes)("%o, %s", async (sizes, kind) => {
  const samples = 131;
  const problem = randomProblem(7, sizes, samples, kind);
  const { layers, inputs, labels } = problem;
  const places: readonly AblationPlace[] = ["pre-activation", "post-activation"];
  const sites = sitesOf(sizes.slice(1, -1));
  const ablations = replacements.flatMap((replacement) =>
    places.flatMap((site) =>
      sites.map((at): Omit<Ablation, "index" | "row"> => ({ sweep: 0, sites: at, replacement, site })),
    ),
  );
  const rows = ablations.map((ablation, row): Ablation => ({ ...ablation, index: row, row }));
  const { effects, intact } = await sweep(problem, rows);
  expect(effects.map(({ row }) => row)).toEqual(rows.map(({ row }) => row));

  const network = chainNetwork(layers);
  const feeds = new Map([["x", inputs]]);
  const undamaged = evaluateNetwork(network, feeds, samples);
  const logits = undamaged.get(network.outputs[0]!)!;
  const rms = Math.sqrt(logits.reduce((sum, x) => sum + x * x, 0) / logits.length);
  let apart = 0;
  for (const [row, effect] of effects.entries()) {
    const damaged = evaluateNetwork(network, feeds, samples, changesOf(rows[row]!, problem), undamaged);
    const expected = evaluate(damaged.get(network.outputs[0]!)!, labels);
    for (let n = 0; n < samples; n++) {
      if (Math.abs(expected.margins[n]!) < 1e-4 * rms) continue;
      const right = hasBit(intact.bits, n) !== hasBit(effect.changed, n);
      expect(right, JSON.stringify([rows[row], n])).toBe(hasBit(expected.bits, n));
    }
    expect(effect.lossSum / samples, JSON.stringify(rows[row])).toBeCloseTo(expected.loss, 3);
    const other = effects[row + sites.length];
    if (rows[row]!.site === "pre-activation" && Math.abs(effect.lossSum - other!.lossSum) > 1e-2) apart++;
  }
  // The two places are not the same thing.
  expect(apart).toBeGreaterThan(sites.length);
});

test.each(["pre-activation", "post-activation"] as const)(
  "a sample alone in its class keeps its activation under class-mean, bit by bit; %s",
  async (site) => {
    const problem = randomProblem(7, [6, 9, 7, 5], 5, "tanh");
    const alone = { ...problem, dataset: { ...problem.dataset, labels: Uint16Array.of(3, 0, 4, 1, 2) } };
    const rows = sitesOf([9, 7])
      .filter((sites) => sites.length === 1)
      .map((sites, row): Ablation => ({ sweep: 0, index: row, row, sites, replacement: { kind: "class-mean" }, site }));
    const { effects } = await sweep(alone, rows);
    expect(effects).toHaveLength(rows.length);
    expect(effects.every(({ noop }) => noop)).toBe(true);
    const mixed = await sweep(problem, rows);
    expect(new Set(problem.labels).size).toBeLessThan(5);
    expect(mixed.effects.every(({ noop }) => noop)).toBe(false);
  },
);

test("one sample cannot be resampled", async () => {
  const problem = randomProblem(7, [6, 9, 5], 1, "relu");
  const sites = [{ layerIndex: 0, units: [0] }];
  const row: Ablation = { sweep: 0, index: 0, row: 0, sites, replacement: { kind: "resample" } };
  await expect(sweep(problem, [row])).rejects.toMatchObject({ code: "bad-data" });
});

test("noise before a linear activation is noise after it", async () => {
  const problem = randomProblem(5, [6, 8, 7, 4], 100, "linear");
  const noise: ReplacementOptions = { kind: "noise", sigma: 1 };
  const sites = sitesOf([8, 7]);
  const of = (site: AblationPlace) =>
    sites.map((at, row): Ablation => ({ sweep: 0, index: row, row, sites: at, replacement: noise, site }));
  const [before, after] = [await sweep(problem, of("pre-activation")), await sweep(problem, of("post-activation"))];
  expect(before.effects.map(({ changed }) => changed)).toEqual(after.effects.map(({ changed }) => changed));
  expect(before.effects.some(({ changed }) => changed.some((word) => word !== 0))).toBe(true);
});

test("a ReLU that is already shut is moved by a constant before it, and not by zero", async () => {
  const problem = randomProblem(7, [4, 6, 3], 70, "relu");
  const [layer, last] = problem.layers;
  const shut = { ...layer!, bias: new Float32Array(6).fill(-1000) };
  const stages = [{ ...problem.chain.stages[0]!, bias: shut.bias }, problem.chain.stages[1]!];
  const dead = { ...problem, layers: [shut, last!], chain: { ...problem.chain, stages } };
  const site = "pre-activation" as const;
  const at = [{ layerIndex: 0, units: [2] }];
  const { effects, plan } = await sweep(dead, [
    { sweep: 0, index: 0, row: 0, sites: at, replacement: { kind: "zero" }, site },
    { sweep: 0, index: 1, row: 1, sites: at, replacement: { kind: "constant", value: 5 }, site },
    { sweep: 0, index: 2, row: 2, sites: at, replacement: { kind: "zero" } },
  ]);
  expect(effects.map(({ noop }) => noop)).toEqual([true, false, true]);
  expect(plan.steps.map((step) => step.site).sort()).toEqual(["post-activation", "pre-activation", "pre-activation"]);
});
