/** Written networks read back as they were. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { evaluate } from "../../network/evaluate.test-support.ts";
import type { ActivationKind, DenseLayer, Layer, Network } from "../../network/network.ts";
import { simplify } from "../../network/simplify.ts";
import { readOnnx } from "./read.ts";
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
