/** What sweeps are made of is found out of all their layers in one pass, whatever an interrupted run knew already. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { StudyAnalysisRecord } from "../analysis-records.ts";
import { openTestDevice } from "./device.fixture.ts";
import { sweepMaterials } from "./materials.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const similar = (similarity: string) => ({ ablate: "similar", similarity, grouping: { kind: "nearest" } });

test.each([
  ["an order by activations", { ablate: "cumulative", order: "mean-activation" }],
  ["an order by gradients", { ablate: "cumulative", order: "taylor" }],
  ["groups by correlation", similar("activation-correlation")],
  ["groups by CKA", similar("activation-cka")],
])("%s", async (_, sweep) => {
  /** Records that are written, and how often it was asked whether to go on: once a batch. */
  const materials = async (layers: readonly number[], earlier: readonly StudyAnalysisRecord[] = []) => {
    let batches = 0;
    const proceed = async () => ++batches > 0;
    const study = {
      model: { build: { layers: [{ units: 6 }, { units: 5 }, { units: 4 }, { units: 10 }] } },
      data: { set: "digits", limit: 60 },
      sweeps: [{ ...sweep, layers }],
    };
    const device = await openTestDevice(gpu, study, { earlier, proceed });
    await sweepMaterials(device);
    return { records: device.earlier, batches };
  };
  const whole = await materials([0, 1, 2]);
  expect(whole.batches).toBe(1);
  expect(whole.records.map((record) => "layerIndex" in record && record.layerIndex)).toEqual([0, 1, 2]);
  for (const [layer, record] of whole.records.entries()) {
    const alone = await materials([layer]);
    expect(alone).toEqual({ records: [record], batches: 1 });
  }
  const resumed = await materials([0, 1, 2], [whole.records[1]!]);
  expect(resumed.batches).toBe(1);
  expect(new Set(resumed.records)).toEqual(new Set(whole.records));
  expect(await materials([0, 1, 2], whole.records)).toEqual({ records: whole.records, batches: 0 });
});
