import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type ActivationKind, type Layer, LINEAR, type Network, RELU } from "../network/network.ts";
import { evaluateLayer } from "./evaluate-layer.ts";
import { type Change, evaluateNetwork } from "./evaluate-network.ts";
import { convLayer, poolLayer } from "./layers/layer.fixture.ts";
import { loadTfjsWebgpu, type Tfjs } from "./tfjs.ts";
import { applyLayer, uploadParameters } from "./tfjs-layers.ts";
import { openTfjsNetwork } from "./tfjs-network.ts";

const SAMPLES = 3;
const draw = random(1337, "tfjs-network");
const normals = (length: number) => Float32Array.from({ length }, () => draw.normal());
const named = { name: "y", inputs: ["x"] };
const asymmetric = { top: 2, left: 0, bottom: 1, right: 1 };

let tf: Tfjs;
beforeAll(async () => {
  tf = await loadTfjsWebgpu();
});

function networkOf(shape: readonly number[], layers: readonly Layer[]): Network {
  return { name: "test", inputs: [{ name: "x", shape }], layers, outputs: [layers.at(-1)!.name] };
}

/** Largest difference from the oracle, over the root mean square of its numbers. */
async function errorOf(network: Network, changes: readonly Change[] = []): Promise<number> {
  const inputs = normals(SAMPLES * network.inputs[0]!.shape.reduce((product, size) => product * size, 1));
  using opened = openTfjsNetwork(tf, network);
  const found = await opened.evaluate(inputs, SAMPLES, opened.output, changes);
  const expected = evaluateNetwork(network, new Map([["x", inputs]]), SAMPLES, changes).get(opened.output)!;
  expect(found.length).toBe(expected.length);
  const rms = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0) / rms;
}

const conv = (inChannels: number, outChannels: number, groups: number, window: Partial<Layer & { kind: "conv2d" }>) => {
  const [rows, columns] = window.kernel ?? [1, 1];
  const weight = normals((rows * columns * inChannels * outChannels) / groups);
  return convLayer({ name: "y", inChannels, outChannels, groups, weight, bias: normals(outChannels), ...window });
};
const perChannel = { gamma: normals(5), beta: normals(5), mean: normals(5), variance: normals(5).map(Math.abs) };

const LAYERS: readonly (readonly [string, readonly number[], Layer])[] = [
  ["conv2d", [6, 5, 3], conv(3, 7, 1, { kernel: [3, 2], padding: asymmetric, activation: RELU })],
  ["strided conv2d", [7, 8, 4], conv(4, 5, 1, { kernel: [3, 3], stride: [2, 3], padding: asymmetric })],
  ["dilated conv2d", [7, 8, 4], conv(4, 5, 1, { kernel: [3, 2], dilation: [2, 1], padding: asymmetric })],
  ["strided and dilated conv2d", [9, 8, 3], conv(3, 2, 1, { kernel: [2, 3], stride: [2, 1], dilation: [2, 2] })],
  ["1 x 1 conv2d", [3, 4, 5], conv(5, 6, 1, {})],
  ["grouped conv2d", [5, 5, 6], conv(6, 9, 3, { kernel: [3, 3], padding: asymmetric })],
  ["depthwise conv2d", [6, 5, 5], conv(5, 5, 5, { kernel: [3, 3], stride: [2, 2], padding: asymmetric })],
  ["depthwise conv2d of multiplier 2", [6, 5, 3], conv(3, 6, 3, { kernel: [3, 3], padding: asymmetric })],
  ["max pool", [7, 6, 5], poolLayer({ ...named, kernel: [3, 3], stride: [2, 2], padding: asymmetric })],
  ["ceil max pool", [6, 6, 5], poolLayer({ ...named, kernel: [3, 3], stride: [2, 2], ceilMode: true })],
  ["dilated max pool", [7, 6, 2], poolLayer({ ...named, kernel: [2, 2], stride: [2, 2], dilation: [2, 3] })],
  [
    "average pool",
    [7, 6, 5],
    poolLayer({ ...named, pool: "average", kernel: [3, 3], stride: [2, 2], padding: asymmetric }),
  ],
  [
    "ceil average pool with padding",
    [6, 5, 3],
    poolLayer({
      ...named,
      pool: "average",
      kernel: [3, 3],
      stride: [2, 2],
      padding: asymmetric,
      ceilMode: true,
      countIncludePad: true,
    }),
  ],
  ["global max pool", [5, 3, 7], { ...named, kind: "global-pool", pool: "max" }],
  ["global average pool", [5, 3, 7], { ...named, kind: "global-pool", pool: "average" }],
  ["batch-norm", [3, 2, 5], { ...named, kind: "batch-norm", ...perChannel, epsilon: 0.01 }],
  ["scale", [3, 2, 5], { ...named, kind: "scale", scale: normals(5), shift: normals(5), activation: RELU }],
  ["bias", [5], { ...named, kind: "bias", bias: normals(5) }],
  [
    "dense",
    [2, 7],
    { ...named, kind: "dense", inFeatures: 7, outFeatures: 3, weight: normals(21), bias: normals(3), activation: RELU },
  ],
  [
    "quantised dense",
    [5],
    {
      ...named,
      kind: "dense",
      inFeatures: 5,
      outFeatures: 2,
      weight: { values: Uint8Array.of(1, 200, 3, 44, 5, 66, 7, 8, 90, 255), scale: 0.02, min: -2 },
      bias: null,
      activation: LINEAR,
    },
  ],
  ["lrn", [2, 3, 9], { ...named, kind: "lrn", size: 5, alpha: 0.5, beta: 0.75, bias: 2 }],
  [
    "constant pad",
    [3, 4, 2],
    { ...named, kind: "pad", mode: "constant", value: 0.5, before: [1, -1, 0], after: [-1, 2, 3] },
  ],
  ["reflect pad", [3, 4, 2], { ...named, kind: "pad", mode: "reflect", value: 0, before: [2, 0, 1], after: [1, 3, 0] }],
  ["edge pad", [3, 4, 2], { ...named, kind: "pad", mode: "edge", value: 0, before: [2, 0, 1], after: [1, -1, 0] }],
  ["wrap pad", [3, 4, 2], { ...named, kind: "pad", mode: "wrap", value: 0, before: [3, 0, 1], after: [1, 4, 0] }],
  ["slice", [5, 4, 3], { ...named, kind: "slice", starts: [4, 1, 0], steps: [-2, 1, 2], sizes: [3, 2, 2] }],
  ["transpose", [3, 4, 2], { ...named, kind: "transpose", axes: [2, 0, 1] }],
  ["softmax", [2, 7], { ...named, kind: "softmax", log: false }],
  ["log softmax", [7], { ...named, kind: "softmax", log: true }],
  ["flatten", [3, 2, 2], { ...named, kind: "flatten" }],
  ["reshape", [3, 4], { ...named, kind: "reshape", shape: [2, 2, 3] }],
  ["identity", [3], { ...named, kind: "identity" }],
];
const ACTIVATIONS: readonly ActivationKind[] = [
  "linear",
  "relu",
  "leaky-relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu-tanh",
  "silu",
  "clip",
  "hard-sigmoid",
  "hard-swish",
  "elu",
];

describe("openTfjsNetwork", () => {
  test.each(LAYERS)("computes %s as the oracle does", async (_, shape, layer) => {
    expect(await errorOf(networkOf(shape, [layer]))).toBeLessThan(1e-5);
  });

  test.each(ACTIVATIONS)("computes %s as the oracle does", async (kind) => {
    const layer: Layer = { ...named, kind: "activation", activation: { kind, alpha: 0.3, beta: 0.6 } };
    expect(await errorOf(networkOf([4, 9], [layer]))).toBeLessThan(1e-5);
  });

  // A residual block with a projected shortcut, a concatenation and a constant; what is read twice must outlive its first reader.
  const residual = networkOf(
    [5, 5, 3],
    [
      {
        ...conv(3, 4, 1, { kernel: [3, 3], padding: { top: 1, left: 1, bottom: 1, right: 1 } }),
        name: "a",
        activation: RELU,
      },
      { ...conv(4, 4, 1, {}), name: "b", inputs: ["a"] },
      { kind: "binary", name: "sum", inputs: ["b", "a"], operator: "add", activation: RELU },
      { kind: "constant", name: "ramp", inputs: [], shape: [5, 1, 1], values: normals(5) },
      { kind: "binary", name: "ramped", inputs: ["ramp", "sum"], operator: "multiply", activation: LINEAR },
      { kind: "concat", name: "both", inputs: ["ramped", "a", "x"], axis: 2 },
      { kind: "global-pool", name: "mean", inputs: ["both"], pool: "average" },
    ],
  );
  test.each([
    ["intact", []],
    ["with a channel replaced", [{ layer: "a", units: [0, 3], scale: 0, shift: 0.5 }]],
    [
      "with channels scaled at two layers",
      [1, 2].map((unit) => ({ layer: unit === 1 ? "a" : "sum", units: [unit], scale: 2, shift: -1 })),
    ],
    ["with a shift a sample", [{ layer: "b", units: [1], scale: 1, shift: Float32Array.of(1, 2, 3) }]],
    ["with a shift a sample and position", [{ layer: "b", units: [0, 2], scale: 0, shift: normals(SAMPLES * 25) }]],
    ["changed before the activation", [{ layer: "a", units: [2], scale: -1, shift: 0, preActivation: true }]],
  ])("computes a branching network %s", async (_, changes) => {
    expect(await errorOf(residual, changes)).toBeLessThan(1e-5);
    if (changes.length > 0) expect(await differenceFromIntact(residual, changes)).toBeGreaterThan(1e-3);
  });

  test("sums a dense layer whose weight is too large for one tensor", async () => {
    const weight = normals(7 * 3);
    const sizes = { inFeatures: 7, outFeatures: 3, weight, bias: normals(3), activation: RELU };
    const layer: Layer = { ...named, kind: "dense", ...sizes };
    const x = normals(SAMPLES * 7);
    const y = tf.tidy(() => {
      const parameters = uploadParameters(tf, layer, 10);
      expect(parameters.map(({ shape }) => shape)).toEqual([[3, 3], [3, 3], [1, 3], [3]]);
      return applyLayer(tf, layer, parameters, [tf.tensor(x, [SAMPLES, 7])], SAMPLES, [3]);
    });
    const found = await y.data();
    y.dispose();
    const expected = evaluateLayer(layer, [{ values: x, shape: [7] }], SAMPLES);
    expect(Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-5);
  });

  test("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await errorOf(residual, [{ layer: "a", units: [0], scale: 0, shift: 0 }]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("refuses an even local response normalisation by name", async () => {
    const network = networkOf([1, 1, 4], [{ ...named, kind: "lrn", size: 2, alpha: 1, beta: 1, bias: 1 }]);
    await expect(errorOf(network)).rejects.toMatchObject({ code: "unsupported", where: 'layer "y"' });
  });
});

async function differenceFromIntact(network: Network, changes: readonly Change[]): Promise<number> {
  const inputs = normals(SAMPLES * 75);
  using opened = openTfjsNetwork(tf, network);
  const intact = await opened.evaluate(inputs, SAMPLES, opened.output, []);
  const damaged = await opened.evaluate(inputs, SAMPLES, opened.output, changes);
  return intact.reduce((most, value, i) => Math.max(most, Math.abs(value - damaged[i]!)), 0);
}
