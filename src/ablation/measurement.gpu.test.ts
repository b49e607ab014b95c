/** Ablations on request equal a sweep over all of them: list after list, in one segment or several, of chains and graphs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { memoryDataset } from "../data/dataset.ts";
import { denseNet } from "../engine/training/training-nets.fixture.ts";
import { Tuner } from "../engine/tuner.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { smallConvNet } from "../reference/network.fixture.ts";
import { planOpened } from "../study/plan-opened.ts";
import type { AblationSource } from "./ablation.ts";
import { identity } from "./chain.fixture.ts";
import type { Effect } from "./effects.ts";
import { type ListedAblation, Measurement } from "./measurement.ts";
import { engineRequest, runSweep } from "./run-sweep.ts";
import { type Subject, subjectOf } from "./subject.ts";

const CLASSES = 5;
interface Problem {
  readonly network: Network;
  readonly samples: number;
  /** Holds all samples for no list, or for the short ones alone. */
  readonly tightBytes: number;
}
const problems: readonly (readonly [string, Problem])[] = [
  ["a chain", { network: denseNet(1), samples: 700, tightBytes: 90_000 }],
  ["a graph", { network: smallConvNet(4), samples: 90, tightBytes: 400_000 }],
];

let gpu: Gpu;
let tuner: Tuner;
beforeAll(async () => {
  gpu = await openGpu(2 ** 27);
  tuner = new Tuner(gpu);
});
afterAll(() => gpu[Symbol.dispose]());

const untimed = ({ ms: _, ...effect }: Effect) => effect;

describe.each(problems)("%s", (_, { network, samples, tightBytes }) => {
  const subject: Subject = subjectOf(network);
  const draw = random(11, "measured samples");
  const shape = network.inputs[0]!.shape;
  const dataset = memoryDataset({
    ...{ name: "drawn", shape, classes: CLASSES, classNames: [] },
    values: Float32Array.from({ length: samples * sizeOf(shape) }, () => draw.normal()),
    labels: Uint16Array.from({ length: samples }, () => draw.below(CLASSES)),
  });
  const each = (layerIndex: number, kind: "zero" | "mean" | "class-mean" = "zero"): ListedAblation[] =>
    Array.from({ length: subject.ablatable[layerIndex]!.units }, (_, unit) => ({
      ...{ sites: [{ layerIndex, units: [unit] }], replacement: { kind }, site: "post-activation" },
    }));
  /** Lists as searches ask for them: layer by layer, both at once, one alone, none. */
  const lists: readonly (readonly ListedAblation[])[] = [
    each(1),
    each(0, "mean"),
    [
      {
        sites: [
          { layerIndex: 0, units: [1, 2] },
          { layerIndex: 1, units: [0] },
        ],
        replacement: { kind: "scale", factor: 1.5 },
        site: "pre-activation",
      },
    ],
    [],
    each(1, "class-mean").slice(0, 2),
    each(1).slice(0, 1),
  ];
  const sourceOf = (list: readonly ListedAblation[]): AblationSource => ({
    count: list.length,
    at: (row) => ({ sweep: 0, index: row, row, ...list[row]! }),
  });
  const common = (on: Gpu, proceed = async () => true) => ({
    ...{ gpu: on, tuner, dataset, transform: identity, seed: 3, top5: false, loss: true, proceed },
  });
  const planOn = (on: Gpu) => (ablations: AblationSource) =>
    planOpened({ subject, dataset, ablations }, on, () => false);
  const measurementOn = (on: Gpu, proceed?: () => Promise<boolean>) =>
    new Measurement({ ...common(on, proceed), subject, plan: planOn(on) });

  async function swept(list: readonly ListedAblation[]): Promise<Effect[]> {
    const ablations = sourceOf(list);
    const found: Effect[] = [];
    const request = { ...engineRequest(subject, planOn(gpu)(ablations), common(gpu)), ablations };
    for await (const event of runSweep(request)) {
      if (event.kind === "effects") for (const effect of event.effects) found[effect.row] = effect;
    }
    return found;
  }

  test("in one segment, list after list", async () => {
    using measurement = measurementOn(gpu);
    let evaluations = 0;
    for (const list of lists) {
      const found = await measurement.effects(list);
      expect(found.map(untimed)).toEqual((await swept(list)).map(untimed));
      evaluations += list.length * samples;
      expect(measurement.evaluations).toBe(evaluations);
    }
    const changes = (await measurement.effects(each(0))).filter(({ changed }) => changed.some((word) => word !== 0));
    expect(changes.length).toBeGreaterThan(0);
  });

  test("many at once are each what it is alone, to the bit", async () => {
    using measurement = measurementOn(gpu);
    const together = await measurement.effects(each(1));
    for (const [unit, ablation] of each(1).entries()) {
      const [alone] = await measurement.effects([ablation]);
      expect({ ...untimed(alone!), row: unit }).toEqual(untimed(together[unit]!));
    }
  });

  test("in several segments, list after list", async () => {
    using tight = gpu.session(tightBytes);
    using wide = measurementOn(gpu);
    {
      using measurement = measurementOn(tight);
      const segments = lists.map((list) => planOn(tight)(sourceOf(list)).samplesPerSegment);
      expect(segments.filter((most) => most < samples).length).toBeGreaterThan(2);
      for (const list of lists) {
        const [found, wanted] = [await measurement.effects(list), await wide.effects(list)];
        for (const [row, effect] of wanted.entries()) {
          const { lossSum, ...counts } = untimed(effect);
          const { lossSum: own, ...ownCounts } = untimed(found[row]!);
          expect(ownCounts).toEqual(counts);
          expect(own / samples).toBeCloseTo(lossSum / samples, 4);
        }
      }
      const [a, b] = [await measurement.intact(), await wide.intact()];
      const { lossSum, ...counts } = b.outcome;
      expect(a.outcome).toMatchObject(counts);
      expect(a.outcome.lossSum / samples).toBeCloseTo(lossSum / samples, 4);
      expect(a.truths).toEqual(b.truths);
      expect(tight.arena.peakBytes).toBeLessThanOrEqual(tightBytes);
    }
    expect(tight.arena.allocatedBytes).toBe(0);
  });

  test("one that is stopped says so, whatever it was asked for", async () => {
    using tight = gpu.session(tightBytes);
    for (const on of [gpu, tight]) {
      using measurement = measurementOn(on, async () => false);
      await expect(measurement.effects(each(0))).rejects.toMatchObject({ code: "cancelled" });
      const intact = await measurement.intact().catch((error) => error);
      // The intact pass alone asks nobody where it is one segment.
      const isWhole = planOn(on)(sourceOf([])).samplesPerSegment === samples;
      if (on === gpu) expect(isWhole).toBe(true);
      expect(isWhole ? intact.outcome.samples : intact.code).toBe(isWhole ? samples : "cancelled");
    }
    expect(gpu.arena.allocatedBytes).toBe(0);
  });
});
