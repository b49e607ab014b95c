/** Written networks read back as they were. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import { random } from "../../core/random.ts";
import { ablatableLayers } from "../../network/ablatable.ts";
import { evaluate } from "../../network/evaluate.test-support.ts";
import { act, bias, constant, join, net, pad, plain, pool, transpose, window } from "../../network/layers.fixture.ts";
import type { ActivationKind, DenseLayer, Layer, Network } from "../../network/network.ts";
import { inferShapes, sizeOf } from "../../network/shapes.ts";
import { simplify } from "../../network/simplify.ts";
import { smallConvNet } from "../../reference/network.fixture.ts";
import { folderOf } from "../model-files.test-support.ts";
import type { ModelFiles } from "../model-files.ts";
import { readModel } from "../read-model.ts";
import { readOnnx } from "./read.ts";
import { concat, drawn, IMAGE, IMAGE_NETWORKS, same, softmax } from "./write.fixture.ts";
import { writeOnnx } from "./write.ts";

const INPUT = "in";
const KINDS: readonly ActivationKind[] = [
  "linear",
  "relu",
  "leaky-relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu-tanh",
  "silu",
];

/** A chain of dense layers with odd names, between layers of the other kinds. */
const chains = fc
  .record({
    seed: fc.integer(),
    input: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    stages: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 9 }),
        bias: fc.boolean(),
        kind: fc.constantFrom(...KINDS),
        alpha: fc.float({ min: 0, max: 1, noNaN: true }),
        before: fc.constantFrom("identity", "bias", "activation", "reshape", null),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    end: fc.constantFrom("softmax", "log-softmax", "logits"),
    names: fc.uniqueArray(
      fc.string({ minLength: 1, maxLength: 8, unit: "binary-ascii" }).filter((name) => name !== INPUT),
      {
        minLength: 12,
        maxLength: 12,
      },
    ),
  })
  .map(({ seed, input, stages, end, names }): Network => {
    const draw = random(seed, "write-test");
    const numbers = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
    const layers: Layer[] = [];
    let last = INPUT;
    let size = input.reduce((product, axis) => product * axis, 1);
    const add = (layer: Layer) => {
      layers.push(layer);
      last = layer.name;
    };
    const next = () => ({ name: names[layers.length] ?? `layer ${layers.length}`, inputs: [last] });
    add({ ...next(), kind: "flatten" });
    for (const { units, bias, kind, alpha, before } of stages) {
      if (before === "identity") add({ ...next(), kind: "identity" });
      if (before === "bias") add({ ...next(), kind: "bias", bias: numbers(size) });
      if (before === "activation") add({ ...next(), kind: "activation", activation: { kind: "tanh", alpha: 0 } });
      if (before === "reshape") add({ ...next(), kind: "reshape", shape: [size] });
      const activation = { kind, alpha: kind === "leaky-relu" ? alpha : 0 };
      const weight = numbers(size * units);
      add({
        ...next(),
        kind: "dense",
        inFeatures: size,
        outFeatures: units,
        weight,
        bias: bias ? numbers(units) : null,
        activation,
      });
      size = units;
    }
    if (end !== "logits") add({ ...next(), kind: "softmax", log: end === "log-softmax" });
    return { name: "chain", inputs: [{ name: INPUT, shape: input }], layers, outputs: [last] };
  });

/** The network with each activation of a dense layer as a layer of its own, as a file spells it. */
function isSpelledOut(network: Network): boolean {
  return network.layers.every((layer) => layer.kind !== "dense" || layer.activation.kind === "linear");
}

describe("read(write(network))", () => {
  test("is the network, once simplified", () => {
    fc.assert(
      fc.property(chains, (network) => {
        const again = readOnnx(writeOnnx(network), network.name);
        expect(simplify(again)).toEqual(simplify(network));
        if (isSpelledOut(network)) expect(again).toEqual(network);
      }),
      { seed: 1337, numRuns: 300 },
    );
  });

  test("computes what the network computes", () => {
    fc.assert(
      fc.property(chains, fc.integer(), (network, seed) => {
        const draw = random(seed);
        const size = network.inputs[0]!.shape.reduce((product, axis) => product * axis, 1);
        const sample = Array.from({ length: size }, () => draw.normal());
        expect(evaluate(readOnnx(writeOnnx(network), "again"), sample)).toEqual(evaluate(network, sample));
      }),
      { seed: 1337, numRuns: 100 },
    );
  });

  test("keeps names that its own intermediate names would take", () => {
    const dense = (name: string, input: string): DenseLayer => ({
      kind: "dense",
      name,
      inputs: [input],
      inFeatures: 1,
      outFeatures: 1,
      weight: Float32Array.of(2),
      bias: null,
      activation: { kind: "silu", alpha: 0 },
    });
    const layers = [
      dense("a", "in"),
      dense("a/linear", "a"),
      dense("a.weight", "a/linear"),
      dense("a/silu", "a.weight"),
    ];
    const network: Network = { name: "n", inputs: [{ name: "in", shape: [1] }], layers, outputs: ["a/silu"] };
    expect(simplify(readOnnx(writeOnnx(network), "n"))).toEqual(network);
  });
});

test("an unsound network is not written", () => {
  const network: Network = {
    name: "n",
    inputs: [{ name: "in", shape: [2] }],
    layers: [{ kind: "bias", name: "b", inputs: ["in"], bias: Float32Array.of(1, Number.NaN) }],
    outputs: ["b"],
  };
  expect(() => writeOnnx(network)).toThrow(expect.objectContaining({ code: "bad-model", where: 'layer "b", bias' }));
});

const { numbers, conv, norm, scale } = drawn;

/** Both networks on the same two samples: the outputs differ by rounding alone. */
function expectSameResults(again: Network, network: Network): void {
  expect(again.inputs).toEqual(network.inputs);
  expect(again.outputs).toEqual(network.outputs);
  const noise = random(5, "write-test samples");
  const sample = Array.from({ length: sizeOf(network.inputs[0]!.shape) }, () => noise.normal());
  const [found, wanted] = [evaluate(again, sample), evaluate(network, sample)];
  expect(found).toHaveLength(wanted.length);
  const rms = Math.sqrt(wanted.reduce((sum, value) => sum + value * value, 0) / wanted.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1e-6 * rms);
  });
}

describe("networks of images", () => {
  test.each(Object.entries(IMAGE_NETWORKS))("%s: computes the same once read again", (_, network) => {
    const again = readOnnx(writeOnnx(network), network.name);
    expectSameResults(again, network);
    const names = new Set(again.layers.map(({ name }) => name));
    const lost = network.layers.filter(({ kind, name }) => kind !== "constant" && !names.has(name));
    expect(lost).toEqual([]);
    expect(ablatableLayers(again)).toEqual(ablatableLayers(network));
  });

  test("a convolutional network is read again as it was, without a layer more", () => {
    const network = IMAGE_NETWORKS["conv, batch norm, pooling, dense"]!;
    expect(simplify(readOnnx(writeOnnx(network), network.name))).toEqual(simplify(network));
  });

  test("batch norm keeps its parts", () => {
    const network = smallConvNet(3);
    const norms = ({ layers }: Network) => layers.filter(({ kind }) => kind === "batch-norm");
    const [found, wanted] = [norms(readOnnx(writeOnnx(network), "n")), norms(network)];
    expect(found).toHaveLength(2);
    found.forEach((norm, i) => {
      expect(norm).toEqual({ ...wanted[i], epsilon: Math.fround(1e-5) });
    });
  });

  test("chains of random layers compute the same", () => {
    const step = fc.record({
      kind: fc.constantFrom("conv", "norm", "pool", "act", "transpose", "softmax", "bias", "scale", "pad", "self"),
      odd: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 7 }), (steps) => {
        const layers: Layer[] = [];
        steps.forEach(({ kind, odd }, i) => {
          const [name, input] = [`l${i}`, i === 0 ? "x" : `l${i - 1}`];
          const [height = 0, width = 0, channels = 0] =
            i === 0 ? IMAGE : inferShapes(net(layers, undefined, IMAGE)).get(input)!;
          const next: Readonly<Record<typeof kind, () => Layer>> = {
            conv: () => conv(name, input, channels, 1 + odd, window(3, same)),
            norm: () => norm(name, input, channels),
            pool: () => pool(name, input, Math.min(2, height, width), { pool: odd > 2 ? "max" : "average" }),
            act: () => act(name, input, { kind: "tanh", alpha: 0 }),
            transpose: () =>
              transpose(
                name,
                input,
                [
                  [2, 0, 1],
                  [0, 2, 1],
                  [1, 2, 0],
                  [1, 0, 2],
                  [2, 1, 0],
                  [0, 1, 2],
                ][odd]!,
              ),
            softmax: () => softmax(name, input),
            bias: () => bias(name, input, [...numbers(channels)]),
            scale: () => scale(name, input, channels),
            pad: () => pad(name, input, [0, 1, 0, odd, 0, 0]),
            self: () => join(name, [input, input], "multiply"),
          };
          layers.push(next[kind]());
        });
        const network = net([...layers, plain("flatten", "flat", `l${steps.length - 1}`)], ["flat"], IMAGE);
        expectSameResults(readOnnx(writeOnnx(network), "n"), network);
      }),
      { seed: 1337, numRuns: 200 },
    );
  });
});

/** A folder, a file alone, or a safetensors file with its architecture. */
function filesOfModel(path: string): ModelFiles {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!name.includes(".")) return folderOf(path);
  const architecture = "mnist-cnn.architecture.json";
  return {
    available: [name, architecture],
    bytesOf: async (file) =>
      new Uint8Array(readFileSync(file === architecture ? new URL(`../${file}`, import.meta.url) : path)),
  };
}

describe("published networks", () => {
  for (const name of ["mnist-cnn-tfjs", "mnist-cnn-batchnorm.h5", "mnist-cnn.safetensors", "resnet20-cifar10.onnx"]) {
    const found = sharedData(`models/${name}`);
    test.skipIf(found === null)(name, async () => {
      const network = await readModel(name, filesOfModel(found!));
      const again = readOnnx(writeOnnx(network), network.name);
      expect(ablatableLayers(again)).toEqual(ablatableLayers(network));
      expectSameResults(again, network);
    });
  }
});

describe("refused", () => {
  test("a network larger than a file may be", () => {
    const network = IMAGE_NETWORKS["no convolution"]!;
    const bytes = 3 * 1024 + 4 * 315;
    expect(writeOnnx(network, bytes).length).toBeLessThanOrEqual(bytes);
    expect(() => writeOnnx(network, bytes - 1)).toThrow(
      expect.objectContaining({ code: "unsupported", fix: expect.stringContaining("safetensors") }),
    );
  });

  test.each([
    ["constant", net([plain("flatten", "f", "x"), constant("k", [2], [1, 2]), concat("joined", ["f", "k"], 0)])],
    ["joined", net([constant("k", [2], [1, 2]), constant("l", [2], [1, 2]), join("joined", ["k", "l"])])],
  ])("a constant that is read as a value", (_, network) => {
    expect(() => writeOnnx(network)).toThrow(
      expect.objectContaining({ code: "unsupported", where: 'layer "joined"', fix: expect.any(String) }),
    );
  });
});
