/** Activations that segments give back equal the float64 oracle's, in the layouts that are promised, whichever part is read. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { memoryDataset } from "../data/dataset.ts";
import { compileGraph } from "../engine/graph/compiled-graph.ts";
import { Tuner } from "../engine/tuner.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { largestError } from "../kernels/run.fixture.ts";
import { ablatableOf } from "../network/ablatable.ts";
import { withoutActivation } from "../reference/check.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import { smallConvNet } from "../reference/network.fixture.ts";
import { columnMeans, forward } from "../reference/oracle.ts";
import type { AblationPlace } from "./ablation.ts";
import { identity, randomProblem } from "./chain.fixture.ts";
import { chainEngine } from "./chain-engine.ts";
import { graphEngine } from "./graph-engine.ts";
import { planGraphSweep } from "./graph-planner.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const PLACES: readonly AblationPlace[] = ["pre-activation", "post-activation"];
const common = { top5: false, loss: false, seed: 1, proceed: async () => true, transform: identity };

test("a chain's segment, unit by unit and sample by sample", async () => {
  const samples = 70;
  const { layers, inputs, dataset, chain } = randomProblem(3, [6, 9, 5, 4], 100, "tanh");
  const { pre, post } = forward(layers, inputs, 100);
  using arena = gpu.arena.scope();
  const engine = chainEngine(arena, { ...common, gpu, tuner: new Tuner(gpu), chain, dataset, plan: { chunk: 64 } });
  using segment = await engine.openSegment(arena, { start: 30, samples });
  for (const site of PLACES) {
    for (const [stage, units] of [9, 5].entries()) {
      const wanted = (site === "pre-activation" ? pre : post)[stage]!.subarray(30 * units);
      const bySample = await segment.sampleActivations(stage, site, false);
      expect(largestError(bySample, wanted)).toBeLessThan(1e-5);
      const byUnit = await segment.activations(stage, site);
      expect(byUnit).toHaveLength(units * samples);
      expect(byUnit.every((value, i) => value === bySample[(i % samples) * units + Math.floor(i / samples)])).toBe(
        true,
      );
    }
  }
  expect(engine.seed).toBe(1);
});

test("a graph's segment: maps without padding, and their means over positions", async () => {
  const samples = 7;
  const graph = compileGraph(smallConvNet(1));
  const { network } = graph;
  const output = network.outputs[0]!;
  const ablatable = ablatableOf(network);
  const draw = random(2);
  const shape = network.inputs[0]!.shape;
  const values = Float32Array.from({ length: samples * 189 }, () => draw.normal());
  const labels = new Uint16Array(samples);
  const dataset = memoryDataset({ name: "random", shape, values, labels, classes: 5, classNames: [] });
  const plan = planGraphSweep({
    ...{ graph, output, ablatable, skip: () => false, samples, chunkBytesPerSample: 8 * 189 },
    ablations: { count: 0, at: () => expect.unreachable() },
    ...{ budgetBytes: 2 ** 28, isProcessor: gpu.isProcessor, bindingBytes: 2 ** 27 },
  });
  using arena = gpu.arena.scope();
  const engine = await graphEngine(arena, { ...common, gpu, plan, ablatable, dataset });
  using segment = await engine.openSegment(arena, { start: 2, samples: 5 });
  const feeds = new Map([[network.inputs[0]!.name, values]]);
  for (const site of PLACES) {
    for (const [stage, { layer, units }] of ablatable.entries()) {
      const seen = site === "pre-activation" ? withoutActivation(network, layer) : network;
      const whole = evaluateNetwork(seen, feeds, samples).get(layer)!;
      const size = whole.length / samples;
      const wanted = whole.subarray(2 * size);
      expect(largestError(await segment.activations(stage, site), wanted)).toBeLessThan(1e-5);
      const means = Array.from({ length: 5 }, (_, n) => [
        ...columnMeans(wanted.subarray(n * size, (n + 1) * size), size / units),
      ]);
      expect(largestError(await segment.sampleActivations(stage, site, true), means.flat())).toBeLessThan(1e-5);
    }
  }
});
