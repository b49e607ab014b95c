/** Training from a file, and recovery, of a small convolutional network: its networks train one after the other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { initialNetwork } from "../engine/initial.ts";
import { writeOnnx } from "../formats/onnx/write.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planStudy } from "./plan-study.ts";
import { recoveriesOf, run, runInput } from "./run.fixture.ts";

const relu = { activation: "relu", bias: true } as const;
const network = initialNetwork(
  "conv",
  {
    input: [28, 28, 1],
    layers: [
      { kind: "conv", filters: 6, kernel: 5, stride: 3, padding: "valid", ...relu, bias: false, batchNorm: true },
      { kind: "pool", pool: "max", size: 2, stride: 2 },
      { kind: "dense", units: 13, ...relu, batchNorm: false },
      { kind: "dense", units: 10, ...relu, activation: "linear", batchNorm: false },
    ],
    init: "he",
  },
  5,
);
const recipe = { batch: 20, optimizer: { kind: "sgd", learningRate: 0.03, momentum: 0.9 } };
const study = {
  name: "conv recovery",
  model: { file: "conv.onnx", train: { ...recipe, epochs: 2, limit: 200 } },
  data: { set: "digits", limit: 75 },
  sweeps: [
    {
      ablate: "sets",
      replacement: "mean",
      sets: [[{ layer: 0, units: [1, 2] }], [{ layer: 0, units: [0] }]],
    },
  ],
  recover: { ...recipe, epochs: 1, batchNorm: "frozen", data: { limit: 100 } },
};
const files = { available: ["conv.onnx"], bytesOf: async () => writeOnnx(network) };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("every damaged network recovers in every arm, and a shard has its own", async () => {
  const whole = await run(gpu, study, { files });
  if (whole.error) throw whole.error;
  const { records, artifacts } = whole;
  expect([...artifacts.keys()].filter((name) => name.endsWith(".onnx"))).toEqual(["untrained.onnx", "trained.onnx"]);
  const recoveries = recoveriesOf(records);
  expect(recoveries.length).toBe((2 * 3 + 1) * 2);
  const damaged = new Map(records.flatMap((each) => (each.type === "ablation" ? [[each.row, each.correct]] : [])));
  for (const { row, epoch, correct } of recoveries) {
    if (row !== null && epoch === 0) expect(Math.abs(correct - damaged.get(row)!)).toBeLessThanOrEqual(1);
  }
  // Each arm trains other layers, of each damaged network.
  const last = recoveries.filter(({ epoch }) => epoch === 1);
  expect(new Set(last.map(({ train }) => train!.loss)).size).toBe(last.length);
  // Row 1 went on with the trainer of row 0; alone in its shard it has one of its own.
  const trained = { trained: artifacts.get("trained.onnx")!, untrained: artifacts.get("untrained.onnx")! };
  const shard = await run(gpu, study, { files, trained, shard: { index: 1, of: 2 } });
  expect(recoveriesOf(shard.records)).toEqual(recoveries.filter(({ row }) => row === 1));
  expect(gpu.arena.allocatedBytes).toBe(0);
});

test("the plan keeps what comes before the layers that train", async () => {
  const after = { ...study, recover: { ...study.recover, arms: ["after"] } };
  const plan = await planStudy({ ...runInput(after), files }, gpu);
  expect(plan.training).toMatchObject({ epochs: 2, samples: 200 });
  expect(plan.recovery).toMatchObject({ networks: 2, epochs: 1, prefix: "kept" });
});
