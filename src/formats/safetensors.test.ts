/**
 * safetensors with an architecture: PyTorch's order of weights, what is filled in, mistakes named, and a published
 * network.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { readIdxPair } from "../data/idx-pair.ts";
import type { Network } from "../network/network.ts";
import { inferShapes } from "../network/shapes.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import { isArchitecture } from "./architecture.ts";
import { type FixtureTensor, f32, safetensorsFile } from "./safetensors.fixture.ts";
import { readSafetensors } from "./safetensors.ts";

const counting = (count: number, from = 1) => Array.from({ length: count }, (_, i) => i + from);

/** A network of the given layers and tensors. */
function network(
  layers: readonly object[],
  tensors: Readonly<Record<string, FixtureTensor>> = {},
  more: object = {},
): Network {
  const architecture = { format: "lesion-architecture", version: 1, input: [2, 3, 2], layers, ...more };
  return readSafetensors(safetensorsFile(tensors), architecture, "made");
}
/** The network's result for one sample of 1, 2, 3, ... */
function result(made: Network): number[] {
  const count = made.inputs[0]!.shape.reduce((product, size) => product * size, 1);
  return [...evaluateNetwork(made, new Map([["input", Float32Array.from(counting(count))]]), 1).get(made.outputs[0]!)!];
}

describe("readSafetensors", () => {
  test("takes PyTorch's flatten, channels first, and its linear weights", () => {
    // Row u of the weight picks the number u of [channel, row, column].
    const rows = [0, 5, 6, 11].flatMap((picked) => counting(12).map((_, i) => (i === picked ? 1 : 0)));
    const made = network(
      [
        { kind: "flatten", name: "flat" },
        { kind: "dense", name: "fc" },
      ],
      { "fc.weight": f32([4, 12], rows), "fc.bias": f32([4], [0, 0.5, 0, 0]) },
    );
    // Sample [row, column, channel]: channel 0 is the odd numbers, channel 1 the even ones.
    expect(result(made)).toEqual([1, 11.5, 2, 12]);
    expect(made.layers.map(({ kind }) => kind)).toEqual(["transpose", "flatten", "dense"]);
  });

  test("takes its convolution weights, groups among them", () => {
    const weight = f32([4, 1, 1, 2], [1, 0, 0, 1, 10, 0, 0, 10]);
    const made = network([{ kind: "conv2d", name: "conv", groups: 2 }], { "conv.weight": weight });
    // Outputs 0 and 1 read channel 0 at a position and its right neighbour; 2 and 3 channel 1, ten times.
    expect(result(made).slice(0, 8)).toEqual([1, 3, 20, 40, 3, 5, 40, 60]);
    expect(made.layers[0]).toMatchObject({ inChannels: 2, outChannels: 4, kernel: [1, 2], bias: null });
  });

  test("takes weights in Lesion's own order", () => {
    const tensors = { "conv.weight": f32([1, 2, 2, 1], [1, 0, 0, 1]), "fc.weight": f32([4, 1], [1, 10, 100, 1000]) };
    const layers = [
      { kind: "conv2d", name: "conv" },
      { kind: "flatten", name: "flat" },
      { kind: "dense", name: "fc" },
    ];
    // conv: channel 0 here plus channel 1 at the right: 1 + 4, 3 + 6, 7 + 10, 9 + 12.
    expect(result(network(layers, tensors, { layout: "lesion" }))).toEqual([5 + 90 + 1700 + 21_000]);
  });

  test("joins branches, and gives the outputs that are named", () => {
    const made = network(
      [
        { kind: "activation", name: "a", activation: { kind: "clip", alpha: 2, beta: 4 } },
        { kind: "pool2d", name: "b", inputs: ["input"], pool: "max", kernel: [1, 2], stride: 1, padding: { right: 1 } },
        { kind: "multiply", name: "c", inputs: ["a", "b"] },
        { kind: "concat", name: "d", inputs: ["a", "c"] },
      ],
      {},
      { outputs: ["c", "d"] },
    );
    expect([made.outputs, inferShapes(made).get("d")]).toEqual([
      ["c", "d"],
      [2, 3, 4],
    ]);
    expect(result(made).slice(0, 4)).toEqual([2 * 3, 2 * 4, 3 * 5, 4 * 6]);
  });

  test("fills in what PyTorch fills in", () => {
    const made = network(
      [
        { kind: "conv2d", name: "c", padding: "same", dilation: 2, activation: "leaky-relu", weight: "w", bias: null },
        { kind: "batch-norm", name: "n", weight: null, bias: null },
        { kind: "pool2d", name: "p", pool: "average", kernel: 2 },
        { kind: "dropout", name: "d" },
      ],
      { w: f32([2, 2, 3, 2], counting(24)), "n.running_mean": f32([2], [1, 2]), "n.running_var": f32([2], [4, 9]) },
    );
    expect(made.layers).toMatchObject([
      {
        padding: { top: 2, left: 1, bottom: 2, right: 1 },
        dilation: [2, 2],
        stride: [1, 1],
        groups: 1,
        activation: { kind: "leaky-relu", alpha: 0.01 },
      },
      { gamma: Float32Array.of(1, 1), beta: Float32Array.of(0, 0), epsilon: 1e-5 },
      { kernel: [2, 2], stride: [2, 2], ceilMode: false, countIncludePad: true },
      { kind: "identity" },
    ]);
  });

  const fc = { "fc.weight": f32([1, 12], counting(12)), "fc.biases": f32([1], [1]) };
  const dense = { kind: "dense", name: "fc" };
  test.each<[string, readonly unknown[], RegExp, string | RegExp, RegExp]>([
    [
      "an unknown key",
      [{ ...dense, wieght: "w" }],
      /unknown key "wieght" at layers\[0\]\.wieght/,
      "architecture, layers[0].wieght",
      /Did you mean "weight"/,
    ],
    [
      "an unknown kind",
      [{ kind: "conv2D", name: "c" }],
      /layers\[0\]\.kind is "conv2D"/,
      "architecture, layers[0].kind",
      /"conv2d"/,
    ],
    ["a missing name", [{ kind: "dense" }], /layers\[0\]\.name is missing/, "architecture, layers[0].name", /Add/],
    [
      "a wrong number",
      [{ kind: "conv2d", name: "c", stride: [1, 0] }],
      /layers\[0\]\.stride\[1\] is 0, wanted a whole number from 1/,
      /stride\[1\]$/,
      /whole/,
    ],
    [
      "a wrong activation",
      [{ ...dense, activation: "rellu" }],
      /"rellu"/,
      "architecture, layers[0].activation",
      /"relu"/,
    ],
    ["no layer", ["dense"], /layers\[0\] is "dense", wanted an object/, "architecture, layers[0]", /object/],
    ["no layers", [], /layers is an array of 0/, "architecture, layers", /at least one/],
    [
      "a tensor that is not there",
      [
        { kind: "flatten", name: "f" },
        { ...dense, bias: "fc.bias" },
      ],
      /layer "fc" wants the tensor "fc\.bias"/,
      'layer "fc"',
      /Did you mean "fc\.biases"/,
    ],
    [
      "a weight of another rank",
      [{ kind: "conv2d", name: "fc" }],
      /\[1, 12\], wanted \[outputs, inputs \/ groups, rows, columns\]/,
      'layer "fc"',
      /layout/,
    ],
    ["weights for another size", [dense], /12/, 'layer "fc"', /./],
    [
      "a layer that comes later",
      [{ kind: "flatten", name: "f", inputs: ["fc"] }, dense],
      /"f" reads "fc", which no layer before/,
      'layer "f"',
      /"input"/,
    ],
    [
      "two layers of one name",
      [
        { kind: "flatten", name: "f" },
        { kind: "identity", name: "f" },
      ],
      /the name "f" is used twice/,
      /f/,
      /./,
    ],
    [
      "padding same with a stride",
      [{ kind: "pool2d", name: "p", pool: "max", kernel: 2, padding: "same" }],
      /"same" and the stride 2 x 2/,
      'layer "p"',
      /numbers/,
    ],
    ["one input where two are wanted", [{ kind: "add", name: "a" }], /1 inputs, it takes 2/, 'layer "a"', /./],
    ["an output that is no layer", [{ kind: "flatten", name: "f" }], /output "x" is not a layer/, /x/, /./],
  ])("refuses %s", (what, layers, message, where, fix) => {
    const more = what.startsWith("an output") ? { outputs: ["x"] } : {};
    expect(() => network(layers as object[], fc, more)).toThrow(
      expect.objectContaining({
        code: "bad-model",
        message: expect.stringMatching(message),
        where: typeof where === "string" ? where : expect.stringMatching(where),
        fix: expect.stringMatching(fix),
      }),
    );
  });

  test.each([null, 3, "text", [], {}, { format: "lesion-architecture" }])(
    "refuses %j as an architecture",
    (document) => {
      expect(() => readSafetensors(safetensorsFile({}), document, "n")).toThrow(
        expect.objectContaining({ code: "bad-model" }),
      );
    },
  );
});

const weights = sharedData("models/mnist-cnn.safetensors");
const mnist = sharedData("mnist");
test.skipIf(weights === null || mnist === null)(
  "a published network is right on 199 of 200 images",
  { timeout: 60_000 },
  () => {
    const architecture: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, "mnist-cnn.architecture.json"), "utf8"),
    );
    expect(isArchitecture(architecture)).toBe(true);
    const cnn = readSafetensors(readFileSync(weights!), architecture, "mnist-cnn");
    const shapes = inferShapes(cnn);
    expect(["conv3", "flatten", "norm2"].map((name) => shapes.get(name))).toEqual([[22, 22, 24], [11_616], [10]]);
    const [images, labels] = ["images-idx3", "labels-idx1"].map((name) =>
      readFileSync(join(mnist!, `t10k-${name}-ubyte.gz`)),
    );
    const set = readIdxPair(images!, labels!, { dataset: "mnist", images: "images", labels: "labels" });
    const samples = 200;
    const pixels = set.values.subarray(0, samples * 784);
    const input = Float64Array.from(pixels, (pixel) => (pixel / 255 - 0.1307) / 0.3081);
    const logits = evaluateNetwork(cnn, new Map([["input", input]]), samples).get("norm2")!;
    const told = Array.from({ length: samples }, (_, n) => {
      const own = logits.subarray(10 * n, 10 * n + 10);
      return own.indexOf(Math.max(...own));
    });
    const wrong = told.flatMap((digit, n) => (digit === set.labels[n] ? [] : [n]));
    expect(wrong).toEqual([115]);
  },
);
