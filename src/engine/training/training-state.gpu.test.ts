/** A training that was interrupted ends with the bits of one that was not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import type { TrainingOptions } from "./options.ts";
import { openTrainer } from "./trainer.ts";
import type { NetworkCopy } from "./trainer-interface.ts";
import { ADAM, setupOf } from "./training.fixture.ts";
import { concatNet, denseNet, pooledNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const EPOCHS = 4;
/** So many steps that an epoch is submitted in parts, the last one smaller than the others. */
const SAMPLES = 41;
const BATCH = 2;

const interrupt = (samples: number) => {
  expect(samples).toBeGreaterThan(0);
  expect(samples).toBeLessThan(SAMPLES);
  throw new Error("interrupted");
};
const cosine = { kind: "cosine", least: 0.01, warmup: 1 } as const;
const copies: readonly NetworkCopy[] = [1, 2, 3].map((seed) => ({
  seed,
  held: [{ layer: "d0", units: [seed], values: [0.2] }],
}));

describe.each<[string, Network, Partial<TrainingOptions>, readonly NetworkCopy[] | undefined]>([
  [
    "sgd, batch norm, cosine, augmented",
    pooledNet(1),
    { schedule: cosine, augment: { flip: true, shift: 1 } },
    undefined,
  ],
  ["adam, three copies", denseNet(2), { optimizer: ADAM, clip: 1 }, copies],
])("%s", (_, network, options, own) => {
  const setup = setupOf({
    network,
    samples: SAMPLES,
    options: { ...options, epochs: EPOCHS, batch: BATCH },
    ...(own ? { copies: own } : {}),
  });

  test("goes on from its state as if nothing had been", async () => {
    using whole = await openTrainer(gpu, setup);
    const results = [];
    for (let epoch = 0; epoch < EPOCHS; epoch++) results.push(await whole.epoch(epoch));

    using before = await openTrainer(gpu, setup);
    for (let epoch = 0; epoch < 2; epoch++) await before.epoch(epoch);
    const state = await before.state(2);
    // Evaluation, and steps that are lost, leave the state alone.
    await before.evaluate();
    expect(await before.state(2)).toEqual(state);
    await before.epoch(2);

    using after = await openTrainer(gpu, setup);
    await expect(after.epoch(0, interrupt)).rejects.toThrow("interrupted");
    expect(await after.restore(state)).toBe(2);
    for (let epoch = 2; epoch < EPOCHS; epoch++) expect(await after.epoch(epoch)).toEqual(results[epoch]);
    expect(await after.state(EPOCHS)).toEqual(await whole.state(EPOCHS));
    expect(await after.evaluate()).toEqual(await whole.evaluate());
  });
});

test("a state of another training is refused, and changes nothing", async () => {
  const stateOf = async (network: Network, options: Partial<TrainingOptions> = {}) => {
    using trainer = await openTrainer(gpu, setupOf({ network, samples: 5, options }));
    return trainer.state(1);
  };
  using trainer = await openTrainer(gpu, setupOf({ network: pooledNet(1), samples: 5 }));
  const own = await trainer.state(0);
  for (const state of [
    await stateOf(concatNet(1)),
    await stateOf(pooledNet(1), { optimizer: ADAM }),
    own.slice(0, -8),
    new Uint8Array(3),
  ]) {
    await expect(trainer.restore(state)).rejects.toMatchObject({ code: "bad-file" });
  }
  expect(await trainer.state(0)).toEqual(own);
  expect(await trainer.restore(await stateOf(pooledNet(2)))).toBe(1);
});
