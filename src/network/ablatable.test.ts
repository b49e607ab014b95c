/** Which layers can lose units, and which share their channels. */
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { ablatableLayers } from "./ablatable.ts";
import { act, drawing, globalPool, join, net, plain, pool, reshape, transpose } from "./layers.fixture.ts";
import { type Layer, type Network, RELU } from "./network.ts";

const { conv, dense, scale } = drawing(random(7, "ablatable"));
const IMAGE = [4, 4, 2];
const concat = (name: string, inputs: readonly string[], axis = 2): Layer => ({ kind: "concat", name, inputs, axis });
const head = (input: string, channels: number): Layer[] => [
  globalPool("g", input),
  plain("flatten", "f", "g"),
  dense("classes", "f", channels, 3),
];
/** "layer: others at join" for each coupled layer. */
const couplings = (network: Network) =>
  ablatableLayers(network).flatMap(({ layer, coupled }) =>
    coupled === null ? [] : [`${layer}: ${coupled.with.join(" ")} at ${coupled.by}`],
  );

test("every convolution and dense layer but the last ones, by index", () => {
  const layers = [
    conv("c1", "x", 2, 5),
    conv("c2", "c1", 5, 5, { groups: 5 }),
    ...head("c2", 5).slice(0, 2),
    dense("d", "f", 5, 7, RELU),
    dense("one", "d", 7, 3),
    dense("two", "d", 7, 4),
  ];
  const found = ablatableLayers(net(layers, ["one", "two"], IMAGE));
  expect(found).toEqual([
    { layer: "c1", layerIndex: 0, units: 5, kind: "conv2d", coupled: null },
    { layer: "c2", layerIndex: 1, units: 5, kind: "conv2d", coupled: null },
    { layer: "d", layerIndex: 2, units: 7, kind: "dense", coupled: null },
  ]);
});

test("a classifier of convolutions has no units to ablate", () => {
  const layers = [conv("c1", "x", 2, 5), conv("classes", "c1", 5, 3), globalPool("g", "classes")];
  expect(ablatableLayers(net(layers, undefined, IMAGE)).map(({ layer }) => layer)).toEqual(["c1"]);
});

test("a residual stream couples all that add to it, whatever stands between", () => {
  const layers = [
    conv("stem", "x", 2, 4),
    act("a0", "stem", RELU),
    conv("inner", "a0", 4, 6, { activation: RELU }),
    conv("out1", "inner", 6, 4),
    join("add1", ["out1", "a0"]),
    act("a1", "add1", RELU),
    pool("p", "a1", 2),
    scale("s", "p", 4, RELU),
    conv("out2", "s", 4, 4),
    join("add2", ["out2", "s"]),
    ...head("add2", 4),
  ];
  expect(couplings(net(layers, undefined, IMAGE))).toEqual([
    "stem: out1 out2 at add1",
    "out1: stem out2 at add1",
    "out2: out1 stem at add2",
  ]);
});

test("squeeze and excitation couples the gate with what it scales", () => {
  const layers = [
    conv("c", "x", 2, 4),
    globalPool("squeeze", "c"),
    plain("flatten", "flat", "squeeze"),
    dense("narrow", "flat", 4, 2, RELU),
    dense("gate", "narrow", 2, 4, { kind: "sigmoid", alpha: 0 }),
    reshape("wide", "gate", [1, 1, 4]),
    join("product", ["c", "wide"], "multiply"),
    ...head("product", 4),
  ];
  expect(couplings(net(layers, undefined, IMAGE))).toEqual(["c: gate at product", "gate: c at product"]);
});

test("layers side by side in a concat are told, those of another axis are one stream", () => {
  const layers = [
    conv("left", "x", 2, 3),
    conv("right", "x", 2, 4),
    concat("both", ["left", "right", "x"]),
    conv("third", "both", 9, 2),
    concat("all", ["both", "third"]),
    ...head("all", 11),
  ];
  expect(couplings(net(layers, undefined, IMAGE))).toEqual([
    "left: right at both",
    "right: left at both",
    "third: left right at all",
  ]);
});

test("constants, inputs, one channel over many, and turned axes couple nothing", () => {
  const layers = [
    conv("c", "x", 2, 4),
    conv("mask", "c", 4, 1),
    join("masked", ["c", "mask"], "multiply"),
    conv("even", "masked", 4, 2),
    join("shortcut", ["even", "x"]),
    conv("turned", "shortcut", 2, 4),
    transpose("t", "turned", [2, 0, 1]),
    join("odd", ["turned", "t"]),
    ...head("odd", 4),
  ];
  expect(couplings(net(layers, undefined, IMAGE))).toEqual([]);
});
