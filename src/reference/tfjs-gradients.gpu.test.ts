import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { act, drawing, globalPool, join, net, plain, pool, window } from "../network/layers.fixture.ts";
import { type Layer, type Network, RELU } from "../network/network.ts";
import { sizeOf } from "../network/shapes.ts";
import { graphGradients } from "./graph-gradients.ts";
import type { Tfjs } from "./tfjs.ts";
import { loadTfjsGradients, tfjsGradients } from "./tfjs-gradients.ts";

const SAMPLES = 6;
const CLASSES = 5;
const draw = random(1337, "tfjs-gradients");
const { dense, conv, norm, scale } = drawing(draw);
const same = { ...window(3), padding: { top: 1, left: 1, bottom: 1, right: 1 } };
const biased = (channels: number) => Float32Array.from({ length: channels }, () => draw.normal());

let tf: Tfjs;
beforeAll(async () => {
  tf = await loadTfjsGradients();
});

/** A network of images of 8 x 7 pixels and 3 channels, its classes from the mean of each of the last layer's channels. */
const image = (channels: number, ...layers: readonly Layer[]): Network =>
  net(
    [
      ...layers,
      globalPool("mean", layers.at(-1)!.name),
      plain("flatten", "flat", "mean"),
      dense("classes", "flat", channels, CLASSES),
      { kind: "softmax", name: "softmax", inputs: ["classes"], log: true },
    ],
    undefined,
    [8, 7, 3],
  );

const NETWORKS: readonly (readonly [string, Network])[] = [
  ["dense layers", net([dense("a", "x", 7, 9, RELU), dense("b", "a", 9, CLASSES)], undefined, [7])],
  [
    "convolution, batch norm and max pool",
    image(
      6,
      conv("a", "x", 3, 6, { ...same, bias: biased(6) }),
      norm("n", "a", 6),
      act("relu", "n", RELU),
      pool("p", "relu", 2, { pool: "max", stride: [2, 2] }),
      conv("b", "p", 6, 6, { ...same, stride: [2, 1] }),
    ),
  ],
  [
    "a residual sum and an average pool",
    image(
      5,
      conv("a", "x", 3, 5, same),
      act("relu", "a", RELU),
      conv("b", "relu", 5, 5, same),
      norm("n", "b", 5),
      join("sum", ["n", "relu"]),
      pool("p", "sum", 3, { stride: [2, 2], padding: { top: 1, left: 0, bottom: 1, right: 1 } }),
    ),
  ],
  [
    "a concatenation and a scale",
    image(7, conv("a", "x", 3, 4, { ...same, activation: RELU }), scale("s", "a", 4, { kind: "tanh", alpha: 0 }), {
      kind: "concat",
      name: "both",
      inputs: ["s", "x"],
      axis: 2,
    }),
  ],
  [
    "depthwise and grouped convolutions",
    image(4, conv("a", "x", 3, 6, { ...same, groups: 3, bias: biased(6) }), conv("b", "a", 6, 4, { groups: 2 })),
  ],
];

function batchFor(network: Network) {
  return {
    inputs: Float32Array.from({ length: SAMPLES * sizeOf(network.inputs[0]!.shape) }, () => draw.normal()),
    labels: Uint16Array.from({ length: SAMPLES }, () => draw.below(CLASSES)),
  };
}

describe("tfjsGradients", () => {
  test.each(NETWORKS)("agree with float64 on %s", async (_, network) => {
    const { inputs, labels } = batchFor(network);
    for (const batchNorm of ["train", "frozen"] as const) {
      const options = { batchNorm, smoothing: 0.1 };
      const found = await tfjsGradients(tf, network, inputs, labels, options);
      const expected = graphGradients(network, inputs, labels, options);
      expect(found.loss).toBeCloseTo(expected.loss, 4);
      expect([...found.parameters.keys()].sort()).toEqual([...expected.parameters.keys()].sort());
      for (const [layer, parameters] of expected.parameters) {
        for (const [name, gradient] of Object.entries(parameters)) {
          const own = found.parameters.get(layer)![name as "weight"]!;
          expect(own.length).toBe(gradient.length);
          // A convolution's bias before a batch norm has a gradient of 0, and an error of rounding.
          const rms = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
          const error = gradient.reduce((most, g, i) => Math.max(most, Math.abs(g - own[i]!)), 0);
          expect(error, `${layer} ${name}`).toBeLessThan(1e-3 * rms + 1e-6);
        }
      }
    }
  });

  test("leave no tensor behind", async () => {
    const network = NETWORKS[1]![1];
    const { inputs, labels } = batchFor(network);
    const before = tf.memory().numTensors;
    await tfjsGradients(tf, network, inputs, labels, { batchNorm: "train" });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("are not there for dilated convolutions", async () => {
    const network = image(2, conv("a", "x", 3, 2, { ...window(2), dilation: [2, 1] }));
    const { inputs, labels } = batchFor(network);
    await expect(tfjsGradients(tf, network, inputs, labels, { batchNorm: "train" })).rejects.toThrow("dilation");
  });
});
