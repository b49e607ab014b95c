/** Plans of graphs: what fits is chosen, what does not is refused with numbers, and what is cheap comes first. */
import { describe, expect, test } from "vitest";
import { compileGraph } from "../engine/graph/compiled-graph.ts";
import { ablatableOf } from "../network/ablatable.ts";
import { type Layer, LINEAR, type Network, RELU } from "../network/network.ts";
import type { Ablation } from "./ablation.ts";
import { type GraphPlanRequest, planGraphSweep } from "./graph-planner.ts";

const MIB = 2 ** 20;

/** VGG-19 with 8-bit weights of zeros (Simonyan and Zisserman 2015): only sizes matter to a plan. */
function vgg19(): Network {
  const layers: Layer[] = [];
  let last = "x";
  let channels = 3;
  const none = { top: 0, left: 0, bottom: 0, right: 0 };
  const quantized = (count: number) => ({ values: new Uint8Array(count), scale: 0.01, min: -1 });
  for (const [block, [count, width]] of (
    [
      [2, 64],
      [2, 128],
      [4, 256],
      [4, 512],
      [4, 512],
    ] as const
  ).entries()) {
    for (let i = 0; i < count; i++) {
      const name = `conv${block + 1}_${i + 1}`;
      layers.push({
        kind: "conv2d",
        name,
        inputs: [last],
        inChannels: channels,
        outChannels: width,
        groups: 1,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: { top: 1, left: 1, bottom: 1, right: 1 },
        weight: quantized(9 * channels * width),
        bias: new Float32Array(width),
        activation: RELU,
      });
      [last, channels] = [name, width];
    }
    const name = `pool${block + 1}`;
    const window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: none } as const;
    layers.push({
      kind: "pool2d",
      name,
      inputs: [last],
      pool: "max",
      ...window,
      ceilMode: false,
      countIncludePad: false,
    });
    last = name;
  }
  layers.push({ kind: "flatten", name: "flat", inputs: [last] });
  last = "flat";
  let features = 25088;
  for (const [name, units] of [
    ["fc6", 4096],
    ["fc7", 4096],
    ["fc8", 1000],
  ] as const) {
    const activation = name === "fc8" ? LINEAR : RELU;
    const weight = quantized(features * units);
    const bias = new Float32Array(units);
    layers.push({
      kind: "dense",
      name,
      inputs: [last],
      inFeatures: features,
      outFeatures: units,
      weight,
      bias,
      activation,
    });
    [last, features] = [name, units];
  }
  return { name: "vgg19", inputs: [{ name: "x", shape: [224, 224, 3] }], layers, outputs: [last] };
}

const graph = compileGraph(vgg19());
const ablatable = ablatableOf(graph.network);
/** Two filters of each convolution. */
const ablations: readonly Ablation[] = ablatable
  .filter(({ kind }) => kind === "conv2d")
  .flatMap(({ layerIndex }) => [0, 1].map((unit) => [{ layerIndex, units: [unit] }]))
  .map((sites, row) => ({ sweep: 0, index: row, row, sites, replacement: { kind: "zero" } }));

function requestFor(budgetBytes: number, more: Partial<GraphPlanRequest> = {}): GraphPlanRequest {
  return {
    graph,
    output: "fc8",
    ablatable,
    ablations: { count: ablations.length, at: (row) => ablations[row]! },
    skip: () => false,
    samples: 250,
    chunkBytesPerSample: 5 * 224 * 224 * 3,
    budgetBytes,
    isProcessor: true,
    bindingBytes: 1024 * MIB,
    ...more,
  };
}

describe("VGG-19", () => {
  test("costs what its literature says, and is computed by Winograd but for its first layer", () => {
    expect(graph.macs).toBe(19_632_062_464);
    expect(ablatable).toHaveLength(18);
    const methods = [...graph.methods.values()];
    expect(methods[0]).toEqual({ kind: "direct" });
    expect(methods.slice(1)).toEqual(methods.slice(1).map(() => ({ kind: "winograd", tile: 4 })));
  });

  test("deep layers come first, and all that fits is kept ready", () => {
    const plan = planGraphSweep(requestFor(2048 * MIB));
    expect(plan.steps.map(({ stage }) => stage)).toEqual(Array.from({ length: 16 }, (_, i) => 15 - i));
    expect(plan.peakBytes).toBeLessThanOrEqual(2048 * MIB);
    expect(plan.weights.kept.get("fc6")!.expanded).toBe(true);
    expect(plan.macs).toBeLessThan(plan.macsWhole / 2);
  });

  test.each([800, 600])("fits into %i MiB", (mebibytes) => {
    const plan = planGraphSweep(requestFor(mebibytes * MIB));
    expect(plan.peakBytes).toBeLessThanOrEqual(mebibytes * MIB);
    expect(plan.ablations).toBe(32);
  });

  test("in 600 MiB, weights stay in 8 bits where they are largest", () => {
    const plan = planGraphSweep(requestFor(600 * MIB));
    const fc6 = plan.weights.kept.get("fc6")!;
    expect(fc6.expanded).toBe(false);
    expect(fc6.parts.length).toBeGreaterThan(1);
    expect(plan.weights.expandedBytes).toBeLessThanOrEqual(64 * MIB);
  });

  test("a binding of 128 MiB splits the columns of the largest layer", () => {
    const plan = planGraphSweep(requestFor(4096 * MIB, { bindingBytes: 128 * MIB }));
    const { parts } = plan.weights.kept.get("fc6")!;
    expect(parts.length).toBeGreaterThanOrEqual(4);
    expect(parts.reduce((sum, { count4 }) => sum + count4, 0)).toBe(1024);
    for (const { start4, count4 } of parts) {
      expect(start4 % 16).toBe(0);
      expect(25088 * count4 * 16).toBeLessThanOrEqual(128 * MIB);
    }
  });

  test("with too little memory the least that is needed is named", () => {
    expect(() => planGraphSweep(requestFor(100 * MIB))).toThrow(
      expect.objectContaining({
        code: "out-of-memory",
        fix: expect.stringMatching(/Raise the memory budget to \d+ MiB/),
      }),
    );
  });

  test("rows that are done already leave nothing to compute", () => {
    const plan = planGraphSweep(requestFor(2048 * MIB, { skip: () => true }));
    expect(plan).toMatchObject({ ablations: 0, macs: 0, steps: [] });
  });
});
