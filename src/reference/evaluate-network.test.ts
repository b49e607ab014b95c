import { describe, expect, test } from "vitest";
import { type Network, RELU } from "../network/network.ts";
import { type Change, evaluateNetwork } from "./evaluate-network.ts";
import { convLayer } from "./layers/layer.fixture.ts";

/** x [1, 2, 1] -> conv (2 channels: x and -x, ReLU) -> first + second channel, and their sum with a constant. */
const network: Network = {
  name: "small",
  inputs: [{ name: "x", shape: [1, 2, 1] }],
  layers: [
    convLayer({ name: "conv", outChannels: 2, weight: Float32Array.of(1, -1), activation: RELU }),
    convLayer({ name: "sum", inputs: ["conv"], inChannels: 2, weight: Float32Array.of(1, 1) }),
    { kind: "constant", name: "ten", inputs: [], shape: [1, 1, 1], values: Float32Array.of(10) },
    { kind: "binary", name: "plus", inputs: ["sum", "ten"], operator: "add", activation: { kind: "linear", alpha: 0 } },
  ],
  outputs: ["plus"],
};
const feeds = new Map([["x", Float32Array.of(1, -2, 3, 4)]]);
const evaluated = (changes: Change[] = [], layer = "plus") => [
  ...evaluateNetwork(network, feeds, 2, changes).get(layer)!,
];

describe("evaluateNetwork", () => {
  test("gives every layer's result by name", () => {
    expect(evaluated([], "conv")).toEqual([1, 0, 0, 2, 3, 0, 4, 0]);
    expect(evaluated()).toEqual([11, 12, 13, 14]);
  });

  test("changes units at every position: a' = scale a + shift", () => {
    expect(evaluated([{ layer: "conv", units: [0], scale: 0, shift: 0 }])).toEqual([10, 12, 10, 10]);
    expect(evaluated([{ layer: "conv", units: [1], scale: 2, shift: 1 }])).toEqual([12, 15, 14, 15]);
    const both: Change[] = [
      { layer: "conv", units: [0, 1], scale: 0, shift: 0 },
      { layer: "sum", units: [0], scale: 1, shift: 5 },
    ];
    expect(evaluated(both)).toEqual([15, 15, 15, 15]);
  });

  test("shifts by a number a sample", () => {
    expect(evaluated([{ layer: "conv", units: [0], scale: 0, shift: Float32Array.of(7, 8) }])).toEqual([
      17, 19, 18, 18,
    ]);
  });

  test("changes what the activation reads", () => {
    const change = { layer: "conv", units: [0], scale: -1, shift: 0 };
    expect(evaluated([{ ...change, preActivation: true }], "conv")).toEqual([0, 0, 2, 2, 0, 0, 0, 0]);
    expect(evaluated([change], "conv").map((value) => value + 0)).toEqual([-1, 0, 0, 2, -3, 0, -4, 0]);
  });

  test("takes what no change reaches from the intact results", () => {
    const intact = evaluateNetwork(network, feeds, 2);
    const found = evaluateNetwork(network, feeds, 2, [{ layer: "sum", units: [0], scale: 0, shift: 1 }], intact);
    expect(found.get("conv")).toBe(intact.get("conv"));
    expect([...found.get("plus")!]).toEqual([11, 11, 11, 11]);
    expect([...intact.get("sum")!]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ["a missing feed", new Map(), [], "bad-data", /input "x" is given nothing/],
    [
      "a short feed",
      new Map([["x", new Float32Array(3)]]),
      [],
      "bad-data",
      /3 numbers, not 4 for 2 samples of \[1, 2, 1\]/,
    ],
    ["an unknown layer", feeds, [{ layer: "y", units: [0], scale: 0, shift: 0 }], "bad-study", /"y"/],
    [
      "an unknown unit",
      feeds,
      [{ layer: "conv", units: [2], scale: 0, shift: 0 }],
      "bad-study",
      /2 units, and no unit 2/,
    ],
  ] as const)("refuses %s", (_, given, changes, code, message) => {
    const call = () => evaluateNetwork(network, given as Map<string, Float32Array>, 2, changes);
    expect(call).toThrowError(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
