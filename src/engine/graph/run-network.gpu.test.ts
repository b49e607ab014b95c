/** Whole networks on the device against the reference: random graphs, in one batch and in several. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { largestError } from "../../kernels/run.fixture.ts";
import { type Network, RELU } from "../../network/network.ts";
import { sizeOf } from "../../network/shapes.ts";
import { evaluateNetwork } from "../../reference/evaluate-network.ts";
import { randomGraph } from "./random-graph.fixture.ts";
import { runNetwork } from "./run-network.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

describe("a random graph", () => {
  test.each(Array.from({ length: 16 }, (_, seed) => seed))("%i", async (seed) => {
    const network = randomGraph(seed, 3 + (seed % 8));
    const samples = 1 + (seed % 3);
    const draw = random(seed, "inputs");
    const [{ name, shape }] = network.inputs as [(typeof network.inputs)[number]];
    const feeds = new Map([[name, Float32Array.from({ length: samples * sizeOf(shape) }, () => draw.normal())]]);
    const expected = evaluateNetwork(network, feeds, samples);
    const results = await runNetwork(gpu, network, feeds, samples);
    for (const output of network.outputs) {
      expect(largestError(results.get(output)!, expected.get(output)!)).toBeLessThan(2e-5);
    }
  });
});

test("goes through in batches where memory is short, with the same bits", async () => {
  const network = randomGraph(3, 6);
  const [{ name, shape }] = network.inputs as [(typeof network.inputs)[number]];
  const draw = random(3, "inputs");
  const feeds = new Map([[name, Float32Array.from({ length: 17 * sizeOf(shape) }, () => draw.normal())]]);
  const [output] = network.outputs as [string];
  const whole = (await runNetwork(gpu, network, feeds, 17)).get(output)!;
  using small = gpu.session(2 ** 20);
  const parts = (await runNetwork(small, network, feeds, 17)).get(output)!;
  expect(parts).toEqual(whole);
});

test("outputs that lie as what they are made of does, inputs among it, are given as well", async () => {
  const layers: Network["layers"] = [
    { kind: "activation", name: "r", inputs: ["x"], activation: RELU },
    { kind: "identity", name: "same", inputs: ["x"] },
    { kind: "reshape", name: "view", inputs: ["r"], shape: [1, 2, 5] },
    { kind: "reshape", name: "view of a view", inputs: ["view"], shape: [2, 1, 5] },
    { kind: "softmax", name: "s", inputs: ["view"], log: false },
  ];
  const outputs = layers.map(({ name }) => name);
  const network: Network = { name: "views", inputs: [{ name: "x", shape: [2, 5] }], layers, outputs };
  const feeds = new Map([["x", Float32Array.from({ length: 30 }, (_, i) => (i % 7) - 3)]]);
  const expected = evaluateNetwork(network, feeds, 3);
  const results = await runNetwork(gpu, network, feeds, 3);
  for (const name of outputs) expect(largestError(results.get(name)!, expected.get(name)!), name).toBeLessThan(1e-6);
});

test("a feed of another size is refused by name", async () => {
  const network = randomGraph(1, 3);
  await expect(runNetwork(gpu, network, new Map([["x", new Float32Array(7)]]), 1)).rejects.toMatchObject({
    code: "bad-data",
    message: expect.stringMatching(/"x" has 7 numbers/),
  });
});
