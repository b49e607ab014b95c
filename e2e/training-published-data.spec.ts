/**
 * Networks trained on real data through the command line as built: the paper's MLP by its recipe, shortened, and a small
 * VGG-style network on part of CIFAR-10. The whole recipe's accuracy is in docs/experiments.md, with the command.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import type { TrainRecord } from "../src/study/records.ts";
import { lesion } from "./lesion-process.ts";
import { sharedData } from "./shared-data.ts";

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

/** The epochs of a study's training. */
async function epochsOf(study: object): Promise<readonly TrainRecord[]> {
  const path = join(folder, "study.json");
  await writeFile(path, JSON.stringify({ version: 1, seed: 7, ...study }));
  const { code, stdout, stderr } = await lesion(["run", path, "--out", join(folder, "out"), "--json"]);
  expect(code, stderr).toBe(0);
  const records = stdout.split("\n").filter((line) => line.startsWith('{"type":"train"'));
  return records.map((line) => JSON.parse(line) as TrainRecord);
}

const oneUnit = { sweeps: [{ ablate: "sets", sets: [[{ layer: 0, units: [0] }]] }] };

test("the paper's MLP learns MNIST by its recipe, three networks at once", async () => {
  const path = sharedData("mnist");
  test.skip(path === null, "the shared data is not there");
  const epochs = await epochsOf({
    name: "mlp",
    // The paper's network and optimizer are what is left out here.
    model: { build: {}, train: { epochs: 4, networks: 3 } },
    data: { set: "mnist", path, normalize: { mean: 0.5, std: 0.5 } },
    ...oneUnit,
  });
  expect(epochs.map(({ network, epoch }) => [network, epoch])).toHaveLength(12);
  for (const { test: tested } of epochs.filter(({ epoch }) => epoch === 4)) {
    expect(tested!.correct / tested!.samples).toBeGreaterThan(0.75);
  }
});

test("a small VGG-style network with batch norm learns CIFAR-10", async () => {
  const path = sharedData("cifar10");
  test.skip(path === null, "the shared data is not there");
  const conv = (filters: number) => ({ conv: filters, kernel: 3, batchNorm: true });
  const pool = { pool: "max", size: 2 };
  const stages = [8, 16, 32].flatMap((filters) => [conv(filters), conv(filters), pool]).slice(0, -1);
  const optimizer = { kind: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.0005 };
  const epochs = await epochsOf({
    name: "vgg",
    model: {
      build: { input: [32, 32, 3], init: "he", layers: [...stages, { globalPool: "average" }, { units: 10 }] },
      train: { epochs: 4, limit: 1200, batch: 32, optimizer, schedule: { cosine: { warmup: 1 } } },
    },
    data: {
      set: "cifar10",
      path,
      limit: 400,
      normalize: { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] },
    },
    ...oneUnit,
  });
  const { loss, test: tested } = epochs.at(-1)!;
  expect(loss!).toBeLessThan(epochs[0]!.loss! - 0.2);
  // Chance is 0.1, four of whose standard errors are 0.06.
  expect(tested!.correct / tested!.samples).toBeGreaterThan(0.22);
});
