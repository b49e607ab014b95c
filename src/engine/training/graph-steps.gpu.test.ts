/** Whole training steps of graphs follow the float64 oracle, whatever the layers, the optimizer, the schedule and the loss. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import { backgroundOf } from "./background.ts";
import type { TrainingOptions } from "./options.ts";
import { openTrainer } from "./trainer.ts";
import { ADAM, CLASSES, changes, expectClose, oracle, SGD, setupOf, spottedDataset } from "./training.fixture.ts";
import { formOf } from "./training-graph.ts";
import { concatNet, denseNet, groupedNet, pooledNet, residualNet, wideNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const follows = async (setup: ReturnType<typeof setupOf>) => {
  using trainer = await openTrainer(gpu, setup);
  const expected = oracle(setup);
  for (const [epoch, { loss, correct }] of expected.epochs.entries()) {
    const [found] = await trainer.epoch(epoch);
    expect(found!.loss).toBeCloseTo(loss, 4);
    expect(Math.abs(found!.correct - correct)).toBeLessThanOrEqual(1);
  }
  const form = formOf(setup.network);
  expectClose(changes(form, await trainer.network(0)), changes(form, expected.network), 1e-3);
};

/** Steps of 4, 4 and 3 samples. */
const SAMPLES = 11;

describe.each<[string, Network, Partial<TrainingOptions>]>([
  ["conv, batch norm, pool; sgd", pooledNet(1), {}],
  ["conv, batch norm, pool; frozen", pooledNet(2), { batchNorm: "frozen", clip: 0.5 }],
  [
    "a residual sum; nesterov, label smoothing",
    residualNet(3),
    { optimizer: { ...SGD, nesterov: true }, labelSmoothing: 0.1 },
  ],
  ["a concatenation; adam", concatNet(4), { optimizer: ADAM, labelSmoothing: 0.1 }],
  ["gelu; adamw", concatNet(5, { kind: "gelu", alpha: 0 }), { optimizer: { ...ADAM, kind: "adamw" }, clip: 0.1 }],
  [
    "leaky relu, steps of rate",
    concatNet(6, { kind: "leaky-relu", alpha: 0.1 }),
    { epochs: 2, schedule: { kind: "step", every: 1, factor: 0.3 } },
  ],
  ["Winograd's convolutions", wideNet(8), {}],
  ["depthwise, grouped; cosine", groupedNet(7), { epochs: 2, schedule: { kind: "cosine", least: 0.1, warmup: 1 } }],
])("%s", (_, network, options) => {
  test("follows the oracle", () => follows(setupOf({ network, samples: SAMPLES, options })));
});

test("follows the oracle on images with a plain ground", async () => {
  const dataset = spottedDataset(53);
  const network = denseNet(9, [64, 9, 6, CLASSES]);
  const setup = setupOf({ network, samples: 53, dataset, options: { batch: 20 } });
  expect(await backgroundOf(setup.data)).toEqual({ value: -1, line4: 2 });
  await follows(setup);
});

test("begins at a copy's own network, its running statistics included", async () => {
  const own = pooledNet(11);
  const common = { samples: SAMPLES, trained: null };
  using alone = await openTrainer(gpu, setupOf({ network: own, ...common }));
  const copies = [{ seed: 4, held: [], network: own }];
  using copied = await openTrainer(gpu, setupOf({ network: pooledNet(10), copies, ...common }));
  expect(await copied.evaluate()).toEqual(await alone.evaluate());
});
