/** A small study from build to recovery: what is recorded, that it comes out the same again, and that it can go on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planStudy } from "./plan-study.ts";
import { epochsOf, type Given, recoveriesOf, run, runInput } from "./run.fixture.ts";

const optimizer = { kind: "sgd", learningRate: 0.05, momentum: 0.9 };
const EPOCHS = 3;
const study = {
  name: "small recovery",
  model: {
    build: { layers: [{ units: 11 }, { units: 7, bias: true }, { units: 10 }] },
    train: { epochs: 4, batch: 32, limit: 600, optimizer, checkpoint: 2 },
  },
  data: { set: "digits", limit: 201 },
  sweeps: [
    { ablate: "sets", sets: [[{ layer: 0, units: [1, 4, 9] }], [{ layer: 1, units: [2, 3] }]] },
    {
      ablate: "sets",
      replacement: "mean",
      sets: [
        [
          { layer: 0, units: [0, 5] },
          { layer: 1, units: [6] },
        ],
      ],
    },
  ],
  recover: { epochs: EPOCHS, batch: 32, optimizer, data: { limit: 500 } },
} as const;

const NETWORKS = 3 * 3 + 1;

let gpu: Gpu;
let whole: Given;
beforeAll(async () => {
  gpu = await openGpu();
  whole = await run(gpu, study);
  if (whole.error) throw whole.error;
});
afterAll(() => gpu[Symbol.dispose]());

describe("recovery", () => {
  test("comes after the sweep, and records every epoch of every network", () => {
    expect(whole.end).toMatchObject({ state: "done", ablations: 3 });
    const phases = whole.phases.filter((phase) => phase !== "making-data");
    expect(phases).toEqual(["reading", "training", "planning", "baseline", "sweeping", "recovering", "done"]);
    const recoveries = recoveriesOf(whole.records);
    expect(recoveries.length).toBe(NETWORKS * (EPOCHS + 1));
    expect(new Set(recoveries.map(({ row, arm, epoch }) => `${row} ${arm} ${epoch}`)).size).toBe(recoveries.length);
    for (const { epoch, train, samples, correct, classCorrect } of recoveries) {
      expect(samples).toBe(201);
      expect(classCorrect.reduce((sum, count) => sum + count, 0)).toBe(correct);
      expect(train?.samples).toBe(epoch === 0 ? undefined : 500);
    }
    expect(whole.warnings.filter((text) => /recover|checkpoint|train/.test(text))).toEqual([]);
    expect(gpu.arena.allocatedBytes).toBe(0);
  });

  test("begins where the sweep measured: the damaged networks, and the intact one", () => {
    const correct = new Map(
      whole.records.flatMap((record) => (record.type === "ablation" ? [[record.row, record.correct]] : [])),
    );
    const baseline = whole.records.find((record) => record.type === "baseline")!;
    for (const record of recoveriesOf(whole.records).filter(({ epoch }) => epoch === 0)) {
      const wanted = record.row === null ? baseline.correct : correct.get(record.row)!;
      // Rounding may turn a sample.
      expect(Math.abs(record.correct - wanted), `${record.row} ${record.arm}`).toBeLessThanOrEqual(1);
    }
  });

  test("brings something back, and leaves the control no worse", () => {
    const at = (row: number | null, arm: string, epoch: number) =>
      recoveriesOf(whole.records).find((each) => each.row === row && each.arm === arm && each.epoch === epoch)!;
    expect(at(null, "control", EPOCHS).correct).toBeGreaterThan(at(null, "control", 0).correct - 6);
    expect(at(0, "all", EPOCHS).train!.loss).toBeLessThan(at(0, "all", 1).train!.loss!);
    const sum = (epoch: number) => [0, 1, 2].reduce((total, row) => total + at(row, "all", epoch).correct, 0);
    expect(sum(EPOCHS)).toBeGreaterThan(sum(0));
    // The arms train different layers.
    const losses = ["all", "after", "layer"].map((arm) => at(0, arm, EPOCHS).loss);
    expect(new Set(losses).size).toBe(3);
  });

  test("is summed up once for each arm", () => {
    const analyses = whole.records.filter((record) => record.type === "analysis" && record.name === "recovery");
    expect(analyses.map(({ arm, n, diverged }) => ({ arm, n, diverged }))).toEqual([
      { arm: "all", n: 3, diverged: 0 },
      { arm: "after", n: 3, diverged: 0 },
      { arm: "layer", n: 3, diverged: 0 },
    ]);
  });

  test("gives the trained network in every format, and states of it", () => {
    expect([...whole.artifacts.keys()].filter((name) => !name.startsWith("checkpoint-recovery-"))).toEqual([
      "untrained.onnx",
      "checkpoint-train-2.safetensors",
      "checkpoint-train-4.safetensors",
      "trained.safetensors",
      "trained.architecture.json",
      "trained.onnx",
    ]);
    expect([...whole.artifacts.keys()].filter((name) => name.startsWith("checkpoint-recovery-"))).toEqual([
      "checkpoint-recovery-all-control-2.safetensors",
      "checkpoint-recovery-after-0-0-2.safetensors",
      "checkpoint-recovery-after-1-1.safetensors",
      "checkpoint-recovery-layer-0-0.safetensors",
      "checkpoint-recovery-layer-1-1.safetensors",
      "checkpoint-recovery-layer-0_1-2.safetensors",
    ]);
  });
});

describe("a run that was interrupted", () => {
  test("in training goes on from its checkpoint, to the same bits", async () => {
    const first = await run(gpu, study, {
      until: ({ records }) => records.filter(({ type }) => type === "train").length >= 3,
    });
    expect(first.end).toMatchObject({ state: "cancelled" });
    expect(first.artifacts.has("trained.onnx")).toBe(false);
    const second = await run(gpu, study, { before: first });
    expect(epochsOf(second.records).map(({ epoch }) => epoch)).toEqual([4]);
    expect([...epochsOf(first.records), ...epochsOf(second.records)]).toEqual(epochsOf(whole.records));
    expect(second.artifacts.get("trained.onnx")).toEqual(whole.artifacts.get("trained.onnx"));
    expect(recoveriesOf(second.records)).toEqual(recoveriesOf(whole.records));
  });

  test("in recovery goes on from its checkpoint, and writes nothing twice", async () => {
    const first = await run(gpu, study, {
      until: ({ records }) => records.some((record) => record.type === "recovery" && record.epoch === 2),
    });
    expect(first.end).toMatchObject({ state: "cancelled" });
    const kept = recoveriesOf(first.records);
    expect(kept.length).toBeLessThan(NETWORKS * (EPOCHS + 1));
    const second = await run(gpu, study, { before: first });
    expect(second.phases).not.toContain("training");
    expect(second.phases).not.toContain("sweeping");
    expect(recoveriesOf([...first.records, ...second.records])).toEqual(recoveriesOf(whole.records));
    expect(second.records.filter(({ type }) => type === "analysis")).toEqual(
      whole.records.filter(({ type }) => type === "analysis"),
    );
    // With its states lost, it begins the group anew.
    const third = await run(gpu, study, {
      before: {
        ...first,
        artifacts: new Map([...first.artifacts].filter(([name]) => !name.startsWith("checkpoint-"))),
      },
    });
    expect(recoveriesOf(third.records)).toEqual(recoveriesOf(second.records));
  });

  test("between what two arms found writes the others alone", async () => {
    const at = whole.records.findIndex(({ type }) => type === "analysis");
    const before = { ...whole, records: whole.records.slice(0, at + 1) };
    const { records, end } = await run(gpu, study, { before });
    expect(end).toMatchObject({ state: "done" });
    const analyses = whole.records.filter(({ type }) => type === "analysis");
    expect(analyses.length).toBe(3);
    expect(records).toEqual([...analyses.slice(1), end]);
  });
});

test("a device that is lost while networks recover is replaced, and the records are the same", async () => {
  using own = await openGpu();
  let lose = () => own.device.destroy();
  const arms = ["all", "control"];
  const { end, records, warnings } = await run(
    gpu,
    { ...study, recover: { ...study.recover, arms } },
    {
      before: trainedAs(whole),
      open: async () => (own.lost ? gpu : own),
      until({ records }) {
        if (!records.some((record) => record.type === "recovery" && record.epoch === 2)) return false;
        lose();
        lose = () => {};
        return false;
      },
    },
  );
  expect(end).toMatchObject({ state: "done" });
  expect(warnings.filter((text) => text.includes("device was lost")).length).toBe(1);
  expect(recoveriesOf(records)).toEqual(recoveriesOf(whole.records).filter(({ arm }) => arms.includes(arm)));
});

describe("a network that diverges", () => {
  test("in recovery is told, and the others are as they are without it", async () => {
    const explosive = { ablate: "sets", replacement: { constant: 1e30 }, sets: [[{ layer: 0, units: [3] }]] };
    const arms = ["all", "control"];
    const recover = { ...study.recover, arms };
    const { records, end, error } = await run(
      gpu,
      { ...study, sweeps: [explosive, ...study.sweeps], recover },
      { before: trainedAs(whole) },
    );
    expect(error).toBeNull();
    expect(end).toMatchObject({ state: "done" });
    const [diverged, others] = [true, false].map((is) => recoveriesOf(records).filter(({ row }) => (row === 0) === is));
    expect(diverged!.at(-1)).toMatchObject({ diverged: true, loss: null });
    expect(diverged!.filter((record) => record.diverged).length).toBe(1);
    // The same networks, one row later.
    const alone = recoveriesOf(whole.records).filter(({ arm }) => arms.includes(arm));
    const shifted = others!.map((record) =>
      record.row === null ? record : { ...record, row: record.row - 1, sweep: record.sweep! - 1 },
    );
    expect(shifted).toEqual(alone);
    expect(records.filter((record) => record.type === "analysis")).toMatchObject([{ arm: "all", n: 3, diverged: 1 }]);
  });

  test("in training fails the run after its record is written", async () => {
    const train = { ...study.model.train, optimizer: { ...optimizer, learningRate: 1e20 } };
    const { records, error } = await run(gpu, { ...study, model: { ...study.model, train } });
    expect(error).toMatchObject({ code: "bad-study", where: "model.train.optimizer.learningRate" });
    const [first] = epochsOf(records);
    expect(first!.loss === null || first!.test!.loss === null).toBe(true);
  });
});

describe("several networks", () => {
  const train = { ...study.model.train, epochs: 2, checkpoint: 0, networks: 3 };
  const several = { ...study, recover: null, sweeps: [], model: { ...study.model, train } };

  test("train at once, each as it does alone", async () => {
    const { records, artifacts, error } = await run(gpu, several);
    expect(error).toBeNull();
    const epochs = epochsOf(records);
    expect(epochs.map(({ network, epoch }) => [network, epoch])).toEqual(
      [0, 1, 2]
        .flatMap((n) => [
          [n, 1],
          [n, 2],
        ])
        .sort(([, a], [, b]) => a! - b!),
    );
    const onnx = [...artifacts.keys()].filter((name) => name.endsWith(".onnx"));
    expect(onnx).toEqual(["untrained.onnx", "trained-1.onnx", "trained-2.onnx", "trained.onnx"]);
    const alone = await run(gpu, {
      ...several,
      seed: 1338,
      model: { ...study.model, train: { ...train, networks: 1 } },
    });
    const counts = (record: (typeof epochs)[number]) => [record.correct, record.test!.correct, record.loss!.toFixed(4)];
    const second = epochs.filter(({ network }) => network === 1);
    expect(second.map(counts)).toEqual(epochsOf(alone.records).map(counts));
  });
});

test("the plan of a study says what its trainings take", async () => {
  const plan = await planStudy(runInput(study), gpu);
  const macs = 784 * 11 + 11 * 7 + 7 * 10;
  expect(plan.training).toMatchObject({ epochs: 4, samples: 600 });
  expect(plan.training!.macs).toBeGreaterThan(4 * 600 * 2 * macs);
  expect(plan.training!.macs).toBeLessThanOrEqual(4 * (600 * 3 + 201) * macs);
  expect(plan.recovery).toMatchObject({ networks: NETWORKS, epochs: EPOCHS, copiesAtOnce: 4 });
  expect(plan.recovery!.macs).toBeLessThanOrEqual(NETWORKS * EPOCHS * (500 * 3 + 201) * macs);
  expect(gpu.arena.allocatedBytes).toBe(0);
  const { training, recovery, predictedMs, total } = plan;
  expect(training!.ms).toBeGreaterThan(0);
  expect(recovery!.ms).toBeGreaterThan(0);
  expect(total).toEqual({ ms: training!.ms! + predictedMs! + recovery!.ms!, unknown: [] });
});

/** What a run trained, without what it did with it. */
function trainedAs({ artifacts }: Given): Pick<Given, "records" | "artifacts"> {
  return { records: [], artifacts: new Map([...artifacts].filter(([name]) => name.endsWith(".onnx"))) };
}

test("damage before the activation is refused before anything is computed", async () => {
  const { error, records } = await run(gpu, {
    ...study,
    sweeps: [...study.sweeps, { ...study.sweeps[0], site: "pre-activation" }],
  });
  expect(error).toMatchObject({ code: "unsupported", where: "sweeps[2].site" });
  expect(records).toEqual([]);
});
