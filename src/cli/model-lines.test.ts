/** How `lesion inspect` shows a model: what it says is checked line by line, what a width leaves out is said. */
import { describe, expect, test } from "vitest";
import type { ModelReport } from "../../workers/protocol.ts";
import { modelLines } from "./model-lines.ts";

type Layer = ModelReport["layers"][number];

const layer = (name: string, kind: string, options: Partial<Layer> = {}): Layer => ({
  name,
  kind,
  shape: [8, 8, 16],
  parameters: 0,
  macs: 0,
  bytes: 0,
  activation: "",
  window: "",
  layerIndex: null,
  ...options,
});
const conv = (name: string, layerIndex: number, activation: string): Layer =>
  layer(name, "conv2d", { layerIndex, activation, window: "3 x 3", parameters: 2320, macs: 147456, bytes: 9280 });

/** Two convolutions of one residual stream, then two that are joined. */
const report: ModelReport = {
  name: "small",
  inputs: [{ name: "x", shape: [8, 8, 16] }],
  outputs: ["classes"],
  layers: [
    conv("stem", 0, "relu"),
    conv("block/conv", 1, "linear"),
    layer("block/add", "add", { activation: "relu" }),
    conv("left", 2, "relu"),
    conv("right", 3, "relu"),
    layer("join", "concat", { shape: [8, 8, 32] }),
    layer("classes", "softmax", { shape: [10], activation: "softmax" }),
  ],
  ablatable: [
    { layer: "stem", layerIndex: 0, units: 16, coupled: { with: ["block/conv"], by: "block/add" } },
    { layer: "block/conv", layerIndex: 1, units: 16, coupled: { with: ["stem"], by: "block/add" } },
    { layer: "left", layerIndex: 2, units: 16, coupled: { with: ["right"], by: "join" } },
    { layer: "right", layerIndex: 3, units: 16, coupled: { with: ["left"], by: "join" } },
  ],
  parameters: 9280,
  macs: 589_824,
  bytes: 37_120,
  activations: 7178,
};

test("lists layers with their totals, and each coupling once", () => {
  expect(modelLines(report, Number.POSITIVE_INFINITY)).toEqual([
    "small: x [8, 8, 16] -> classes",
    "9,280 parameters, 36.3 KiB",
    "590 kMAC and 7,178 activations a sample",
    "7 layers; 64 units of 4 layers can be ablated",
    "",
    "index  layer       kind     window  shape       units  activation  parameters   MACs    bytes",
    "    0  stem        conv2d   3 x 3   [8, 8, 16]     16  relu             2,320  147 k  9.1 KiB",
    "    1  block/conv  conv2d   3 x 3   [8, 8, 16]     16                   2,320  147 k  9.1 KiB",
    "       block/add   add              [8, 8, 16]         relu",
    "    2  left        conv2d   3 x 3   [8, 8, 16]     16  relu             2,320  147 k  9.1 KiB",
    "    3  right       conv2d   3 x 3   [8, 8, 16]     16  relu             2,320  147 k  9.1 KiB",
    "       join        concat           [8, 8, 32]",
    "       classes     softmax          [10]",
    "",
    "Layers 0 and 1 meet at block/add: channel c of each is part of one channel there.",
    "Layers 2 and 3 meet at join: their channels stand side by side.",
    "The index is the one that a study's `layers` takes; layers without one cannot be ablated.",
  ]);
});

describe("in a narrow terminal", () => {
  test.each([40, 60, 80, 120])("no line is longer than %i, and what is left out is named", (width) => {
    const lines = modelLines(report, width);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    const text = lines.join(" ");
    expect(text.includes("relu")).toBe(!/left out[^.]*activation/i.test(text));
    expect(text.includes("9.1 KiB")).toBe(!/left out[^.]*bytes/i.test(text));
  });

  test("columns that are empty are neither shown nor missed", () => {
    const layers = report.layers.map((each) => ({ ...each, window: "" }));
    expect(modelLines({ ...report, layers }, 120).join(" ")).not.toContain("window");
  });
});

test("many couplings, and couplings of many layers, are cut", () => {
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
  const coupled = names.map((name, layerIndex) => {
    const pair = names[layerIndex ^ 1]!;
    return { layer: name, layerIndex, units: 16, coupled: { with: [pair], by: `add${layerIndex >> 1}` } };
  });
  const layers = names.map((name, i) => conv(name, i, "relu"));
  const pairs = modelLines({ ...report, layers, ablatable: coupled }, 120);
  expect(pairs.filter((line) => line.startsWith("Layers"))).toHaveLength(12);
  expect(pairs).toContain("8 more sets of layers meet; --json lists them.");
  const stream = names.map((name, layerIndex) => {
    const others = names.filter((other) => other !== name);
    return { layer: name, layerIndex, units: 16, coupled: { with: others, by: "add" } };
  });
  expect(modelLines({ ...report, layers, ablatable: stream }, 120)).toContain(
    "Layers 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 28 more meet at add: channel c of each is part of one channel there.",
  );
});
