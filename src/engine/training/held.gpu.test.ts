/** Units held while the rest trains: the oracle is followed, and what touches them keeps its bits. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors } from "../../formats/safetensors-write.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import { postActivationOf } from "../../network/simplify.ts";
import { heldParameters } from "../../reference/held-parameters.ts";
import type { OptimizerOptions } from "./options.ts";
import { unpacked } from "./parameter-layout.ts";
import { openTrainer } from "./trainer.ts";
import type { HeldUnits, TrainerSetup } from "./trainer-interface.ts";
import { ADAM, arraysOf, changes, expectClose, oracle, SGD, setupOf } from "./training.fixture.ts";
import { formOf, trainingGraph } from "./training-graph.ts";
import { concatNet, denseNet, groupedNet, pooledNet, residualNet } from "./training-nets.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** A mean that is not 0, so that held units are read. */
const held = (layer: string): HeldUnits => ({ layer, units: [0, 2], values: [0, 0.7] });

/** The optimizer's moments of the one copy, by "layer part". */
function momentsOf({ network }: TrainerSetup, state: Uint8Array) {
  const { layout } = trainingGraph(formOf(network), { trained: null, held: new Set() });
  const { tensors } = readSafetensors(state);
  return ["moment 1", "moment 2"].flatMap((name) => {
    const values = tensors.get(name)?.values as Float32Array | undefined;
    if (!values) return [];
    return [
      new Map(
        layout.trained.map((tensor) => [
          `${tensor.layer} ${tensor.part}`,
          unpacked(values.subarray(tensor.at, tensor.at + tensor.floats), tensor),
        ]),
      ),
    ];
  });
}

describe.each<[string, Network, OptimizerOptions, string]>([
  ["a dense layer, sgd", denseNet(2), SGD, "d0"],
  ["before batch norm and pool, sgd", pooledNet(1), SGD, "a"],
  ["one side of a concatenation, adam", concatNet(3), ADAM, "b"],
  ["before both sides of a concatenation, adamw", concatNet(3), { ...ADAM, kind: "adamw" }, "a"],
  ["a grouped convolution before a flatten, adam", groupedNet(4), ADAM, "grouped"],
  ["before a sum, nesterov", residualNet(5), { ...SGD, nesterov: true }, "c"],
])("held units of %s", (_, network, optimizer, layer) => {
  test("stay, and so does what touches them", async () => {
    const setup = setupOf({
      network,
      samples: 11,
      options: { optimizer: { ...optimizer, weightDecay: 0.1 }, clip: 1 },
      copies: [{ seed: 4, held: [held(layer)] }],
    });
    using trainer = await openTrainer(gpu, setup);
    const expected = oracle(setup);
    const [epoch] = await trainer.epoch(0);
    expect(epoch!.loss).toBeCloseTo(expected.epochs[0]!.loss, 4);
    const form = formOf(network);
    const after = await trainer.network(0);
    expectClose(changes(form, after), changes(form, expected.network), 1e-3);

    const [first, last] = [arraysOf(form), arraysOf(after)];
    const moments = momentsOf(setup, await trainer.state(1));
    expect(moments).toHaveLength(optimizer.kind === "sgd" ? 1 : 2);
    let stood = 0;
    const tensor = postActivationOf(form, layer);
    for (const [name, parts] of heldParameters(form, [{ ...held(layer), layer: tensor }])) {
      for (const [part, still] of Object.entries(parts)) {
        const key = `${name} ${part}`;
        const numbers = [...still.keys()].filter((i) => still[i] === 1);
        stood += numbers.length;
        expect(numbers.map((i) => last.get(key)![i])).toEqual(numbers.map((i) => first.get(key)![i]));
        for (const moment of moments) expect(numbers.every((i) => moment.get(key)![i] === 0)).toBe(true);
      }
    }
    expect(stood).toBeGreaterThan(0);
  });
});
