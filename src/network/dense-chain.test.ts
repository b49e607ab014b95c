import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { denseChain } from "./dense-chain.ts";
import { describeModel } from "./describe.ts";
import { evaluate } from "./evaluate.fixture.ts";
import { type Activation, type DenseLayer, type Layer, LINEAR, type Network, RELU } from "./network.ts";
import { simplify } from "./simplify.ts";
import { validateNetwork } from "./validate.ts";

const draw = random(7, "dense-chain");
const numbers = (count: number) => Float32Array.from({ length: count }, () => draw.normal());

function dense(
  name: string,
  input: string,
  inFeatures: number,
  outFeatures: number,
  activation: Activation = LINEAR,
): DenseLayer {
  const weight = numbers(inFeatures * outFeatures);
  return { kind: "dense", name, inputs: [input], inFeatures, outFeatures, weight, bias: null, activation };
}
const act = (name: string, input: string): Layer => ({ kind: "activation", name, inputs: [input], activation: RELU });
const bias = (name: string, input: string, values: readonly number[]): Layer => ({
  kind: "bias",
  name,
  inputs: [input],
  bias: Float32Array.from(values),
});
const plain = (kind: "identity" | "flatten", name: string, input: string): Layer => ({ kind, name, inputs: [input] });
const net = (layers: readonly Layer[], outputs = [layers.at(-1)!.name], shape: readonly number[] = [3]): Network => ({
  name: "n",
  inputs: [{ name: "x", shape }],
  layers,
  outputs,
});

describe("simplify", () => {
  test("folds bias and activation into the dense layer before, which keeps its name", () => {
    const first = dense("d", "x", 3, 2);
    const layers = [
      plain("identity", "i", "x"),
      { ...first, inputs: ["i"] },
      bias("b", "d", [1, 2]),
      plain("identity", "j", "b"),
      act("a", "j"),
    ];
    expect(simplify(net(layers))).toEqual(net([{ ...first, bias: Float32Array.of(1, 2), activation: RELU }], ["d"]));
  });

  test("sums biases", () => {
    const first = { ...dense("d", "x", 3, 2), bias: Float32Array.of(10, 20) };
    const [layer] = simplify(net([first, bias("b", "d", [1, 2]), bias("c", "b", [3, 4])])).layers;
    expect(layer).toMatchObject({ name: "d", bias: Float32Array.of(14, 26) });
  });

  test.each([
    ["a bias after an activation", net([dense("d", "x", 3, 2, RELU), bias("b", "d", [1, 2])])],
    ["a second activation", net([dense("d", "x", 3, 2, RELU), act("a", "d")])],
    ["what another layer reads too", net([dense("d", "x", 3, 2), act("a", "d"), bias("b", "d", [1, 2])], ["a", "b"])],
    ["what is an output too", net([dense("d", "x", 3, 2), act("a", "d")], ["d", "a"])],
    ["an identity that makes an input an output", net([plain("identity", "i", "x")])],
  ])("leaves %s", (_, network) => {
    expect(simplify(network)).toEqual(network);
  });

  test("computes the same function, on any graph", () => {
    const kinds = fc.constantFrom("dense", "bias", "activation", "identity", "linear");
    const graphs = fc.array(fc.record({ kind: kinds, back: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(graphs, fc.array(fc.nat(9), { minLength: 1, maxLength: 2 }), (nodes, picks) => {
        const layers = nodes.map(({ kind, back }, i): Layer => {
          const input = i - back < 0 ? "x" : `l${i - back}`;
          if (kind === "dense") return dense(`l${i}`, input, 3, 3);
          if (kind === "bias") return bias(`l${i}`, input, [1, -2, 3]);
          if (kind === "identity") return plain("identity", `l${i}`, input);
          if (kind === "linear") return { kind: "activation", name: `l${i}`, inputs: [input], activation: LINEAR };
          return act(`l${i}`, input);
        });
        const network = net(
          layers,
          picks.map((pick) => `l${pick % layers.length}`),
        );
        const simple = simplify(network);
        validateNetwork(simple);
        expect(simple.layers.length).toBeLessThanOrEqual(layers.length);
        const expected = evaluate(network, [0.3, -1, 2]);
        evaluate(simple, [0.3, -1, 2]).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(expected[i]!)));
        });
      }),
      { seed: 1337, numRuns: 300 },
    );
  });
});

describe("denseChain", () => {
  const softmax: Layer = { kind: "softmax", name: "s", inputs: ["d2"], log: false };
  const reshape: Layer = { kind: "reshape", name: "r", inputs: ["d1"], shape: [2] };
  const chain = net(
    [plain("flatten", "f", "x"), dense("d1", "f", 3, 2, RELU), reshape, dense("d2", "r", 2, 4), softmax],
    ["s"],
    [3, 1],
  );

  test("joins the stages, and counts all but the last as ablatable", () => {
    const found = denseChain(chain);
    expect(found.stages.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ["d1", "x"],
      ["d2", "d1"],
    ]);
    expect(found).toMatchObject({
      features: 3,
      output: "softmax",
      ablatable: [{ layer: "d1", layerIndex: 0, units: 2 }],
    });
  });

  test("ends in logits where no softmax follows, and may be one stage", () => {
    expect(denseChain(net([dense("d", "x", 3, 2)]))).toMatchObject({ output: "logits", ablatable: [] });
  });

  test.each([
    ["a branch", net([dense("a", "x", 3, 2), dense("b", "x", 3, 2)]), /branches.*"b" reads "x"/],
    ["two outputs", net([dense("a", "x", 3, 2), dense("b", "a", 2, 2)], ["a", "b"]), /gives "a", "b"/],
    ["an activation after an activation", net([dense("a", "x", 3, 2, RELU), act("t", "a")]), /activation layer "t"/],
    ["an activation before all", net([act("t", "x"), dense("a", "t", 3, 2)]), /"t"/],
    [
      "a layer after softmax",
      net([...chain.layers, dense("e", "s", 4, 2)], ["e"], [3, 1]),
      /dense layer "e" after a softmax/,
    ],
    ["a softmax of nothing", net([{ ...softmax, inputs: ["x"] }]), /"s"/],
    ["no dense layer", net([plain("flatten", "f", "x")]), /no dense layer/],
    [
      "two inputs",
      {
        ...net([dense("a", "x", 3, 2)]),
        inputs: [
          { name: "x", shape: [3] },
          { name: "z", shape: [3] },
        ],
      },
      /2 inputs/,
    ],
  ] as readonly (readonly [string, Network, RegExp])[])("refuses %s", (_, network, says) => {
    expect(() => denseChain(network)).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringMatching(says) }),
    );
  });

  test("describeModel counts layers, parameters, MACs and bytes", () => {
    const report = describeModel(chain);
    expect(report).toMatchObject({ parameters: 14, macs: 14, bytes: 56, outputs: ["s"], ablatable: [{ layer: "d1" }] });
    expect(report.layers.map(({ name, kind, activation, layerIndex }) => [name, kind, activation, layerIndex])).toEqual(
      [
        ["f", "flatten", "", null],
        ["d1", "dense", "relu", 0],
        ["r", "reshape", "", null],
        ["d2", "dense", "linear", null],
        ["s", "softmax", "softmax", null],
      ],
    );
  });

  test("describeModel describes what cannot be ablated", () => {
    expect(describeModel(net([act("t", "x")]))).toMatchObject({ ablatable: [], layers: [{ activation: "relu" }] });
  });
});
