/** Layers before the first trained one are computed once and kept, or computed in every step: the bits are the same. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import { openTrainer, planTrainer } from "./trainer.ts";
import type { HeldUnits, TrainerPlan } from "./trainer-interface.ts";
import { arraysOf, changes, expectClose, oracle, setupOf } from "./training.fixture.ts";
import { formOf } from "./training-graph.ts";
import { denseNet, pooledNet, residualNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

describe.each<[string, Network, readonly string[], readonly HeldUnits[]]>([
  ["a convolution", pooledNet(1), ["an", "b", "classes"], []],
  [
    "a convolution and its batch norm, with held units",
    pooledNet(1),
    ["b", "classes"],
    [{ layer: "a", units: [1, 5], values: [0, 0.4] }],
  ],
  ["up to two branches", residualNet(2), ["cn", "short", "sn", "classes"], []],
  ["dense layers with held units", denseNet(3), ["d2"], [{ layer: "d0", units: [3], values: [0.5] }]],
])("fixed: %s", (_, network, trained, held) => {
  const setup = setupOf({
    network,
    // In all four, what is kept is larger than the samples.
    samples: 47,
    trained: new Set(trained),
    copies: [{ seed: 4, held }],
  });

  test("gives the same bits kept and computed again, those of the oracle", async () => {
    const results: { prefix: TrainerPlan["prefix"]; found: unknown; after: Network }[] = [];
    const enough = planTrainer(gpu, setup).bytes;
    for (const budget of [enough, enough - 1]) {
      using session = gpu.session(budget);
      const { prefix, bytes } = planTrainer(session, setup);
      expect(bytes).toBeLessThanOrEqual(budget);
      using trainer = await openTrainer(session, setup);
      const epoch = await trainer.epoch(0);
      const evaluation = await trainer.evaluate();
      const after = await trainer.network(0);
      results.push({ prefix, found: { epoch, evaluation, arrays: arraysOf(after) }, after });
    }
    const [kept, recomputed] = results;
    expect(kept!.prefix).toBe("kept");
    expect(recomputed!.prefix).toBe("recomputed");
    expect(recomputed!.found).toEqual(kept!.found);

    const form = formOf(network);
    const moved = changes(form, kept!.after);
    expectClose(moved, changes(form, oracle(setup).network), 2e-3);
    const layers = [...moved].filter(([, values]) => values.some((value) => value !== 0)).map(([name]) => name);
    expect(new Set(layers.map((name) => name.split(" ")[0]))).toEqual(new Set(trained));
  });
});
