/** Predictions by gradients are of use, not needed: where they do not fit there are none, and the run goes on. */
import { expect, test } from "vitest";
import { unpredicted } from "../../ablation/adaptive.ts";
import { drawProbe } from "../../engine/probe/probe.fixture.ts";
import { denseNet } from "../../engine/training/training-nets.fixture.ts";
import type { AnalysisDevice } from "./device.ts";
import { predictedEffects } from "./predicted-effects.ts";

test("nothing is predicted where gradients do not fit the memory", async () => {
  const network = denseNet(1);
  const { dataset, transform } = drawProbe(network, 5).source;
  const device = {
    gpu: {
      isProcessor: false,
      device: { limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 27 } },
      arena: { budgetBytes: 1000, allocatedBytes: 0 },
    },
    opened: { transform, subject: { ablatable: [{ layer: "d0", layerIndex: 0, units: 9 }] } },
    network,
    proceed: async () => true,
  } as unknown as AnalysisDevice;
  const ablations = {
    count: 9,
    at: (row: number) => ({
      ...{ sweep: 0, index: row, row, sites: [{ layerIndex: 0, units: [row] }] },
      replacement: { kind: "zero" as const },
    }),
  };
  expect(await predictedEffects(device, dataset, ablations, "loss")).toBe(unpredicted);
});
