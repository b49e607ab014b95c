/** The chain of dense layers: what is one, and what is refused by name. */
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { denseChain } from "./dense-chain.ts";
import { act, bias, drawing, join, net, plain, reshape, transpose } from "./layers.fixture.ts";
import { type Layer, type Network, RELU } from "./network.ts";
import { floatsOf } from "./weight.ts";

const { conv, dense, quantized } = drawing(random(7, "dense-chain"));

describe("denseChain", () => {
  const softmax: Layer = { kind: "softmax", name: "s", inputs: ["d2"], log: false };
  const chain = net(
    [
      plain("flatten", "f", "x"),
      dense("d1", "f", 3, 2, RELU),
      reshape("r", "d1", [2, 1]),
      plain("flatten", "g", "r"),
      dense("d2", "g", 2, 4),
      softmax,
    ],
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
      ablatable: [{ layer: "d1", layerIndex: 0, units: 2, kind: "dense", coupled: null }],
    });
  });

  test("ends in logits where no softmax follows, and may be one stage", () => {
    expect(denseChain(net([dense("d", "x", 3, 2)]))).toMatchObject({ output: "logits", ablatable: [] });
  });

  test("expands quantised weights, and takes channels first into the weights", () => {
    const weight = quantized(24);
    const layers = [transpose("t", "x", [2, 0, 1]), plain("flatten", "f", "t"), { ...dense("d", "f", 12, 2), weight }];
    const [stage] = denseChain(net(layers, undefined, [2, 3, 2])).stages;
    const rows = Array.from({ length: 12 }, (_, row) => [...floatsOf(weight).subarray(row * 2, row * 2 + 2)]);
    // Number [y, x, channel] of the image is number [channel, y, x] of the file's weights.
    const order = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11];
    expect([...stage!.weight]).toEqual(order.flatMap((row) => rows[row]!));
  });

  test.each([
    ["a branch", net([dense("a", "x", 3, 2), dense("b", "x", 3, 2)], ["a", "b"]), /branches.*"b" reads "x"/],
    ["two outputs", net([dense("a", "x", 3, 2), dense("b", "a", 2, 2)], ["a", "b"]), /gives "a", "b"/],
    [
      "an activation after an activation",
      net([dense("a", "x", 3, 2, RELU), act("t", "a", RELU)]),
      /activation layer "t"/,
    ],
    ["a bias after an activation", net([dense("a", "x", 3, 2, RELU), bias("t", "a", [1, 2])]), /scale layer "t"/],
    ["a sum", net([dense("a", "x", 3, 3, RELU), join("t", ["a", "x"])]), /binary layer "t"/],
    ["a convolution", net([conv("c", "x", 2, 2)], undefined, [4, 4, 2]), /conv2d layer "c" after "x".*\[4, 4, 2\]/],
    [
      "a dense layer over several axes",
      net([dense("a", "x", 3, 2)], undefined, [2, 3]),
      /dense layer "a" after "x".*\[2, 3\]/,
    ],
    ["an activation before all", net([act("t", "x", RELU), dense("a", "t", 3, 2)]), /"t"/],
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
});
