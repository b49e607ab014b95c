/** Many copies at once give, copy for copy and bit for bit, what each gives by itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { DenseLayer, Network } from "../../network/network.ts";
import { openTrainer, planTrainer } from "./trainer.ts";
import type { CopyEpoch, CopyEvaluation, NetworkCopy, TrainerSetup } from "./trainer-interface.ts";
import { arraysOf, CLASSES, setupOf, spottedDataset } from "./training.fixture.ts";
import { denseNet, pooledNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const COPIES = 64;
const SAMPLES = 37;
const EPOCHS = 2;
const network = denseNet(2);

/** Single units, pairs across layers, means, and none; a few with parameters of their own. */
const copies: readonly NetworkCopy[] = Array.from({ length: COPIES }, (_, i) => ({
  seed: 4,
  held: [
    ...(i % 4 === 0 ? [] : [{ layer: "d0", units: [i % 9], values: [i % 3 === 0 ? 0.4 : 0] }]),
    ...(i % 2 === 0 ? [] : [{ layer: "d1", units: [i % 5, 5], values: [0, -0.3] }]),
  ],
  ...(i % 10 === 7 ? { network: denseNet(100 + i) } : {}),
}));
const seeded = copies.map((copy, i) => (i % 3 === 0 ? { ...copy, seed: 50 + i } : copy));

interface Trained {
  readonly epochs: readonly CopyEpoch[];
  readonly evaluation: CopyEvaluation;
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

const setupFor = (own: readonly NetworkCopy[], trained: TrainerSetup["trained"] = null) =>
  setupOf({ network, samples: SAMPLES, options: { batch: 8, epochs: EPOCHS, clip: 2 }, copies: own, trained });

async function train(setup: TrainerSetup): Promise<readonly Trained[]> {
  using trainer = await openTrainer(gpu, setup);
  const epochs: (readonly CopyEpoch[])[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++) epochs.push(await trainer.epoch(epoch));
  const evaluations = await trainer.evaluate();
  const results: Trained[] = [];
  for (const copy of setup.copies.keys()) {
    const parameters = arraysOf(await trainer.network(copy));
    results.push({ epochs: epochs.map((all) => all[copy]!), evaluation: evaluations[copy]!, parameters });
  }
  return results;
}

/** A network whose logits overflow. */
function exploding(): Network {
  const layers = network.layers.map((layer) => {
    const { weight, ...rest } = layer as DenseLayer;
    return { ...rest, weight: weight.map((value) => value * 1e30) };
  });
  return { ...network, layers };
}

describe("64 copies", () => {
  test("are what each is alone, whose samples come in orders of their own", async () => {
    const together = await train(setupFor(seeded));
    expect(planTrainer(gpu, setupFor(seeded)).copiesAtOnce).toBe(COPIES);
    for (const [i, copy] of seeded.entries())
      expect((await train(setupFor([copy])))[0], `copy ${i}`).toEqual(together[i]);
    expect(new Set(together.map(({ evaluation }) => evaluation.loss)).size).toBeGreaterThan(COPIES / 2);
  });

  test("are what each is alone, whose samples come in one order", async () => {
    const together = await train(setupFor(copies));
    for (let i = 0; i < COPIES; i += 5)
      expect((await train(setupFor([copies[i]!])))[0], `copy ${i}`).toEqual(together[i]);
  });

  test("are what each is alone, on images with a plain ground", async () => {
    const dataset = spottedDataset(SAMPLES);
    const images = (own: readonly NetworkCopy[]) =>
      setupOf({
        network: denseNet(3, [64, 9, 6, CLASSES]),
        samples: SAMPLES,
        dataset,
        options: { batch: 20, epochs: EPOCHS },
        copies: own,
      });
    const own = seeded.map(({ seed, held }) => ({ seed, held }));
    const together = await train(images(own));
    for (const [i, copy] of own.entries()) expect((await train(images([copy])))[0], `copy ${i}`).toEqual(together[i]);
  });

  test("are what each is alone, whose first layer is fixed", async () => {
    const trained = new Set(["d1", "d2"]);
    const together = await train(setupFor(copies, trained));
    for (let i = 1; i < COPIES; i += 9) {
      expect((await train(setupFor([copies[i]!], trained)))[0], `copy ${i}`).toEqual(together[i]);
    }
  });
});

test("a copy that diverges leaves the others alone", async () => {
  const calm = copies.slice(0, 9);
  const diverging = [
    {
      seed: 4,
      held: [
        { layer: "d0", units: [1], values: [1e30] },
        { layer: "d1", units: [0], values: [3e38] },
      ],
    },
    { seed: 4, held: [], network: exploding() },
  ];
  const expected = await train(setupFor(calm));
  const found = await train(setupFor([calm[0]!, diverging[0]!, ...calm.slice(1, 5), diverging[1]!, ...calm.slice(5)]));
  const [first, last] = [found[1]!, found[6]!];
  for (const { epochs, evaluation } of [first, last]) {
    expect(epochs.some(({ loss }) => !Number.isFinite(loss))).toBe(true);
    expect(Number.isFinite(evaluation.loss)).toBe(false);
  }
  expect(found.filter((result) => result !== first && result !== last)).toEqual(expected);
});

test("copies of a network with convolutions train one after the other", async () => {
  const setup = setupOf({
    network: pooledNet(1),
    samples: 5,
    copies: copies.slice(0, 2).map(({ seed }) => ({ seed, held: [] })),
  });
  expect(planTrainer(gpu, setup).copiesAtOnce).toBe(1);
  await expect(openTrainer(gpu, setup)).rejects.toMatchObject({ code: "out-of-memory" });
});
