/** Networks of images that between them have layers of every kind, for tests of the writers. */
import { random } from "../../core/random.ts";
import {
  act,
  bias,
  constant,
  drawing,
  globalPool,
  join,
  net,
  pad,
  plain,
  pool,
  reshape,
  transpose,
  window,
} from "../../network/layers.fixture.ts";
import { type Layer, type Network, RELU } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { smallConvNet } from "../../reference/network.fixture.ts";

export const drawn = drawing(random(1337, "write-test layers"));
const { numbers, dense, conv, norm, scale, filled, quantized } = drawn;
export const softmax = (name: string, input: string): Layer => ({ kind: "softmax", name, inputs: [input], log: true });
export const concat = (name: string, inputs: readonly string[], axis: number): Layer => ({
  kind: "concat",
  name,
  inputs,
  axis,
});
const slice = (name: string, input: string, starts: Shape, steps: Shape, sizes: Shape): Layer => ({
  kind: "slice",
  name,
  inputs: [input],
  starts,
  steps,
  sizes,
});
export const same = { padding: { top: 1, left: 1, bottom: 1, right: 1 } };
export const IMAGE = [7, 5, 3];

/** Networks of one input, [7, 5, 3] unless they say otherwise, and one output of one axis. */
export const IMAGE_NETWORKS: Readonly<Record<string, Network>> = {
  "conv, batch norm, pooling, dense": net(
    [
      conv("c1", "x", 3, 6, { ...window(3, same), bias: numbers(6) }),
      norm("n1", "c1", 6),
      act("r1", "n1", RELU),
      pool("p1", "r1", 3, { pool: "max", stride: [2, 1], padding: { top: 0, left: 1, bottom: 1, right: 0 } }),
      conv("c2", "p1", 6, 5, { ...window(2, { dilation: [2, 1] }), activation: { kind: "silu", alpha: 0 } }),
      plain("flatten", "flat", "c2"),
      dense("d1", "flat", 15, 9, RELU),
      norm("n2", "d1", 9),
      dense("d2", "n2", 9, 4),
      softmax("out", "d2"),
    ],
    ["out"],
    IMAGE,
  ),
  residual: smallConvNet(3),
  "joined channels": net(
    [
      conv("a", "x", 3, 4, window(3, same)),
      conv("b", "x", 3, 2, { activation: RELU }),
      concat("joined", ["a", "x", "b"], 2),
      conv("c", "joined", 9, 3),
      concat("rows", ["c", "x"], 0),
      globalPool("mean", "rows"),
      plain("flatten", "flat", "mean"),
      dense("d", "flat", 3, 4),
    ],
    ["d"],
    IMAGE,
  ),
  "depthwise and grouped": net(
    [
      conv("deep", "x", 4, 4, { ...window(3, same), groups: 4, bias: numbers(4), stride: [2, 2] }),
      conv("grouped", "deep", 4, 6, { groups: 2, activation: { kind: "clip", alpha: 0, beta: 6 } }),
      scale("scaled", "grouped", 6, RELU),
      pool("mean", "scaled", 2, {
        ceilMode: true,
        countIncludePad: true,
        padding: { top: 1, left: 0, bottom: 0, right: 1 },
      }),
      plain("flatten", "flat", "mean"),
      dense("d", "flat", 72, 2),
    ],
    ["d"],
    [7, 5, 4],
  ),
  "PyTorch's order before a dense layer": net(
    [conv("c", "x", 3, 4), transpose("t", "c", [2, 0, 1]), plain("flatten", "flat", "t"), dense("d", "flat", 140, 4)],
    ["d"],
    IMAGE,
  ),
  "pieces of images": net(
    [
      pad("padded", "x", [1, 0, 0, 2, 1, -1], { mode: "reflect" }),
      conv("c", "padded", 2, 3),
      slice("part", "c", [9, 1, 0], [-2, 3, 1], [5, 2, 3]),
      pad("wrapped", "part", [0, 1, 0, 0, 0, 0], { mode: "wrap" }),
      bias("b", "wrapped", [1, -2, 0.5]),
      { kind: "lrn", name: "lrn", inputs: ["b"], size: 3, alpha: 0.5, beta: 0.75, bias: 2 },
      pool("wide", "lrn", 2, { dilation: [2, 1] }),
      softmax("across", "wide"),
      transpose("turned", "across", [1, 2, 0]),
      reshape("rows", "turned", [3, 6]),
      dense("each", "rows", 6, 5, RELU),
      { ...dense("biased", "each", 5, 4, RELU), bias: numbers(4) },
      transpose("columns", "biased", [1, 0]),
      bias("shifted", "columns", [1, 2, 3]),
      plain("flatten", "flat", "shifted"),
    ],
    ["flat"],
    IMAGE,
  ),
  arithmetic: net(
    [
      conv("c", "x", 3, 3),
      filled("per channel", [3]),
      join("times", ["per channel", "c"], "multiply"),
      filled("per place", [7, 5, 1]),
      join("over", ["times", "per place"], "divide"),
      globalPool("mean", "over"),
      plain("flatten", "row", "mean"),
      join("less", ["row", "over"], "subtract"),
      join("twice", ["x", "less"], "add"),
      constant("one", [], [1]),
      join("more", ["twice", "one"]),
      plain("flatten", "flat", "more"),
      dense("d", "flat", 105, 3),
    ],
    ["d"],
    IMAGE,
  ),
  "weights in 8 bits": net(
    [
      { ...conv("c", "x", 3, 4), weight: quantized(12) },
      globalPool("mean", "c"),
      plain("flatten", "flat", "mean"),
      { ...dense("d", "flat", 4, 3), weight: quantized(12) },
    ],
    ["d"],
    IMAGE,
  ),
  "no convolution": net(
    [plain("flatten", "flat", "x"), dense("d", "flat", 105, 3), softmax("out", "d")],
    ["out"],
    IMAGE,
  ),
};
