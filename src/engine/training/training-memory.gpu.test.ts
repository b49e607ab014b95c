/** A training takes on the device what its plan says. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { openTrainer, planTrainer } from "./trainer.ts";
import type { TrainerSetup } from "./trainer-interface.ts";
import { CLASSES, setupOf, spottedDataset } from "./training.fixture.ts";
import { denseNet, pooledNet, wideNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const copies = (own: boolean) => Array.from({ length: 30 }, (_, i) => ({ seed: own ? i : 1, held: [] }));

test.each<[string, TrainerSetup]>([
  ["a convolutional network", setupOf({ network: pooledNet(1), samples: 61 })],
  ["kept activations", setupOf({ network: wideNet(1), samples: 61, trained: new Set(["c", "classes"]) })],
  ["copies in one order", setupOf({ network: denseNet(1), samples: 200, copies: copies(false) })],
  ["copies in orders of their own", setupOf({ network: denseNet(1), samples: 200, copies: copies(true) })],
  [
    "copies on images with a plain ground",
    setupOf({
      network: denseNet(1, [64, 9, 6, CLASSES]),
      samples: 200,
      dataset: spottedDataset(200),
      copies: copies(true),
    }),
  ],
])("%s", async (_, setup) => {
  const { bytes } = planTrainer(gpu, setup);
  using session = gpu.session(bytes);
  using trainer = await openTrainer(session, setup);
  await trainer.epoch(0);
  await trainer.evaluate();
  expect(Math.abs(session.arena.peakBytes / bytes - 1)).toBeLessThan(0.05);
});
