/** Initial weights keep the bounds that the literature gives, and a seed decides them all. */
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { ablatableLayers } from "../network/ablatable.ts";
import { denseChain } from "../network/dense-chain.ts";
import type { Layer } from "../network/network.ts";
import { inferShapes } from "../network/shapes.ts";
import { validateNetwork } from "../network/validate.ts";
import { type ChainLayer, type ChainOptions, initialNetwork } from "./initial.ts";

const options = (init: ChainOptions["init"]): ChainOptions => ({
  input: [49],
  layers: [
    { kind: "dense", units: 31, activation: "leaky-relu", bias: true, batchNorm: false },
    { kind: "dense", units: 17, activation: "relu", bias: false, batchNorm: false },
    { kind: "dense", units: 7, activation: "linear", bias: true, batchNorm: false },
  ],
  init,
});

describe.each(["pytorch", "glorot"] as const)("%s", (init) => {
  const { stages, output } = denseChain(initialNetwork("net", options(init), 5));

  test("draws weights uniformly up to its bound", () => {
    for (const { inFeatures, outFeatures, weight } of stages) {
      const bound = init === "pytorch" ? 1 / Math.sqrt(inFeatures) : Math.sqrt(6 / (inFeatures + outFeatures));
      const greatest = Math.max(...weight.map(Math.abs));
      expect(greatest).toBeLessThanOrEqual(Math.fround(bound));
      expect(greatest).toBeGreaterThan(0.95 * bound);
      // The variance of a uniform distribution over +-bound is bound^2 / 3; 119 draws and more.
      const variance = weight.reduce((sum, w) => sum + w * w, 0) / weight.length;
      expect(variance / (bound * bound)).toBeGreaterThan(0.25);
      expect(variance / (bound * bound)).toBeLessThan(0.42);
    }
  });

  test("gives biases where they are asked for", () => {
    expect(stages.map(({ bias }) => bias?.length ?? null)).toEqual([31, null, 7]);
    for (const { bias, inFeatures } of stages) {
      if (!bias) continue;
      const greatest = Math.max(...bias.map(Math.abs));
      if (init === "glorot") expect(greatest).toBe(0);
      else expect(greatest).toBeGreaterThan(0.5 / Math.sqrt(inFeatures));
      expect(greatest).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(inFeatures)));
    }
  });

  test("chains the layers to a log-softmax", () => {
    expect(output).toBe("log-softmax");
    expect(stages.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures])).toEqual([
      [49, 31],
      [31, 17],
      [17, 7],
    ]);
    expect(stages[0]!.activation).toEqual({ kind: "leaky-relu", alpha: 0.01 });
  });

  test("is decided by the seed", () => {
    const weights = (seed: number) => denseChain(initialNetwork("net", options(init), seed)).stages[1]!.weight;
    expect(weights(5)).toEqual(stages[1]!.weight);
    expect(weights(6)).not.toEqual(stages[1]!.weight);
  });
});

test("layers draw different weights", () => {
  const { stages } = denseChain(
    initialNetwork(
      "net",
      {
        ...options("pytorch"),
        input: [31],
        layers: [...Array(2)].map(() => ({
          kind: "dense" as const,
          units: 31,
          activation: "relu" as const,
          bias: true,
          batchNorm: false,
        })),
      },
      1,
    ),
  );
  expect(stages[0]!.weight).not.toEqual(stages[1]!.weight);
});

test.each([
  ["pytorch", "61f89eb361ef6f2c"],
  ["glorot", "995ff18b883521fd"],
] as const)("%s draws what it always drew for a dense chain", async (init, hash) => {
  const { stages } = denseChain(initialNetwork("net", options(init), 1337));
  const numbers = stages.flatMap(({ weight, bias }) => [...weight, ...(bias ?? [])]);
  expect(await sha256(new Uint8Array(Float32Array.from(numbers).buffer))).toMatch(hash);
});

const weighted = { activation: "relu", bias: true, batchNorm: false } as const;
const conv = { kind: "conv", filters: 6, kernel: 3, stride: 1, padding: "same", ...weighted } as const;
const norm = { bias: false, batchNorm: true } as const;

describe("convolutional chains", () => {
  const layers: readonly ChainLayer[] = [
    { ...conv, ...norm },
    { ...conv, kernel: 4, stride: 2, activation: "linear", ...norm },
    { kind: "pool", pool: "max", size: 2, stride: 2 },
    { ...conv, kernel: 2, padding: "valid" },
    { kind: "dense", units: 5, ...weighted, ...norm },
    { kind: "dense", units: 3, ...weighted, activation: "linear" },
  ];
  const network = initialNetwork("net", { input: [13, 11, 2], layers, init: "he" }, 7);
  const layer = <K extends Layer["kind"]>(name: string, kind: K) => {
    const found = network.layers.find((candidate) => candidate.name === name)!;
    expect(found.kind).toBe(kind);
    return found as Extract<Layer, { kind: K }>;
  };

  test("name each layer by its kind, and flatten once", () => {
    validateNetwork(network);
    expect(Array.from(inferShapes(network))).toEqual([
      ["conv_0", [13, 11, 6]],
      ["conv_0_bn", [13, 11, 6]],
      ["conv_0_activation", [13, 11, 6]],
      ["conv_1", [7, 6, 6]],
      ["conv_1_bn", [7, 6, 6]],
      ["pool_0", [3, 3, 6]],
      ["conv_2", [2, 2, 6]],
      ["flatten", [24]],
      ["dense_0", [5]],
      ["dense_0_bn", [5]],
      ["dense_0_activation", [5]],
      ["dense_1", [3]],
      ["log_softmax", [3]],
    ]);
    expect(ablatableLayers(network).map(({ layer }) => layer)).toEqual(["conv_0", "conv_1", "conv_2", "dense_0"]);
  });

  test("normalise between the weights and their activation", () => {
    expect(layer("conv_0", "conv2d")).toMatchObject({ activation: { kind: "linear" }, bias: null });
    expect(layer("conv_0_bn", "batch-norm")).toMatchObject({
      gamma: new Float32Array(6).fill(1),
      beta: new Float32Array(6),
      mean: new Float32Array(6),
      variance: new Float32Array(6).fill(1),
      epsilon: 1e-5,
    });
    expect(layer("conv_2", "conv2d")).toMatchObject({ activation: { kind: "relu" }, bias: new Float32Array(6) });
  });

  test("pad to ceil(size / stride), what is odd after the image", () => {
    expect(layer("conv_1", "conv2d").padding).toEqual({ top: 1, left: 1, bottom: 2, right: 2 });
    expect(layer("conv_2", "conv2d").padding).toEqual({ top: 0, left: 0, bottom: 0, right: 0 });
  });

  test("he: weights of variance 2 / fan in", () => {
    const weight = layer("conv_1", "conv2d").weight as Float32Array;
    const variance = weight.reduce((sum, w) => sum + w * w, 0) / weight.length;
    // 576 draws; the fan in is 4 x 4 x 6.
    expect(variance * 96).toBeGreaterThan(1.6);
    expect(variance * 96).toBeLessThan(2.4);
  });

  test.each([
    ["pytorch", 1 / Math.sqrt(18)],
    ["glorot", Math.sqrt(6 / (18 + 54))],
  ] as const)("%s: weights of a convolution up to its bound", (init, bound) => {
    const { layers } = initialNetwork("net", { input: [5, 5, 2], layers: [conv], init }, 3);
    const greatest = Math.max(...(layers[0] as { weight: Float32Array }).weight.map(Math.abs));
    expect(greatest).toBeLessThanOrEqual(Math.fround(bound));
    expect(greatest).toBeGreaterThan(0.9 * bound);
  });

  test("end in one number a class without a dense layer, too", () => {
    const layers: readonly ChainLayer[] = [conv, { kind: "global-pool", pool: "average" }];
    const shapes = inferShapes(initialNetwork("net", { input: [5, 4, 1], layers, init: "he" }, 1));
    expect(Array.from(shapes).slice(1)).toEqual([
      ["global_pool_0", [1, 1, 6]],
      ["flatten", [6]],
      ["log_softmax", [6]],
    ]);
  });
});

const pool = { kind: "pool", pool: "max", size: 3, stride: 2 } as const;
test.each<[string, readonly number[], readonly ChainLayer[], string, string]>([
  ["a pool larger than its image", [6, 5, 1], [pool, pool], "pool_1", "3 x 3, and before it are 2 x 2 positions"],
  ["a window larger than its image", [9, 2, 1], [{ ...conv, padding: "valid" }], "conv_0", "before it are 9 x 2"],
  [
    "an image after a dense layer",
    [6, 6, 1],
    [{ kind: "dense", units: 4, ...weighted }, pool],
    "pool_0",
    "[4] numbers",
  ],
  ["a vector as an image", [36], [conv], "conv_0", "reads an image, and before it are [36] numbers"],
  ["too many weights", [16_777_216], [{ kind: "dense", units: 65_536, ...weighted }], "dense_0", "65536 weights"],
])("%s is refused by name", (_, input, layers, name, what) => {
  try {
    initialNetwork("net", { input, layers, init: "he" }, 1);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(LesionError);
    expect(error).toMatchObject({
      code: "bad-study",
      where: `model.build.layers[${layers.length - 1}]`,
      message: expect.stringContaining(`"${name}"`),
    });
    expect((error as LesionError).message).toContain(what);
  }
});
