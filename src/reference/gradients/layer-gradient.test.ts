import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Random, random } from "../../core/random.ts";
import { drawing, pad, pool, transpose, window } from "../../network/layers.fixture.ts";
import { type ActivationKind, type Layer, RELU } from "../../network/network.ts";
import { type Shape, sizeOf } from "../../network/shapes.ts";
import { centralDifferences } from "../backward.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import { batchNorm } from "../layers/channelwise.ts";
import type { Tensor } from "../tensor.ts";
import { channelStatistics } from "./channelwise.ts";
import { layerGradient } from "./layer-gradient.ts";

const SAMPLES = 2;
/** No two are nearer than 0.05, and none is near 0, so that no kink and no tie is within a step of a difference. */
function distinct(draw: Random, shape: Shape): Tensor {
  const count = SAMPLES * sizeOf(shape);
  const order = Array.from({ length: count }, (_, i) => i).sort(() => draw.normal());
  return { values: Float64Array.from(order, (place) => 0.05 * (place - Math.floor(count / 2)) + 0.02), shape };
}

/** Largest difference from central differences, by all inputs. `run` gives what the layer does where it is not itself. */
function worstError(
  layer: Layer,
  shapes: readonly Shape[],
  seed: number,
  run = (inputs: readonly Tensor[]) => evaluateLayer(layer, inputs, SAMPLES),
  batchStatistics = false,
): number {
  const draw = random(seed, "layer gradient");
  const inputs = shapes.map((shape) => distinct(draw, shape));
  const dy = Float64Array.from(run(inputs), () => draw.normal());
  const found = layerGradient(layer, inputs, dy, SAMPLES, { batchStatistics });
  const loss = (given: readonly Tensor[]) => run(given).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const errors = inputs.flatMap((input, at) => {
    const differences = centralDifferences(
      (values) => loss(inputs.with(at, { ...input, values })),
      Float64Array.from(input.values),
    );
    return Array.from(differences, (d, i) => Math.abs(d - found.inputs[at]![i]!));
  });
  return Math.max(...errors);
}

const named = { name: "y", inputs: ["x"] };
const { dense, conv, norm, scale } = drawing(random(1337, "layer gradient layers"));
const asymmetric = { top: 2, left: 0, bottom: 1, right: 1 };
const strided = { ...window(3), stride: [2, 3], padding: asymmetric } as const;
const join = (operator: "add" | "subtract" | "multiply" | "divide"): Layer => ({
  ...named,
  inputs: ["x", "z"],
  kind: "binary",
  operator,
  activation: { kind: "tanh", alpha: 0 },
});

const LAYERS: readonly (readonly [string, readonly Shape[], Layer])[] = [
  ["dense", [[2, 7]], dense("y", "x", 7, 3, RELU)],
  ["conv2d", [[6, 5, 3]], conv("y", "x", 3, 5, { ...strided, bias: Float32Array.of(1, 2, 3, 4, 5), activation: RELU })],
  ["dilated conv2d", [[7, 6, 2]], conv("y", "x", 2, 3, { ...window(2), dilation: [2, 3], padding: asymmetric })],
  ["grouped conv2d", [[5, 5, 6]], conv("y", "x", 6, 9, { ...strided, groups: 3 })],
  ["depthwise conv2d", [[5, 4, 3]], conv("y", "x", 3, 6, { ...window(2), groups: 3 })],
  ["max pool", [[7, 6, 3]], pool("y", "x", 3, { ...strided, pool: "max" })],
  ["ceil max pool", [[6, 6, 2]], pool("y", "x", 3, { pool: "max", stride: [2, 2], ceilMode: true })],
  ["dilated max pool", [[7, 7, 2]], pool("y", "x", 2, { pool: "max", dilation: [3, 2], padding: asymmetric })],
  ["average pool", [[7, 6, 3]], pool("y", "x", 3, strided)],
  ["average pool with padding", [[6, 5, 3]], pool("y", "x", 3, { ...strided, ceilMode: true, countIncludePad: true })],
  ["global max pool", [[3, 2, 5]], { ...named, kind: "global-pool", pool: "max" }],
  ["global average pool", [[3, 2, 5]], { ...named, kind: "global-pool", pool: "average" }],
  ["frozen batch norm", [[3, 2, 5]], norm("y", "x", 5)],
  ["scale", [[3, 5]], scale("y", "x", 5, RELU)],
  ["bias", [[5]], { ...named, kind: "bias", bias: Float32Array.of(1, 2, 3, 4, 5) }],
  ["lrn", [[2, 1, 7]], { ...named, kind: "lrn", size: 4, alpha: 0.5, beta: 0.75, bias: 2 }],
  ["softmax", [[2, 5]], { ...named, kind: "softmax", log: false }],
  ["log softmax", [[5]], { ...named, kind: "softmax", log: true }],
  [
    "sum with a broadcast on either side",
    [
      [3, 1, 2],
      [4, 1],
    ],
    join("add"),
  ],
  ["difference", [[3, 2], [2]], join("subtract")],
  ["product", [[1], [3, 2]], join("multiply")],
  [
    "quotient",
    [
      [3, 2],
      [3, 1],
    ],
    join("divide"),
  ],
  [
    "concat",
    [
      [2, 3, 2],
      [2, 1, 2],
      [2, 2, 2],
    ],
    { ...named, inputs: ["x", "z", "w"], kind: "concat", axis: 1 },
  ],
  ["constant pad", [[3, 4, 2]], pad("y", "x", [1, -1, 0, -1, 2, 3], { value: 0.5 })],
  ["reflect pad", [[3, 4, 2]], pad("y", "x", [2, 0, 1, 1, 3, 0], { mode: "reflect" })],
  ["slice", [[5, 4, 3]], { ...named, kind: "slice", starts: [4, 1, 0], steps: [-2, 1, 2], sizes: [3, 2, 2] }],
  ["transpose", [[3, 4, 2]], transpose("y", "x", [2, 0, 1])],
  ["flatten", [[3, 2]], { ...named, kind: "flatten" }],
  ["reshape", [[3, 4]], { ...named, kind: "reshape", shape: [2, 6] }],
  ["identity", [[3]], { ...named, kind: "identity" }],
];
const KINDS: readonly ActivationKind[] = [
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

describe("layerGradient", () => {
  test.each(LAYERS)("of %s agrees with central differences", (_, shapes, layer) => {
    expect(worstError(layer, shapes, 1337)).toBeLessThan(1e-7);
  });

  test.each(KINDS)("of %s agrees with central differences", (kind) => {
    const layer: Layer = { ...named, kind: "activation", activation: { kind, alpha: 0.3, beta: 0.6 } };
    expect(worstError(layer, [[4, 9]], 1337)).toBeLessThan(1e-7);
  });

  test("of a batch norm goes through the statistics of its batch", () => {
    const layer = norm("y", "x", 3);
    const run = ([x]: readonly Tensor[]) => batchNorm(layer, x!, channelStatistics(x!));
    expect(worstError(layer, [[2, 3, 3]], 1337, run, true)).toBeLessThan(1e-7);
    expect(worstError(layer, [[2, 3, 3]], 1337, run, false)).toBeGreaterThan(1e-2);
  });

  test("of convolutions agrees with central differences for odd windows", () => {
    const size = fc.integer({ min: 1, max: 4 });
    const step = fc.integer({ min: 1, max: 3 });
    const shape = fc.record({
      seed: fc.integer(),
      rows: size,
      columns: size,
      stride: step,
      dilation: step,
      top: size,
      groups: step,
    });
    fc.assert(
      fc.property(shape, ({ seed, rows, columns, stride, dilation, top, groups }) => {
        const padding = { top, left: 1, bottom: 0, right: top };
        const sizes = { kernel: [rows, columns], stride: [stride, 1], dilation: [dilation, 1], padding } as const;
        const layer = conv("y", "x", 2 * groups, 3 * groups, {
          ...sizes,
          groups,
          activation: { kind: "tanh", alpha: 0 },
        });
        // High enough for the window at its largest dilation.
        expect(worstError(layer, [[10, 5, 2 * groups]], seed)).toBeLessThan(1e-6);
      }),
      { numRuns: 25, seed: 1337 },
    );
  });

  test.each(["pool2d", "global-pool"])("gives all of a tie to the first maximum of a %s", (kind) => {
    const layer: Layer =
      kind === "pool2d" ? pool("y", "x", 2, { pool: "max" }) : { ...named, kind: "global-pool", pool: "max" };
    const x = { values: Float64Array.of(1, 3, 3, 3), shape: [2, 2, 1] };
    expect([...layerGradient(layer, [x], Float64Array.of(5), 1).inputs[0]!]).toEqual([0, 5, 0, 0]);
  });
});
