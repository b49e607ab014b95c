/** A sweep in several segments, under a tight budget that is really enforced, equals the same sweep in one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { wordsFor } from "../core/bitset.ts";
import { chunkBytes } from "../engine/prefix.ts";
import type { ReplacementOptions } from "../engine/site.ts";
import { Tuner } from "../engine/tuner.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Ablation } from "./ablation.ts";
import { identity, randomProblem } from "./chain.fixture.ts";
import type { Effect, Outcome } from "./effects.ts";
import { planSweep, type SweepPlan } from "./planner.ts";
import { runSweep, type SweepEvent } from "./run-sweep.ts";

const SAMPLES = 1003;
/** Does not hold 1003 samples of the networks below, but holds some hundred. */
const TIGHT_BYTES = 90_000;

let roomy: Gpu;
let tight: Gpu;
beforeAll(async () => {
  roomy = await openGpu(2 ** 27);
  tight = await openGpu(TIGHT_BYTES);
});
afterAll(() => {
  roomy[Symbol.dispose]();
  tight[Symbol.dispose]();
});

interface Result {
  readonly plan: SweepPlan;
  readonly intact: Outcome;
  readonly truths: Uint32Array;
  readonly effects: readonly Effect[];
  readonly events: readonly SweepEvent[];
}

async function sweep(
  gpu: Gpu,
  { chain, dataset }: ReturnType<typeof randomProblem>,
  ablations: readonly Ablation[],
  budgetBytes: number,
  loss: boolean,
): Promise<Result> {
  const source = { count: ablations.length, at: (row: number) => ablations[row]! };
  const plan = planSweep({
    chain,
    ablations: source,
    skip: () => false,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes,
    isProcessor: gpu.isProcessor,
    bindingBytes: 2 ** 27,
  });
  const request = { gpu, tuner: new Tuner(gpu), chain, dataset, transform: identity, plan, ablations: source };
  const events: SweepEvent[] = [];
  for await (const event of runSweep({ ...request, top5: true, loss, seed: 3, proceed: async () => true })) {
    events.push(event);
  }
  const intact = events.find((event) => event.kind === "intact")!;
  const effects = events.flatMap((event) => (event.kind === "effects" ? event.effects : []));
  return {
    plan,
    intact: intact.outcome,
    truths: intact.truths,
    effects: effects.sort((a, b) => a.row - b.row),
    events,
  };
}

/** Single units of both layers, pairs, most and all of layer 0, and units of both layers at once. */
function ablationsOf(units: readonly [number, number], replacement: ReplacementOptions): Ablation[] {
  const all = (count: number) => [...Array(count).keys()];
  const sites: Ablation["sites"][] = [
    ...units.flatMap((count, layerIndex) => all(count).map((unit) => [{ layerIndex, units: [unit] }])),
    ...all(units[0] - 1).map((unit) => [{ layerIndex: 0, units: [unit, unit + 1] }]),
    [{ layerIndex: 0, units: all(units[0] - 1) }],
    [{ layerIndex: 0, units: all(units[0]) }],
    [
      { layerIndex: 0, units: [1] },
      { layerIndex: 1, units: [0, 2] },
    ],
  ];
  return sites.map((at, row) => ({ sweep: 0, index: row, row, sites: at, replacement }));
}

test.each<[ReplacementOptions, boolean]>([
  [{ kind: "zero" }, false],
  [{ kind: "zero" }, true],
  [{ kind: "mean" }, false],
  [{ kind: "noise", sigma: 1.5 }, true],
  [{ kind: "class-mean" }, false],
  [{ kind: "resample" }, true],
])("%o, loss %s", async (replacement, loss) => {
  const problem = randomProblem(23, [5, 6, 7, 4], SAMPLES, "relu");
  const ablations = ablationsOf([6, 7], replacement);
  const whole = await sweep(roomy, problem, ablations, 2 ** 27, loss);
  tight.arena.resetPeak();
  const parts = await sweep(tight, problem, ablations, TIGHT_BYTES, loss);

  expect(whole.plan.samplesPerSegment).toBe(SAMPLES);
  expect(parts.plan.samplesPerSegment).toBeLessThanOrEqual(SAMPLES / 3);
  expect(parts.plan.samplesPerSegment % 64).toBe(0);
  // The budget is the arena's too: it would have refused to allocate more.
  expect(tight.arena.budgetBytes).toBe(TIGHT_BYTES);
  expect(tight.arena.peakBytes).toBeGreaterThan(parts.plan.peakBytes / 4);
  expect(tight.arena.peakBytes).toBeLessThanOrEqual(parts.plan.peakBytes);

  expect(parts.truths).toEqual(whole.truths);
  const { lossSum, ...counts } = whole.intact;
  expect(parts.intact).toMatchObject(counts);
  expect(parts.intact.lossSum).toBeCloseTo(lossSum, 3);
  expect(parts.effects.map(({ row }) => row)).toEqual(ablations.map(({ row }) => row));
  whole.effects.forEach((effect, row) => {
    const { ms, lossSum: lossWanted, ...wanted } = effect;
    const { ms: partsMs, lossSum: lossGot, ...got } = parts.effects[row]!;
    expect(got, `row ${row}`).toEqual(wanted);
    expect(got.changed).toHaveLength(wordsFor(SAMPLES));
    if (loss) expect(lossGot / SAMPLES).toBeCloseTo(lossWanted / SAMPLES, 4);
  });
  expect(whole.effects.some((effect) => effect.changed.some((word) => word !== 0))).toBe(true);
  const partial = parts.events.reduce((sum, event) => sum + (event.kind === "partial" ? event.effects : 0), 0);
  expect(partial).toBeCloseTo(ablations.length, 6);
});

test("gives its buffers back, also where it is stopped", async () => {
  const problem = randomProblem(23, [5, 6, 7, 4], SAMPLES, "relu");
  const before = roomy.arena.allocatedBytes;
  await sweep(roomy, problem, ablationsOf([6, 7], { kind: "mean" }), 2 ** 27, true);
  expect(roomy.arena.allocatedBytes).toBe(before);
});

test("stops where it is told to, without an error", async () => {
  const problem = randomProblem(23, [5, 6, 7, 4], SAMPLES, "relu");
  const { chain, dataset } = problem;
  const ablations = ablationsOf([6, 7], { kind: "zero" });
  const source = { count: ablations.length, at: (row: number) => ablations[row]! };
  const plan = planSweep({
    chain,
    ablations: source,
    skip: () => false,
    samples: SAMPLES,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: 2 ** 27,
    isProcessor: roomy.isProcessor,
    bindingBytes: 2 ** 27,
  });
  const effects: Effect[] = [];
  let asked = 0;
  const events = runSweep({
    ...{ gpu: roomy, tuner: new Tuner(roomy), chain, dataset, transform: identity, plan, ablations: source },
    ...{ top5: true, loss: true, seed: 3 },
    // The step, and its first batch.
    proceed: async () => ++asked <= 2,
  });
  for await (const event of events) if (event.kind === "effects") effects.push(...event.effects);
  expect(asked).toBeGreaterThan(2);
  expect(effects.length).toBeGreaterThan(0);
  expect(effects.length).toBeLessThan(ablations.length);
  expect(roomy.arena.allocatedBytes).toBe(0);
});
