/** The gradient that the trainer goes down, for random graphs, against float64 and against TensorFlow.js. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import { graphGradients } from "../../reference/graph-gradients.ts";
import type { Tfjs } from "../../reference/tfjs.ts";
import { loadTfjsGradients, tfjsGradients } from "../../reference/tfjs-gradients.ts";
import type { TrainingOptions } from "./options.ts";
import { openTrainer } from "./trainer.ts";
import { changes, expectClose, inputsOf, SGD, setupOf } from "./training.fixture.ts";
import { randomTrainingGraph } from "./training-graph.fixture.ts";
import { formOf } from "./training-graph.ts";
import { concatNet, groupedNet, pooledNet, residualNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
let tf: Tfjs;
beforeAll(async () => {
  gpu = await openGpu();
  tf = await loadTfjsGradients();
});
afterAll(() => gpu[Symbol.dispose]());

const SAMPLES = 3;
/** One step of the whole gradient: parameters before less those after. */
const DOWNHILL: Partial<TrainingOptions> = {
  batch: SAMPLES,
  labelSmoothing: 0.1,
  optimizer: { ...SGD, learningRate: 1, momentum: 0, weightDecay: 0 },
};

/** By "layer part", of all that trains. */
type Gradients = ReadonlyMap<string, Float64Array>;

async function gradientsOf(network: Network, batchNorm: "train" | "frozen") {
  const form = formOf(network);
  const setup = setupOf({ network: form, samples: SAMPLES, options: { ...DOWNHILL, batchNorm } });
  using trainer = await openTrainer(gpu, setup);
  await trainer.epoch(0);
  const { labels } = setup.data.dataset;
  const inputs = inputsOf(setup.data);
  const options = { batchNorm, smoothing: 0.1 };
  const expected = graphGradients(form, inputs, labels, options).parameters;
  const names = [...expected].flatMap(([layer, parts]) => Object.keys(parts).map((part) => `${layer} ${part}`)).sort();
  const downhill = changes(form, await trainer.network(0));
  const own = new Map(names.map((name) => [name, downhill.get(name)!.map((change) => -change)]));
  const flat = (parameters: ReadonlyMap<string, Readonly<Record<string, ArrayLike<number>>>>): Gradients => {
    const all = new Map<string, Float64Array>(
      [...parameters].flatMap(([layer, parts]) =>
        Object.entries(parts).map(([part, values]) => [`${layer} ${part}`, Float64Array.from(values)] as const),
      ),
    );
    return new Map(names.map((name) => [name, all.get(name)!]));
  };
  const theirs = async () => flat((await tfjsGradients(tf, form, inputs, labels, options)).parameters);
  return { own, expected: flat(expected), theirs };
}

describe("the gradient of a step", () => {
  test("is that of random graphs in float64", async () => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9999 }),
        fc.constantFrom<"train" | "frozen">("train", "train", "frozen"),
        async (seed, batchNorm) => {
          const network = randomTrainingGraph(seed, 5);
          for (const { kind } of network.layers) kinds.add(kind);
          const { own, expected } = await gradientsOf(network, batchNorm);
          expectClose(own, expected, 1e-3);
        },
      ),
      { numRuns: 12, seed: 1337, endOnFailure: true },
    );
    expect([...kinds]).toEqual(expect.arrayContaining(["batch-norm", "binary", "concat", "conv2d", "lrn", "pool2d"]));
  });

  test.each([
    ["pool", pooledNet(1)],
    ["residual", residualNet(2)],
    ["concat", concatNet(3)],
    ["grouped", groupedNet(4)],
  ])("is that of TensorFlow.js: %s", async (_, network) => {
    const { own, theirs } = await gradientsOf(network, "train");
    expectClose(own, await theirs(), 1e-3);
  });
});
