/** Adaptive sweeps settle on what the full sweep finds, on fewer evaluations, and end the same however often they are stopped. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpredicted } from "../../ablation/adaptive.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { AdaptiveRecord, StudyAnalysisRecord } from "../analysis-records.ts";
import { type Given, run } from "../run.fixture.ts";
import type { Proceed } from "../run-interface.ts";
import { adaptiveSweeps, rankedAblations, runAdaptiveSweep } from "./adaptive-sweep.ts";
import { openTestDevice, stopAfter } from "./device.fixture.ts";
import { openMeasurement } from "./device.ts";
import { predictedEffects } from "./predicted-effects.ts";

const train = {
  ...{ epochs: 2, batch: 32, limit: 600 },
  optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 },
};
const dense = {
  name: "dense",
  model: { build: { layers: [{ units: 24 }, { units: 10 }] }, train },
  data: { set: "digits", limit: 2000 },
};
const conv = {
  name: "convolutional",
  model: {
    build: {
      input: [28, 28, 1],
      layers: [
        { kind: "conv", filters: 12, kernel: 5, stride: 3, batchNorm: true },
        { kind: "global-pool", pool: "max" },
        { units: 10 },
      ],
    },
    train: { ...train, epochs: 4, optimizer: { kind: "adam", learningRate: 0.01 } },
  },
  data: { set: "digits", limit: 800 },
};
const [TOP, FIRST] = [3, 64];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

describe.each([
  ["a chain by loss", dense, "loss"],
  ["a chain by accuracy", dense, "accuracy"],
  ["a graph by loss", conv, "loss"],
])("%s", (_, network, by) => {
  const sweep = { ablate: "each-unit", layers: [0], adaptive: { top: TOP, by, first: FIRST } };
  const study = { ...network, seed: 5, sweeps: [sweep] };
  let trained: Given;
  let whole: readonly AdaptiveRecord[];

  async function adapted(earlier: readonly StudyAnalysisRecord[] = [], proceed?: Proceed) {
    const options = { artifacts: trained.artifacts, earlier, ...(proceed ? { proceed } : {}) };
    const device = await openTestDevice(gpu, study, options);
    const [[index, own]] = adaptiveSweeps(device.opened.study.sweeps) as [ReturnType<typeof adaptiveSweeps>[number]];
    const error = await runAdaptiveSweep(device, index, own).catch((thrown) => thrown);
    return { device, own, error, records: device.earlier as readonly AdaptiveRecord[] };
  }

  beforeAll(async () => {
    trained = await run(gpu, { ...network, seed: 5, sweeps: [] });
    if (trained.error) throw trained.error;
    whole = (await adapted()).records;
  });

  test("the top of the full sweep, on fewer evaluations", async () => {
    const record = whole.at(-1)!;
    expect(record).toMatchObject({ final: true, settled: true, k: TOP, by, samples: network.data.limit });
    const { device, own } = await adapted(whole);
    const ablations = rankedAblations(device, own);
    using measurement = openMeasurement(device);
    const effects = await measurement.effects(Array.from({ length: ablations.count }, (_, row) => ablations.at(row)));
    const { outcome } = await measurement.intact();
    const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
    const damages = effects.map(({ lossSum, classLost, classGained }) =>
      by === "loss"
        ? (lossSum - outcome.lossSum) / outcome.samples
        : (100 * (sum(classLost) - sum(classGained))) / outcome.samples,
    );
    const rows = [...damages.keys()].sort((a, b) => damages[b]! - damages[a]! || a - b);
    expect(new Set(record.top.map(({ row }) => row))).toEqual(new Set(rows.slice(0, TOP)));
    for (const { row, effect, interval, n, sites } of record.top) {
      expect(sites).toMatchObject([{ layerIndex: 0, units: [row] }]);
      const [low, high] = interval ?? [effect, effect];
      expect(low).toBeLessThanOrEqual(damages[row]! + 1e-4);
      expect(high).toBeGreaterThanOrEqual(damages[row]! - 1e-4);
      if (n === record.samples) expect(effect).toBeCloseTo(damages[row]!, 3);
    }
    expect(record.fullEvaluations).toBe(ablations.count * record.samples);
    expect(record.evaluations).toBeLessThan(record.fullEvaluations);
    expect(record.evaluations).toBe(record.arms.reduce((total, { n }) => total + n, 0));
    expect(record.arms.filter(({ state }) => state === "in")).toHaveLength(TOP);
  });

  test("goes on from each of its records, and from a stop, to the same numbers", async () => {
    expect(whole.length).toBeGreaterThan(1);
    expect(whole.map(({ round }) => round)).toEqual(whole.map((_, i) => i + 1));
    const half = Math.ceil(whole.length / 2);
    expect((await adapted(whole.slice(0, half))).records).toEqual(whole);
    const stopped = await adapted([], stopAfter(11));
    expect(stopped.error).toMatchObject({ code: "cancelled" });
    expect(stopped.records.length).toBeLessThan(whole.length);
    expect((await adapted(stopped.records)).records).toEqual(whole);
    expect((await adapted(whole)).records).toEqual(whole);
    expect(gpu.arena.allocatedBytes).toBe(0);
  });
});

describe("predicted effects", () => {
  const device = async (sweep: object, more: object = {}) => {
    const study = { ...dense, data: { set: "digits", limit: 300 }, seed: 5, ...more };
    const opened = await openTestDevice(gpu, { ...study, sweeps: [{ ablate: "each-unit", layers: [1], ...sweep }] });
    const [[, own]] = adaptiveSweeps(opened.opened.study.sweeps) as [ReturnType<typeof adaptiveSweeps>[number]];
    const ablations = rankedAblations(opened, own);
    const predicted = await predictedEffects(opened, opened.opened.dataset, ablations, own.adaptive.by);
    return { opened, ablations, predicted };
  };
  const untrained = { model: { build: { layers: [{ units: 24 }, { units: 16 }, { units: 10 }] } } };

  test("are what small changes cost", async () => {
    const sweep = { adaptive: { top: 3 }, replacement: { kind: "scale", factor: 1.01 } };
    const { opened, ablations, predicted } = await device(sweep, untrained);
    using measurement = openMeasurement(opened);
    const effects = await measurement.effects(Array.from({ length: ablations.count }, (_, row) => ablations.at(row)));
    const { outcome } = await measurement.intact();
    const measured = effects.map(({ lossSum }) => lossSum - outcome.lossSum);
    const largest = Math.max(...measured.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    for (const [row, rise] of measured.entries()) {
      expect(Math.abs(predicted.sum(row, 0, 300) - rise)).toBeLessThan(0.05 * largest);
      expect(predicted.sum(row, 0, 100) + predicted.sum(row, 100, 200)).toBeCloseTo(300 * predicted.mean(row), 9);
    }
  });

  test.each([
    ["accuracy", { adaptive: { by: "accuracy" } }],
    ["a constant", { adaptive: {}, replacement: { kind: "constant", value: 1 } }],
    ["pre-activations", { adaptive: {}, site: "pre-activation" }],
  ])("nothing of %s", async (_, sweep) => {
    expect((await device(sweep, untrained)).predicted).toBe(unpredicted);
  });
});
