/** Factors on units train alone: every weight stays as it is, bit for bit, and the samples are told apart better. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTrainer } from "../engine/training/trainer.ts";
import { setupOf } from "../engine/training/training.fixture.ts";
import { formOf } from "../engine/training/training-graph.ts";
import { denseNet, pooledNet, residualNet } from "../engine/training/training-nets.fixture.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { ablatableOf } from "../network/ablatable.ts";
import { parametersOf } from "../network/layer-parameters.ts";
import { gainParameters, gainsOf, withGains } from "./gains.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test.each([
  ["a chain", denseNet(1)],
  ["convolutions with batch norms", pooledNet(2)],
  ["a residual sum", residualNet(3)],
])("%s", async (_, network) => {
  const form = formOf(network);
  const layers = ablatableOf(form);
  const gained = withGains(form, layers);
  const setup = setupOf({
    network: gained,
    samples: 40,
    trained: gainParameters(layers),
    options: {
      ...{ epochs: 10, batch: 20, batchNorm: "frozen" },
      optimizer: { kind: "sgd", learningRate: 0.03, momentum: 0, nesterov: false, weightDecay: 0.1 },
    },
  });
  using trainer = await openTrainer(gpu, setup);
  const [before] = await trainer.evaluate();
  for (let epoch = 0; epoch < setup.options.epochs; epoch++) await trainer.epoch(epoch);
  const [after] = await trainer.evaluate();
  const trained = await trainer.network(0);

  expect(after!.loss).toBeLessThan(before!.loss);
  const gains = gainsOf(trained, layers);
  for (const [i, { units }] of layers.entries()) {
    expect(gains[i]).toHaveLength(units);
    expect(gains[i]!.some((gain) => Math.abs(gain - 1) > 1e-3)).toBe(true);
  }
  const isGain = (name: string) => name.endsWith("_gain");
  const weights = ({ layers: all }: typeof trained) =>
    all.filter(({ name }) => !isGain(name)).map((layer) => [layer.name, parametersOf(layer)]);
  expect(weights(trained)).toEqual(weights(gained));
  const shifts = trained.layers.flatMap((layer) =>
    layer.kind === "scale" && isGain(layer.name) ? [...layer.shift] : [],
  );
  expect(shifts.every((shift) => shift === 0)).toBe(true);
});
